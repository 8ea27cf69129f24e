//! What the table's single requests over HTTP/1.1 cannot show: bytes on the wire, HTTP/2, gRPC, and what connections, upgrades, redirects
//! and copies do. All through a real Envoy, set up as shipped unless said otherwise.

mod support;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use support::envoy::{Envoy, Listener, Settings};
use support::forge::Forge;
use support::grpc::{self, GrpcUpstream};
use support::http1::{Connection, Response};
use support::table::Sample;
use support::upstream::Upstream;

const REQUEST_CONTEXT: &str = "appId=cid-v1:03ce8ca8-8373-4021-8f25-d5dd45c7b12f";

struct Stage {
    envoy: Envoy,
    /// Where the copies of mirrored requests go.
    copies: Upstream,
    grpc: GrpcUpstream,
    /// The sample token, one without MFA, one that cannot tell, and one by a stranger's key.
    good: String,
    without_mfa: String,
    speechless: String,
    bad: String,
    sent: AtomicU64,
}

fn stage() -> &'static Stage {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    STAGE.get_or_init(|| {
        let forge = Forge::new();
        let sample = Sample::load(&forge, "partner-center.yaml");
        let mut config = sample.config.clone();
        config["challenge"] = json!({"headers": {"Request-Context": REQUEST_CONTEXT}, "filter_state": true});
        config["routes"] = json!([
            {"name": "health", "path": "/health", "policy": "public"},
            {"name": "public", "prefix": "/public", "policy": "public"},
            {"name": "moved", "prefix": "/moved", "policy": "public"},
        ]);
        let mut told = config.clone();
        told["upstream_headers"] = json!({"decision": "x-mfa-gate-decision", "subject": "x-mfa-gate-subject"});
        let copies = Upstream::start();
        let grpc = GrpcUpstream::start();
        let to_grpc = json!({"match": {"prefix": "/echo.Echo/"}, "route": {"cluster": "grpc"}});
        let mut plain = Listener::new("plain", Settings::Shipped, config.clone());
        plain.routes = vec![to_grpc.clone()];
        let mut bare = Listener::new("bare", Settings::Bare, told.clone());
        bare.routes = vec![to_grpc];
        let mut rerouted = Listener::new("rerouted", Settings::Shipped, config);
        rerouted.routes = vec![
            json!({"match": {"prefix": "/public/rewritten"}, "route": {"cluster": "upstream", "prefix_rewrite": "/v1/customers"}}),
            json!({"match": {"prefix": "/v1/rewritten"}, "route": {"cluster": "upstream", "prefix_rewrite": "/public"}}),
            json!({"match": {"prefix": "/moved"}, "route": {
                "cluster": "upstream", "internal_redirect_policy": {"max_internal_redirects": 2},
            }}),
            json!({"match": {"prefix": "/"}, "route": {
                "cluster": "upstream", "request_mirror_policies": [{"cluster": "copies"}],
                "retry_policy": {"retry_on": "5xx", "num_retries": 2}, "hedge_policy": {"initial_requests": 2},
            }}),
        ];
        let token = |spec: Value| String::from_utf8(sample.mint(&forge, &spec, now())).expect("a token is text");
        Stage {
            good: token(json!({"from": "good"})),
            without_mfa: token(json!({"from": "without-mfa"})),
            speechless: token(json!({"from": "good", "without": ["amr"], "claims": {"ver": "2.0"}})),
            bad: token(json!({"from": "good", "key": "stranger", "header": {"kid": "rsa"}})),
            envoy: Envoy::start(&[plain, bare, rerouted], Upstream::start(), &[("copies", copies.address)], Some(grpc.address))
                .unwrap_or_else(|error| panic!("{error}")),
            copies,
            grpc,
            sent: AtomicU64::new(0),
        }
    })
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock past 1970");
    i64::try_from(since.as_secs()).expect("a clock before the end of time")
}

impl Stage {
    fn id(&self) -> String {
        format!("protocol-{}", self.sent.fetch_add(1, Ordering::Relaxed))
    }

    fn connect(&self, listener: &str) -> Connection {
        Connection::new(self.envoy.address(listener))
    }

    /// GETs a path, with these further lines.
    fn get(&self, listener: &str, path: &str, lines: &[&str]) -> (String, Response) {
        let id = self.id();
        let response = self.connect(listener).request(&get(path, &id, lines)).expect("an answer");
        (id, response)
    }

    /// The filter says of good and bad tokens what it should.
    fn assert_lives(&self, listener: &str) {
        let (_, response) = self.get(listener, "/v1/customers", &[&bearer(&self.good)]);
        assert_eq!(response.answer.status, 200, "the good token afterwards");
        let (_, response) = self.get(listener, "/v1/customers", &[&bearer(&self.bad)]);
        assert_eq!(response.answer.status, 401, "the bad token afterwards");
    }

