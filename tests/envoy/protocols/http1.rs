//! Connections, bodies, upgrades and bytes of HTTP/1.1.

use super::{bearer, get, stage};

#[test]
fn a_thousand_requests_on_one_connection_get_their_own_verdicts() {
    let stage = stage();
    let mut connection = stage.connect("plain");
    let requests = [(&stage.good, 200), (&stage.without_mfa, 401), (&stage.good, 200), (&stage.bad, 401)];
    for (round, (token, status)) in requests.iter().cycle().take(1000).enumerate() {
        let id = stage.id();
        let response = connection.request(&get("/v1/customers", &id, &[&bearer(token)])).expect("an answer");
        assert_eq!(response.answer.status, *status, "request {round}");
        assert_eq!(stage.envoy.upstream.seen(&id).len(), usize::from(*status == 200), "request {round}");
    }
}

/// Envoy may close a connection after it has answered one of several pipelined requests itself. Each answer must be that
/// request's own, and a request without an answer must not have reached the upstream.
// catalogue: J13
#[test]
fn pipelined_requests_are_judged_one_by_one() {
    let stage = stage();
    let (good, bad, without_mfa) = ((&stage.good, 200), (&stage.bad, 401), (&stage.without_mfa, 401));
    for requests in [
        vec![bad, good],
        vec![good, bad],
        vec![good, good, good],
        vec![without_mfa, good, bad, good],
        vec![bad, bad, good],
    ] {
        let ids: Vec<String> = requests.iter().map(|_| stage.id()).collect();
        let all: Vec<u8> = requests
            .iter()
            .zip(&ids)
            .flat_map(|((token, _), id)| get("/v1/customers", id, &[&bearer(token)]))
            .collect();
        let mut connection = stage.connect("plain");
        connection.send(&all).expect("sending");
        let mut answered = 0;
        for ((_, status), id) in requests.iter().zip(&ids) {
            match connection.response(false) {
                Ok(response) => {
                    assert_eq!(response.answer.status, *status);
                    assert_eq!(stage.envoy.upstream.seen(id).len(), usize::from(*status == 200));
                    answered += 1;
                }
                Err(_) => assert!(*status == 200 || stage.envoy.upstream.seen(id).is_empty()),
            }
        }
        assert!(answered >= 2, "{answered} of {} answered", requests.len());
    }
}

#[test]
fn the_body_of_a_denied_request_does_not_reach_the_upstream() {
    let stage = stage();
    let id = stage.id();
    let body = "x".repeat(200_000);
    let request = format!(
        "POST /v1/customers HTTP/1.1\r\nhost: a\r\nx-test-id: {id}\r\n{}\r\ncontent-length: {}\r\n\r\n{body}",
        bearer(&stage.without_mfa),
        body.len()
    );
    let response = stage.connect("plain").request(request.as_bytes()).expect("an answer");
    assert_eq!(response.answer.status, 401);
    assert!(stage.envoy.upstream.seen(&id).is_empty());
    stage.assert_lives("plain");
}

// catalogue: J05
#[test]
fn websocket_upgrades_need_the_token() {
    let stage = stage();
    let upgrade = [
        "connection: upgrade",
        "upgrade: websocket",
        "sec-websocket-version: 13",
        "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==",
    ];
    let with = |token: &str| stage.get("bare", "/v1/customers", &[&upgrade[..], &[&bearer(token)]].concat());
    let (id, response) = stage.get("bare", "/v1/customers", &upgrade);
    assert_eq!((response.answer.status, stage.details(&id).as_str()), (401, "mfa_gate{token-missing}"));
    for token in [&stage.without_mfa, &stage.bad] {
        let (id, response) = with(token);
        assert_eq!(response.answer.status, 401);
        assert!(stage.envoy.upstream.seen(&id).is_empty());
    }
    let (id, response) = with(&stage.good);
    assert_eq!(response.answer.status, 101);
    assert_eq!(stage.envoy.upstream.seen(&id).len(), 1);
    // As shipped, Envoy upgrades nothing.
    let (id, response) = stage.get("plain", "/v1/customers", &[&upgrade[..], &[&bearer(&stage.good)]].concat());
    assert_eq!(response.answer.status, 403);
    assert!(stage.envoy.upstream.seen(&id).is_empty());
}

