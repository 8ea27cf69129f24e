use proptest::prelude::*;

use super::*;

fn asked(command: &str) -> String {
    let CurlRequest { method, target, host, headers } =
        read(command).unwrap_or_else(|error| panic!("{command}: {error:#}"));
    let headers: Vec<_> = headers.iter().map(|(name, value)| format!(" [{name}: {value}]")).collect();
    format!("{method} {host} {target}{}", headers.concat())
}

fn refused(command: &str) -> String {
    format!("{:#}", read(command).expect_err(command))
}

#[test]
fn each_option_makes_the_request_that_curl_makes() {
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
        assert_eq!(asked(command), request, "{command}");
    }
}

#[test]
fn what_browsers_copy_is_read() {
    let chrome = "curl 'https://api.example.com/v1/customers?size=5' \\\n  -H 'accept: */*' \\\n  \
                  -H 'authorization: Bearer a.b.c' \\\n  -H $'x-name: it\\'s \\u0021\\x41' \\\r\n  -b 'sid=1' \\\n  \
                  --data-raw $'{\"a\":\"\\\\n\"}' \\\n  --compressed ;\ncurl other";
    assert_eq!(
        asked(chrome),
        "POST api.example.com /v1/customers?size=5 [accept: */*] [authorization: Bearer a.b.c] [x-name: it's !A] [cookie: sid=1]"
    );
    let firefox = "curl \"https://api.example.com/a\\$b\" --compressed -X POST -H \"X: \\\"q\\\"\" --data-binary @-";
    assert_eq!(asked(firefox), "POST api.example.com /a$b [x: \"q\"]");
}

#[test]
fn what_is_not_understood_is_named_and_nothing_else_shown() {
    for (command, message) in [
        ("", "it does not begin with `curl`; paste the command whole"),
        ("wget h", "it does not begin with `curl`; paste the command whole"),
        ("curl", "it has no address"),
        ("curl a b", "it has 2 addresses; give one"),
        ("curl -H", "the option `-H` has no value"),
        ("curl h --url", "the option `--url` has no value"),
        ("curl -sQ h", "the option `-Q` is not known here; leave it out if it does not change the request"),
        (
            "curl --header=secret h",
            "the option `--header` is not known here; leave it out if it does not change the request",
        ),
        ("curl -K file h", "the option `-K` is not known here; leave it out if it does not change the request"),
        ("curl -H secret h", "-H: expected a name, a colon and a value, such as `x-id: 1`"),
        ("curl -H @file h", "-H: headers of a file are not read; write them out"),
        ("curl -b jar h", "-b: cookies of a file are not read; write them out as `NAME=VALUE`"),
        ("curl -G -d @file h", "a query of a file is not read; write it out"),
        ("curl --url-query a@file h", "a query of a file is not read; write it out"),
        ("curl h --next h", "--next: it sends more than one request; give them one by one"),
        ("curl ftp://h", "the address `ftp://h` is neither `http` nor `https`"),
        ("curl ftp://secret:word@h/a", "the address `h/a` is neither `http` nor `https`"),
        ("curl 'http:///a?secret'", "the address `http:///a` has no host"),
        ("curl 'h/a b'", "the address `h/a b` has a space or a control character, which curl refuses; write `%20`"),
        (
            "curl 'h/{a,b}'",
            "the address `h/{a,b}` has braces or brackets, by which curl asks several; write out one, or add `--globoff`",
        ),
        ("curl 'h", "a quote is not closed, or the last character is a `\\`"),
        ("curl $'h", "a quote is not closed"),
        ("curl $'\\q'", "`$'...'` has the escape `\\q`, which is not known"),
        ("curl $'\\ud800'", "`$'...'` has an escape that is no character"),
        ("curl -H \"A: $TOKEN\" h", "a shell would put something in for `$TOKEN`; write out what"),
        ("curl -H \"A: ${TOKEN}x\" h", "a shell would put something in for `$TOKEN`; write out what"),
        ("curl -H \"A: $(cat t)\" h", "a shell would run a command for `$(`; put in what it prints"),
        ("curl -H \"A: `cat t`\" h", "a shell would run what stands in backticks; put in what it prints"),
        ("curl ^\"h^\"", "it is written for cmd.exe; copy it for bash, or for POSIX"),
    ] {
        assert_eq!(refused(command), message, "{command}");
    }
}

/// Pieces that mean something, to come to more than refusals.
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
    fn whatever_is_pasted_nothing_panics(text in any::<String>()) {
        let _ = read(&text);
        let _ = read(&format!("curl {text}"));
    }

    #[test]
    fn however_it_is_put_together_nothing_panics(
        pieces in proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..40)
    ) {
        let _ = read(&format!("curl {}", pieces.concat()));
    }

    #[test]
    fn a_header_that_is_quoted_for_a_shell_comes_out_as_it_was(value in "[ -~]{0,40}") {
        let quoted = shlex::try_quote(&value).unwrap().into_owned();
        let asked = read(&format!("curl -H x-name:$'a'{quoted}\\\n h")).unwrap();
        prop_assert_eq!(&asked.headers, &[("x-name".to_owned(), format!("a{value}").trim().to_owned())]);
    }
}