    fn details(&self, id: &str) -> String {
        self.envoy.logged(id).expect("a line of the access log").details
    }
}

fn bearer(token: &str) -> String {
    format!("authorization: Bearer {token}")
}

fn get(path: &str, id: &str, lines: &[&str]) -> Vec<u8> {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    format!("GET {path} HTTP/1.1\r\nhost: api.example.com\r\nx-test-id: {id}\r\n{lines}\r\n").into_bytes()
}

#[test]
fn want_of_mfa_is_told_in_partner_centers_bytes() {
    let stage = stage();
    for (token, reason) in [(&stage.without_mfa, "mfa-missing"), (&stage.speechless, "mfa-unknowable")] {
        for listener in ["plain", "bare"] {
            let (id, response) = stage.get(listener, "/v1/customers", &[&bearer(token)]);
            let wanted = format!(
                "HTTP/1.1 401 Unauthorized - MFA required\r\nRequest-Context: {REQUEST_CONTEXT}\r\nWWW-Authenticate: Bearer error=\"invalid_token\"\r\n"
            );
            let head = String::from_utf8_lossy(&response.head);
            assert!(head.starts_with(&wanted), "{head}");
            for name in ["www-authenticate", "request-context"] {
                assert_eq!(head.to_lowercase().matches(&format!("\r\n{name}:")).count(), 1, "{head}");
            }
            assert_eq!(stage.details(&id), format!("mfa_gate{{{reason}}}"));
        }
    }
}

#[test]
fn every_other_denial_has_the_plain_status_line() {
    let stage = stage();
    for lines in [vec![], vec![bearer(&stage.bad)], vec![bearer("x")]] {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let (_, response) = stage.get("plain", "/v1/customers", &lines);
        assert_eq!(response.status_line, "HTTP/1.1 401 Unauthorized\r\n");
    }
}

#[test]
fn the_upstreams_own_401_is_left_alone() {
    let stage = stage();
    for lines in [
        vec!["x-test-status: 401 Unauthorized"],
        vec!["x-test-status: 401 Nothing To See", "x-mfa-gate-reason: mfa-missing"],
    ] {
        let (_, response) = stage.get("plain", "/health", &lines);
        assert_eq!(response.status_line, "HTTP/1.1 401 Unauthorized\r\n");
        assert_eq!(response.answer.header("www-authenticate"), None);
    }
}

