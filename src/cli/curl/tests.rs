use proptest::prelude::*;

use super::*;

fn sent(command: &str) -> String {
    let CurlRequest { method, target, host, headers } =
        read(command).unwrap_or_else(|error| panic!("{command}: {error:#}"));
    let headers: Vec<_> = headers.iter().map(|(name, value)| format!(" [{name}: {value}]")).collect();
    format!("{method} {host} {target}{}", headers.concat())
}

fn rejected(command: &str) -> String {
    format!("{:#}", read(command).expect_err(command))
}

#[test]
fn every_option_has_its_effect_on_the_request() {
    for (command, request) in [
        ("curl example.com", "GET example.com /"),
        ("/usr/bin/curl -sSfLk --compressed http://example.com:80/a#b", "GET example.com /a"),
        ("curl https://example.com:443?q=1", "GET example.com /?q=1"),
        ("curl https://example.com:8443/a", "GET example.com:8443 /a"),
        ("curl http://[::1]:80/a", "GET [::1] /a"),
        ("curl -X DELETE h/a", "DELETE h /a"),
        ("curl -XPUT --url h/a", "PUT h /a"),
        ("curl -I h/a", "HEAD h /a"),
        ("curl -d a=1 --data-raw b h", "POST h /"),
        ("curl -T file h/a", "PUT h /a"),
        ("curl --json '{}' -F a=b h", "POST h /"),
        ("curl -X PATCH -d a h", "PATCH h /"),
        ("curl -G -d a=1 --data-urlencode 'b=1 2' --url-query c=ü h/p?q", "GET h /p?q&c=%C3%BC&a=1&b=1+2"),
        ("curl -H 'X-A: 1' -HX-B:2 --header 'X-C;' h", "GET h / [x-a: 1] [x-b: 2] [x-c: ]"),
        ("curl -H 'Authorization: Bearer a' -u b:c h", "GET h / [authorization: Bearer a]"),
        ("curl -H authorization: -u b:c h", "GET h /"),
        ("curl -u b:c h", "GET h / [authorization: Basic Yjpj]"),
        ("curl -su b h", "GET h / [authorization: Basic Yjo=]"),
        ("curl https://b:c@h/", "GET h / [authorization: Basic Yjpj]"),
        ("curl --oauth2-bearer abc h", "GET h / [authorization: Bearer abc]"),
        ("curl -A me -e there -b x=1 h", "GET h / [user-agent: me] [referer: there] [cookie: x=1]"),
        ("curl -o out -m 5 --retry 3 -w '%{http_code}' -- h", "GET h /"),
        ("curl --no-compressed --no-location h | jq . > out", "GET h /"),
        ("curl h/a/../b/./c/..", "GET h /b/"),
        ("curl --path-as-is h/a/../b", "GET h /a/../b"),
        ("curl -g 'h/{a}[1]'", "GET h /{a}[1]"),
        ("curl --request-target /x h/a", "GET h /x"),
    ] {
        assert_eq!(sent(command), request, "{command}");
    }
}

#[test]
fn commands_copied_from_browsers_are_parsed() {
    let chrome = "curl 'https://api.example.com/v1/customers?size=5' \\\n  -H 'accept: */*' \\\n  \
                  -H 'authorization: Bearer a.b.c' \\\n  -H $'x-name: it\\'s \\u0021\\x41' \\\r\n  -b 'sid=1' \\\n  \
                  --data-raw $'{\"a\":\"\\\\n\"}' \\\n  --compressed ;\ncurl other";
    assert_eq!(
        sent(chrome),
        "POST api.example.com /v1/customers?size=5 [accept: */*] [authorization: Bearer a.b.c] [x-name: it's !A] [cookie: sid=1]"
    );
    let firefox = "curl \"https://api.example.com/a\\$b\" --compressed -X POST -H \"X: \\\"q\\\"\" --data-binary @-";
    assert_eq!(sent(firefox), "POST api.example.com /a$b [x: \"q\"]");
}

