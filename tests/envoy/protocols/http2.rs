//! HTTP/2: the same answers as over HTTP/1.1, and features of HTTP/2.

use serde_json::Value;

use super::{REQUEST_CONTEXT, Stage, on_tokio, stage};

/// One request over HTTP/2: status, headers and body of its answer.
async fn by_http2(
    stage: &Stage,
    listener: &str,
    request: http::Request<()>,
    trailers: Option<http::HeaderMap>,
) -> (u16, http::HeaderMap, Vec<u8>) {
    let stream = tokio::net::TcpStream::connect(stage.envoy.address(listener)).await.expect("a connection");
    let (client, connection) = h2::client::handshake(stream).await.expect("HTTP/2");
    let driver = tokio::spawn(connection);
    let mut client = client.ready().await.expect("HTTP/2");
    let (response, mut sender) = client.send_request(request, trailers.is_none()).expect("sending");
    if let Some(trailers) = trailers {
        sender.send_data(bytes::Bytes::from_static(b"body"), false).expect("sending");
        sender.send_trailers(trailers).expect("sending");
    }
    let response = response.await.expect("an answer");
    let (head, mut body) = response.into_parts();
    let mut bytes = Vec::new();
    while let Some(chunk) = body.data().await {
        bytes.extend_from_slice(&chunk.expect("a body"));
    }
    driver.abort();
    (head.status.as_u16(), head.headers, bytes)
}

fn http2_request(id: &str, token: Option<&str>) -> http::Request<()> {
    let request = http::Request::get("http://api.example.com/v1/customers").header("x-test-id", id);
    let request = match token {
        Some(token) => request.header("authorization", format!("Bearer {token}")),
        None => request,
    };
    request.body(()).expect("a request")
}

#[test]
fn http2_requests_get_the_same_answers() {
    let stage = stage();
    let cases = [
        (None, 401, "Bearer realm=\"mfa-gate\"", "token-missing"),
        (Some(stage.without_mfa.as_str()), 401, "Bearer error=\"invalid_token\"", "mfa-missing"),
        (Some(stage.unknowable.as_str()), 401, "Bearer error=\"invalid_token\"", "mfa-unknowable"),
        (Some(stage.bad.as_str()), 401, "Bearer error=\"invalid_token\"", "signature-invalid"),
    ];
    for (token, status, challenge, reason) in cases {
        let id = stage.id();
        let (is, headers, body) = on_tokio(by_http2(stage, "plain", http2_request(&id, token), None));
        assert_eq!(is, status);
        assert_eq!(headers["www-authenticate"], challenge);
        assert_eq!(headers["request-context"], REQUEST_CONTEXT);
        assert_eq!(headers["content-type"], "application/problem+json");
        assert_eq!(serde_json::from_slice::<Value>(&body).expect("JSON")["status"], status);
        assert_eq!(stage.details(&id), format!("mfa_gate{{{reason}}}"));
        assert!(stage.envoy.upstream.seen(&id).is_empty());
    }
    let id = stage.id();
    let (status, _, body) = on_tokio(by_http2(stage, "plain", http2_request(&id, Some(&stage.good)), None));
    assert_eq!((status, body.as_slice()), (200, &b"ok\n"[..]));
    assert_eq!(stage.envoy.upstream.seen(&id).len(), 1);
}

// catalogue: G04
#[test]
fn two_authorization_headers_over_http2_are_rejected() {
    let stage = stage();
    for tokens in [[&stage.good, &stage.bad], [&stage.bad, &stage.good], [&stage.good, &stage.good]] {
        let id = stage.id();
        let mut request = http2_request(&id, None);
        for token in tokens {
            request.headers_mut().append("authorization", format!("Bearer {token}").parse().expect("a value"));
        }
        let (status, ..) = on_tokio(by_http2(stage, "plain", request, None));
        assert_eq!((status, stage.details(&id).as_str()), (400, "mfa_gate{token-ambiguous}"));
    }
}

#[test]
fn header_values_over_http2_that_are_not_utf8_do_not_trap_the_filter() {
    let stage = stage();
    for name in ["authorization", "x-junk", "x-mfa-gate-subject", "cookie"] {
        let id = stage.id();
        let mut request = http2_request(&id, (name != "authorization").then_some(stage.good.as_str()));
        let name = http::HeaderName::from_static(name);
        request.headers_mut().append(name, http::HeaderValue::from_bytes(b"\xff\xfe\x80").expect("a value"));
        let (status, ..) = on_tokio(by_http2(stage, "bare", request, None));
        assert!([200, 401].contains(&status), "{status}");
        stage.assert_lives("bare");
    }
}

#[test]
fn forged_trailers_over_http2_are_removed() {
    let stage = stage();
    let id = stage.id();
    let request = http::Request::post("http://api.example.com/v1/customers")
        .header("x-test-id", &id)
        .header("authorization", format!("Bearer {}", stage.good))
        .body(())
        .expect("a request");
    let mut trailers = http::HeaderMap::new();
    for name in ["x-mfa-gate-subject", "x_mfa_gate_subject", "x-mfa-gate-decision", "authorization", "x-kept"] {
        trailers.append(name, http::HeaderValue::from_static("spoofed"));
    }
    let (status, ..) = on_tokio(by_http2(stage, "bare", request, Some(trailers)));
    assert_eq!(status, 200);
    let seen = stage.envoy.upstream.seen(&id);
    let header = |name| seen[0].header(name);
    assert_eq!(header("x-mfa-gate-subject").as_deref(), Some("user"));
    assert_eq!(header("x-mfa-gate-decision").as_deref(), Some("allow"));
    assert_eq!(header("x_mfa_gate_subject"), None);
    assert_eq!(header("authorization"), Some(format!("Bearer {}", stage.good)));
    assert_eq!(header("x-kept").as_deref(), Some("spoofed"));
}

#[test]
fn empty_trailers_over_http2_end_a_request() {
    let stage = stage();
    let request = http::Request::post("http://api.example.com/v1/customers")
        .header("authorization", format!("Bearer {}", stage.good))
        .body(())
        .expect("a request");
    let (status, ..) = on_tokio(by_http2(stage, "bare", request, Some(http::HeaderMap::new())));
    assert_eq!(status, 200);
}

// catalogue: I15
#[test]
fn connect_over_http2_has_no_path_and_is_rejected() {
    let stage = stage();
    let id = stage.id();
    let mut request =
        http::Request::connect("api.example.com:443").header("x-test-id", &id).body(()).expect("a request");
    request.headers_mut().insert("authorization", format!("Bearer {}", stage.good).parse().expect("a value"));
    let (status, ..) = on_tokio(by_http2(stage, "bare", request, Some(http::HeaderMap::new())));
    assert_eq!((status, stage.details(&id).as_str()), (400, "mfa_gate{path-unreadable}"));
    stage.assert_lives("bare");
}