#[test]
fn a_thousand_requests_in_a_row() {
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

/// Envoy may close a connection after it has answered one of several pipelined requests itself. What it does answer must be
/// the answer to that request, and what it does not must not have gone on.
#[test]
fn j13_pipelined_requests_are_judged_one_by_one() {
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
fn a_body_of_a_denied_request_goes_nowhere() {
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

#[test]
fn j05_websockets_need_the_token_too() {
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

/// What is not UTF-8 must not trap the filter, wherever it stands.
#[test]
fn bytes_that_are_no_text_in_any_place() {
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
        // Some of these are no HTTP, and a closed connection is an answer.
        let answer = stage.connect("bare").request(&bytes);
        if let Ok(response) = &answer {
            assert!([200, 400, 404].contains(&response.answer.status), "{place}: {:?}", response.status_line);
        }
        stage.assert_lives("bare");
    }
}

#[test]
fn i15_connect_reaches_the_filter_and_no_further() {
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

/// The decision is on the path that the client sent. Where Envoy rewrites it, the policy belongs to the path before.
#[test]
fn i24_a_path_that_envoy_rewrites_is_judged_as_it_came() {
    let stage = stage();
    let (id, response) = stage.get("rerouted", "/public/rewritten/1", &[]);
    assert_eq!(response.answer.status, 200);
    let seen = stage.envoy.upstream.seen(&id);
    assert_eq!(seen.iter().map(|seen| seen.path.as_str()).collect::<Vec<_>>(), ["/v1/customers/1"]);
    let (id, response) = stage.get("rerouted", "/v1/rewritten/1", &["x-envoy-original-path: /public"]);
    assert_eq!((response.answer.status, stage.details(&id).as_str()), (401, "mfa_gate{token-missing}"));
    assert!(stage.envoy.upstream.seen(&id).is_empty());
}

#[test]
fn i25_a_redirect_that_envoy_follows_is_judged_again() {
    let stage = stage();
    let to = format!("x-test-redirect-to: http://{}/v1/customers", "api.example.com");
    let (id, response) = stage.get("rerouted", "/moved", &[&to]);
    assert_eq!(response.answer.status, 401);
    let seen: Vec<String> = stage.envoy.upstream.seen(&id).iter().map(|seen| seen.path.clone()).collect();
    assert_eq!(seen, ["/moved"], "the redirect must not get through");
    // With a good token it does, or the above would show nothing.
    let (id, response) = stage.get("rerouted", "/moved", &[&to, &bearer(&stage.good)]);
    assert!(
        stage.envoy.upstream.seen(&id).iter().any(|seen| seen.path == "/v1/customers"),
        "{}",
        response.answer.status
    );
}

#[test]
fn i26_no_copy_goes_out_before_the_verdict() {
    let stage = stage();
    for lines in [vec![], vec![bearer(&stage.without_mfa)], vec![bearer(&stage.bad)]] {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let (id, response) =
            stage.get("rerouted", "/v1/customers", &[&lines[..], &["x-test-status: 503 Busy"]].concat());
        assert_eq!(response.answer.status, 401);
        std::thread::sleep(Duration::from_millis(50));
        assert!(stage.envoy.upstream.seen(&id).is_empty() && stage.copies.seen(&id).is_empty());
    }
    // The mirror does work, or the above would show nothing.
    let (id, response) = stage.get("rerouted", "/v1/customers", &[&bearer(&stage.good)]);
    assert_eq!(response.answer.status, 200);
    for _ in 0..100 {
        if !stage.copies.seen(&id).is_empty() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("the allowed request was not mirrored");
}

fn on_tokio<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(30), future).await.expect("an answer in time") })
}

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
fn http2_gets_the_same_answers() {
    let stage = stage();
    let cases = [
        (None, 401, "Bearer realm=\"mfa-gate\"", "token-missing"),
        (Some(stage.without_mfa.as_str()), 401, "Bearer error=\"invalid_token\"", "mfa-missing"),
        (Some(stage.speechless.as_str()), 401, "Bearer error=\"invalid_token\"", "mfa-unknowable"),
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

#[test]
fn g04_two_authorization_headers_in_http2() {
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
fn bytes_that_are_no_text_in_http2() {
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
fn spoofed_trailers_of_http2_are_taken_away() {
    let stage = stage();
    let id = stage.id();
    let request = http::Request::post("http://api.example.com/v1/customers")
        .header("x-test-id", &id)
        .header("authorization", format!("Bearer {}", stage.good))
        .body(())
        .expect("a request");
    let mut trailers = http::HeaderMap::new();
    for name in ["x-mfa-gate-subject", "x_mfa_gate_subject", "x-mfa-gate-decision", "x-kept"] {
        trailers.append(name, http::HeaderValue::from_static("spoofed"));
    }
    let (status, ..) = on_tokio(by_http2(stage, "bare", request, Some(trailers)));
    assert_eq!(status, 200);
    let seen = stage.envoy.upstream.seen(&id);
    let header = |name| seen[0].header(name);
    assert_eq!(header("x-mfa-gate-subject").as_deref(), Some("user"));
    assert_eq!(header("x-mfa-gate-decision").as_deref(), Some("allow"));
    assert_eq!(header("x_mfa_gate_subject"), None);
    assert_eq!(header("x-kept").as_deref(), Some("spoofed"));
}

#[test]
fn i15_connect_of_http2_has_no_path() {
    let stage = stage();
    let id = stage.id();
    let mut request =
        http::Request::connect("api.example.com:443").header("x-test-id", &id).body(()).expect("a request");
    request.headers_mut().insert("authorization", format!("Bearer {}", stage.good).parse().expect("a value"));
    let (status, ..) = on_tokio(by_http2(stage, "bare", request, Some(http::HeaderMap::new())));
    assert_eq!((status, stage.details(&id).as_str()), (400, "mfa_gate{path-unreadable}"));
    stage.assert_lives("bare");
}

/// tonic is what Rust services call each other by, and its status codes are what their callers see.
#[test]
fn j07_grpc() {
    let stage = stage();
    for listener in ["plain", "bare"] {
        let call = |token: Option<&str>| on_tokio(grpc::call(stage.envoy.address(listener), token, b"ping"));
        let before = stage.grpc.messages();
        for (token, code) in [
            (None, tonic::Code::Unauthenticated),
            (Some(stage.without_mfa.as_str()), tonic::Code::Unauthenticated),
            (Some(stage.bad.as_str()), tonic::Code::Unauthenticated),
        ] {
            let status = call(token).expect_err("a denial");
            assert_eq!(status.code(), code, "{status}");
            for reason in ["mfa", "signature", "token-missing"] {
                assert!(!status.message().contains(reason), "{status}");
            }
        }
        assert_eq!(stage.grpc.messages(), before, "a denied call's message got through");
        assert_eq!(call(Some(&stage.good)).expect("an answer"), b"ping");
        assert_eq!(stage.grpc.messages(), before + 1);
    }
}