#[test]
fn errors_name_the_problem_and_show_no_secret() {
    for (command, message) in [
        ("", "the command does not start with `curl`; paste the complete command"),
        ("wget h", "the command does not start with `curl`; paste the complete command"),
        ("curl", "the command has no URL"),
        ("curl a b", "the command has 2 URLs; pass one"),
        ("curl -H", "the option `-H` has no value"),
        ("curl h --url", "the option `--url` has no value"),
        ("curl -sQ h", "unknown option `-Q`; remove it if it does not change the request"),
        ("curl --header=secret h", "unknown option `--header`; remove it if it does not change the request"),
        ("curl -K file h", "unknown option `-K`; remove it if it does not change the request"),
        ("curl -H secret h", "-H: expected a name, a colon and a value, such as `x-id: 1`"),
        ("curl -H @file h", "-H: a file of headers is not read; write the headers out"),
        ("curl -b jar h", "-b: a file of cookies is not read; write the cookies out as `NAME=VALUE`"),
        ("curl -G -d @file h", "query data in a file is not read; write the data out"),
        ("curl --url-query a@file h", "query data in a file is not read; write the data out"),
        ("curl h --next h", "--next: the command sends more than one request; pass one request at a time"),
        ("curl ftp://h", "the URL `ftp://h` is neither `http` nor `https`"),
        ("curl ftp://secret:word@h/a", "the URL `h/a` is neither `http` nor `https`"),
        ("curl 'http:///a?secret'", "the URL `http:///a` has no host"),
        ("curl 'h/a b'", "the URL `h/a b` has a space or a control character, which curl refuses; write `%20`"),
        (
            "curl 'h/{a,b}'",
            "the URL `h/{a,b}` has braces or brackets, a pattern for several URLs; write one URL, or add `--globoff`",
        ),
        ("curl 'h", "a quote is not closed, or the last character is a `\\`"),
        ("curl $'h", "a quote is not closed"),
        ("curl $'\\q'", "`$'...'` has the unknown escape `\\q`"),
        ("curl $'\\ud800'", "`$'...'` has an escape that is not a character"),
        ("curl -H \"A: $TOKEN\" h", "a shell would expand `$TOKEN`; write its value instead"),
        ("curl -H \"A: ${TOKEN}x\" h", "a shell would expand `$TOKEN`; write its value instead"),
        ("curl -H \"A: $(cat t)\" h", "a shell would run the command in `$(...)`; write its output instead"),
        ("curl -H \"A: `cat t`\" h", "a shell would run the command in backticks; write its output instead"),
        ("curl ^\"h^\"", "the command is for cmd.exe; copy it for bash or POSIX"),
    ] {
        assert_eq!(rejected(command), message, "{command}");
    }
}

/// Pieces with a meaning, so that random commands are not only rejected.
const PIECES: [&str; 26] = [
    "curl ",
    "-H ",
    "'",
    "\"",
    "\\",
    "\n",
    "$'",
    "\\u",
    "$",
    "{",
    "}",
    "-",
    "--",
    "--url ",
    "-X ",
    "http://",
    "h/",
    "..",
    "%2e",
    "?",
    "#",
    "@",
    ":",
    " ",
    "-G -d ",
    "\u{1f600}",
];

proptest! {
    #[test]
    fn arbitrary_text_does_not_panic(text in any::<String>()) {
        let _ = read(&text);
        let _ = read(&format!("curl {text}"));
    }

    #[test]
    fn random_combinations_do_not_panic(
        pieces in proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..40)
    ) {
        let _ = read(&format!("curl {}", pieces.concat()));
    }

    #[test]
    fn a_quoted_header_is_parsed_to_its_original_value(value in "[ -~]{0,40}") {
        let quoted = shlex::try_quote(&value).unwrap().into_owned();
        let sent = read(&format!("curl -H x-name:$'a'{quoted}\\\n h")).unwrap();
        prop_assert_eq!(&sent.headers, &[("x-name".to_owned(), format!("a{value}").trim().to_owned())]);
    }
}