/// In every part of a request.
#[test]
fn bytes_that_are_not_utf8_do_not_trap_the_filter() {
    let stage = stage();
    let good = bearer(&stage.good);
    let request = |id: &str| -> Vec<(&str, Vec<u8>)> {
        let join = |parts: &[&[u8]]| parts.concat();
        let rest = format!("host: a\r\nx-test-id: {id}\r\n{good}\r\n");
        let chunked = format!("{rest}transfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n");
        vec![
            ("method", join(&[b"G\xff HTTP /v1/customers HTTP/1.1\r\n", rest.as_bytes(), b"\r\n"])),
            ("path", join(&[b"GET /v1/\xff HTTP/1.1\r\n", rest.as_bytes(), b"\r\n"])),
            ("query", join(&[b"GET /v1/customers?\xff HTTP/1.1\r\n", rest.as_bytes(), b"\r\n"])),
            ("host", join(&[b"GET /v1/customers HTTP/1.1\r\nhost: \xff\r\n", good.as_bytes(), b"\r\n\r\n"])),
            ("header name", join(&[b"GET /v1/customers HTTP/1.1\r\n", rest.as_bytes(), b"x\xff: a\r\n\r\n"])),
            ("header value", join(&[b"GET /v1/customers HTTP/1.1\r\n", rest.as_bytes(), b"x: \xff\xfe\r\n\r\n"])),
            (
                "gate header value",
                join(&[b"GET /v1/customers HTTP/1.1\r\n", rest.as_bytes(), b"x-mfa-gate-subject: \xff\r\n\r\n"]),
            ),
            ("trailer name", join(&[b"POST /v1/customers HTTP/1.1\r\n", chunked.as_bytes(), b"x\xff: a\r\n\r\n"])),
            ("trailer value", join(&[b"POST /v1/customers HTTP/1.1\r\n", chunked.as_bytes(), b"x: \xff\r\n\r\n"])),
            (
                "gate trailer value",
                join(&[b"POST /v1/customers HTTP/1.1\r\n", chunked.as_bytes(), b"x-mfa-gate-subject: \xff\r\n\r\n"]),
            ),
            ("version", join(&[b"GET /v1/customers HTTP/\xff\r\n", rest.as_bytes(), b"\r\n"])),
        ]
    };
    for (place, bytes) in request(&stage.id()) {
        // Some of these are not HTTP, and a closed connection is an answer too.
        let answer = stage.connect("bare").request(&bytes);
        if let Ok(response) = &answer {
            assert!([200, 400, 404].contains(&response.answer.status), "{place}: {:?}", response.status_line);
        }
        stage.assert_lives("bare");
    }
}

// catalogue: I15
#[test]
fn connect_reaches_the_filter_and_not_the_upstream() {
    let stage = stage();
    let request = |id: &str, lines: &str| {
        format!("CONNECT api.example.com:443 HTTP/1.1\r\nhost: api.example.com:443\r\nx-test-id: {id}\r\n{lines}\r\n")
    };
    for lines in [String::new(), format!("{}\r\n", bearer(&stage.good))] {
        let id = stage.id();
        let response = stage.connect("bare").request(request(&id, &lines).as_bytes()).expect("an answer");
        assert_eq!((response.answer.status, stage.details(&id).as_str()), (400, "mfa_gate{path-unreadable}"));
        // As shipped, Envoy refuses it itself.
        let id = stage.id();
        let response = stage.connect("plain").request(request(&id, &lines).as_bytes()).expect("an answer");
        assert!([400, 403, 404].contains(&response.answer.status), "{}", response.answer.status);
        assert!(stage.envoy.upstream.seen(&id).is_empty());
    }
    stage.assert_lives("bare");
}
