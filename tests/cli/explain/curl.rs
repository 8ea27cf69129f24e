//! A pasted `curl` command, beside what curl itself sends.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::command::Place;

#[test]
fn the_token_of_a_curl_command_is_judged() {
    let place = Place::new();
    let command = |token: &str| {
        let token = place.read(token);
        format!(
            "curl 'https://api.example.com/v1/customers?size=5' \\\n  -H 'accept: */*' \\\n  -H 'authorization: Bearer {}' \\\n  \
             --data-raw '{{}}' --compressed\n",
            token.trim_end()
        )
    };
    let explain = format!("explain --config gate.yaml --now {} --curl -", crate::command::NOW);
    let ran = place.run_with(&explain, &command("mfa.jwt"));
    assert!(
        ran.out.starts_with("request   POST /v1/customers?size=5\n          for host `api.example.com`\n"),
        "{}",
        ran.out
    );
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    assert_eq!(place.run_with(&explain, &command("pwd.jwt")).code, Some(1));

    let (code, report) = place.explain_json("--curl curl~h/v1/customers --token mfa.jwt --host other");
    assert_eq!((code, &report["steps"][0]["lines"][1]["text"]), (Some(0), &json!("for host `other`")));
    let err = place.wrong_use("explain --config gate.yaml --curl curl~--secret=x~h");
    assert_eq!(err, "error: --curl: unknown option `--secret`; remove it if it does not change the request\n");
}

/// What curl sends of a command: method and target, and the host.
fn sent(listener: &TcpListener, command: &str) -> (String, String) {
    let mut shell = Command::new("bash");
    shell.args(["-c", command]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut curl = shell.spawn().unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map(|line| line.unwrap());
    let request = lines.next().unwrap();
    let host = lines.find_map(|line| line.strip_prefix("Host: ").map(str::to_owned)).unwrap();
    stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").unwrap();
    drop(stream);
    curl.wait().unwrap();
    (request.strip_suffix(" HTTP/1.1").unwrap_or(&request).to_owned(), host)
}

#[test]
fn a_curl_command_is_read_as_curl_itself_reads_it() {
    if Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("note: curl is not here, so what it sends is not compared");
        return;
    }
    let place = Place::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    for command in [
        "curl --noproxy '*' AT",
        "curl --noproxy '*' 'AT?a=b#c'",
        "curl --noproxy '*' -sSI AT/a",
        "curl --noproxy '*' -X DELETE --url AT/a",
        "curl --noproxy '*' AT/a/./b/../c/..",
        "curl --noproxy '*' AT/a/b%2fc//d",
        "curl --noproxy '*' --path-as-is AT/a/../b",
        "curl --noproxy '*' -d a=1 --data-raw b AT/a",
        "curl --noproxy '*' -G -d a=1 --data-urlencode 'b=1 2&3' --data-urlencode '=c d' AT/p?q",
        "curl --noproxy '*' -H 'Host: other.example' AT/a",
        "curl --noproxy '*' -u user:word -F a=b AT/a",
        "curl --noproxy '*' --json '{}' \\\n  -X PATCH AT/a",
        "curl --noproxy '*' -g 'AT/{a}[1]'",
        "curl --noproxy '*' $'AT/it\\'s\\x21'",
        "curl --noproxy '*' --request-target /x AT/a | cat",
    ] {
        let command = command.replace("AT", &format!("http://{at}"));
        let (request, host) = sent(&listener, &command);
        let (_, report) = place.explain_json(&format!("--curl {}", command.replace(' ', "~")));
        let lines = &report["steps"][0]["lines"];
        assert_eq!(lines[0]["text"], request, "{command}");
        assert_eq!(lines[1]["text"], format!("for host `{host}`"), "{command}");
    }
}
