//! Requests that arrive before the keys and wait for them.

use std::time::Duration;

use serde_json::{Value, json};

use crate::grpc::{self, GrpcUpstream};
use crate::idp::{Idp, Reply};
use crate::proxy::envoy::Setup;
use crate::proxy::http1::Connection;
use crate::proxy::listener::{Listener, Settings};
use crate::stage::{Stage, assert_unavailable, eventually, fetched, id, listener, request, rest, source};
use crate::support::tokens::{config, good, jwks, token};

/// A key source with a timeout longer than these tests delay the keys.
fn patient(path: &str) -> Value {
    fetched(path, &json!({"timeout": "30s"}))
}

// catalogue: F08
#[test]
fn a_thousand_requests_at_a_cold_start_cause_one_fetch() {
    let idp = Idp::start();
    idp.set("/keys", Reply::Hold);
    let stage = Stage::new(idp.address, &[("gate", patient("/keys"))]);
    let (good, bad) = (good("a"), token("stranger_p256", "a", &json!({})));
    let without_mfa = token("p256", "a", &json!({"amr": ["pwd"]}));
    let kinds = [(&good, 200), (&good, 200), (&bad, 401), (&without_mfa, 401)];
    let (tokens, wanted): (Vec<String>, Vec<u16>) =
        kinds.iter().cycle().take(1000).map(|(token, status)| ((*token).clone(), *status)).unzip();
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| stage.ask_all("gate", &tokens));
        stage.wait_for_active("gate", tokens.len());
        assert_eq!(stage.statistic("cluster.upstream.upstream_rq_total"), 0);
        assert_eq!(idp.asked("/keys"), 1);
        idp.set("/keys", Reply::ok(jwks(&["a"])));
        assert_eq!(asked.join().expect("answers"), wanted);
    });
    assert_eq!(idp.asked("/keys"), 1);
    stage.assert_no_trap();
}

/// The workers start at the same moment. With this number of sets, both workers see some set without a fetch in progress.
// catalogue: F08
#[test]
fn workers_that_start_together_fetch_once() {
    let idp = Idp::start();
    let paths: Vec<String> = (0..150).map(|index| format!("/{index}")).collect();
    let issuer = |path: &String| {
        idp.set(path, Reply::ok(jwks(&["a"])));
        json!({"issuer": path, "audiences": ["api"], "jwks": source(path, &json!({}))})
    };
    let issuers: Vec<Value> = paths.iter().map(issuer).collect();
    let stage = Stage::new(idp.address, &[("gate", config(&json!(issuers)))]);
    for path in &paths {
        let tokens = vec![token("p256", "a", &json!({"iss": path})); 8];
        assert_eq!(stage.ask_all("gate", &tokens), [200; 8], "{path}");
    }
    let asked: Vec<_> = paths.iter().map(|path| (path, idp.asked(path))).filter(|(_, asked)| *asked != 1).collect();
    assert!(asked.is_empty(), "{asked:?}");
}

// catalogue: F13
#[test]
fn clients_that_disconnect_while_waiting_do_not_affect_others() {
    let idp = Idp::start();
    idp.set("/keys", Reply::Hold);
    let stage = Stage::new(idp.address, &[("gate", patient("/keys"))]);
    let mut waiting: Vec<_> = (0..60)
        .map(|_| {
            let mut connection = Connection::new(stage.envoy.address("gate"));
            connection.send(&request("GET", &id(), &good("a"), "")).expect("sending");
            connection
        })
        .collect();
    stage.wait_for_active("gate", waiting.len());
    let stays: Vec<_> = waiting.split_off(40);
    drop(waiting);
    stage.wait_for_active("gate", stays.len());
    idp.set("/keys", Reply::ok(jwks(&["a"])));
    for mut connection in stays {
        assert_eq!(connection.response(false).expect("an answer").answer.status, 200);
    }
    assert_eq!(stage.statistic("cluster.upstream.upstream_rq_total"), 20);
    stage.wait_for_keys("gate", "a");
    assert_eq!(idp.asked("/keys"), 1);
    stage.assert_no_trap();
}

/// CVE-2025-64527: Envoy's jwt_authn answered twice if a fetch failed immediately, once while it started the fetch.
// catalogue: F14
#[test]
fn two_authorization_headers_are_rejected_while_fetches_fail() {
    let idp = Idp::start();
    idp.set("/held", Reply::Hold);
    idp.set("/failing", Reply::status(500, "", ""));
    let nowhere = fetched("/keys", &json!({"cluster": "nowhere"}));
    let held = fetched("/held", &json!({"timeout": "1s"}));
    let failing = fetched("/failing", &json!({}));
    let stage = Stage::new(idp.address, &[("nowhere", nowhere), ("held", held), ("failing", failing)]);
    for listener in ["nowhere", "held", "failing"] {
        let twice = format!("authorization: Bearer {}\r\n", good("a"));
        std::thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| {
                    let (response, details) = stage.respond(listener, &good("a"));
                    assert_unavailable(&response, &details);
                });
                scope.spawn(|| {
                    let id = id();
                    let mut connection = Connection::new(stage.envoy.address(listener));
                    let response = connection.request(&request("GET", &id, &good("a"), &twice)).expect("an answer");
                    assert_eq!(response.answer.status, 400);
                    let logged = stage.envoy.logged(&id).expect("a line of the access log");
                    assert_eq!(logged.details, "mfa_gate{token-ambiguous}");
                });
            }
        });
    }
    assert_eq!(stage.statistic("cluster.upstream.upstream_rq_total"), 0);
    for path in ["/held", "/failing"] {
        idp.set(path, Reply::ok(jwks(&["a"])));
        stage.wait_for_keys(&path[1..], "a");
    }
    stage.assert_no_trap();
}

/// A client's request and its expected outcome.
struct Post {
    token: String,
    lines: &'static str,
    body: String,
    /// The body at the upstream.
    arrives: String,
    status: u16,
}

impl Post {
    fn new(token: String, lines: &'static str, body: &str, status: u16) -> Self {
        let (body, arrives) = match lines {
            CHUNKED => (format!("{:x}\r\n{body}\r\n0\r\nx-trailer: t\r\n\r\n", body.len()), body.to_owned()),
            _ => (body.to_owned(), body.to_owned()),
        };
        Self { token, lines, body, arrives, status }
    }
}

const CHUNKED: &str = "transfer-encoding: chunked\r\n";
const EXPECTING: &str = "expect: 100-continue\r\ncontent-length: 5\r\n";

/// Sends all of these and a gRPC stream while the keys are delayed. Asserts that no part reaches the upstream before the keys
/// arrive.
fn assert_whole_requests_wait(changes: Value, posts: Vec<Post>) {
    let idp = Idp::start();
    idp.set("/keys", Reply::Hold);
    let grpc = GrpcUpstream::start();
    let to_grpc = json!({"match": {"prefix": "/echo.Echo/"}, "route": {"cluster": "grpc"}});
    // The shipped listener removes HTTP/1.1 trailers.
    let gate = Listener::new("gate", Settings::Bare, patient("/keys"));
    let gate = Listener { plugin: changes, routes: vec![to_grpc], ..gate };
    let setup = Setup { workers: 2, others: &[("idp", idp.address)], grpc: Some(grpc.address), ..Setup::default() };
    let stage = Stage::with(setup, &[gate]);
    let stream = |token: String| {
        let address = stage.envoy.address("gate");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move { grpc::stream(address, &token, &[b"one", b"two", b"three"]).await })
    };
    std::thread::scope(|scope| {
        let streamed = scope.spawn(|| stream(good("a")));
        let refused = scope.spawn(|| stream(token("p256", "a", &json!({"amr": []}))));
        let waiting: Vec<_> = posts
            .iter()
            .map(|post| {
                let id = id();
                let mut connection = Connection::new(stage.envoy.address("gate"));
                connection.send(&request("POST", &id, &post.token, post.lines)).expect("sending");
                if post.lines == EXPECTING {
                    // Envoy itself sends this; it does not ask the upstream.
                    assert_eq!(connection.response(false).expect("an answer").answer.status, 100);
                }
                connection.send(post.body.as_bytes()).expect("sending");
                (id, connection)
            })
            .collect();
        stage.wait_for_active("gate", posts.len() + 2);
        rest(1);
        for cluster in ["upstream", "grpc"] {
            for statistic in ["upstream_rq_total", "upstream_cx_total", "upstream_cx_tx_bytes_total"] {
                assert_eq!(stage.statistic(&format!("cluster.{cluster}.{statistic}")), 0, "{cluster}: {statistic}");
            }
        }
        idp.set("/keys", Reply::ok(jwks(&["a"])));
        for ((id, mut connection), post) in waiting.into_iter().zip(&posts) {
            let response = connection.response(false).unwrap_or_else(|error| panic!("{}: {error}", post.lines));
            assert_eq!(response.answer.status, post.status, "{}", post.lines);
            let seen = stage.envoy.upstream.seen(&id);
            assert_eq!(seen.len(), usize::from(post.status == 200), "{}", post.lines);
            assert!(seen.iter().all(|seen| seen.body == post.arrives.as_bytes()), "{}", post.lines);
            if post.lines == CHUNKED {
                assert!(seen.iter().all(|seen| seen.header("x-trailer").as_deref() == Some("t")));
            }
        }
        let messages = streamed.join().expect("messages").expect("a stream");
        assert_eq!(messages, [b"one".to_vec(), b"two".to_vec(), b"three".to_vec()]);
        let status = refused.join().expect("a status").expect_err("a refusal");
        assert_eq!(status.code(), tonic::Code::Unauthenticated);
        assert_eq!(grpc.messages(), 1);
    });
    stage.assert_no_trap();
}

fn without_mfa() -> String {
    token("p256", "a", &json!({"amr": []}))
}

// catalogue: F15
#[test]
fn bodies_and_trailers_wait_with_their_headers() {
    let large = "x".repeat(3_000_000);
    let posts = vec![
        Post::new(good("a"), "content-length: 3000000\r\n", &large, 200),
        Post::new(good("a"), CHUNKED, &large, 200),
        Post::new(good("a"), CHUNKED, "12345", 200),
        Post::new(good("a"), "content-length: 5\r\n", "12345", 200),
        Post::new(good("a"), "content-length: 0\r\n", "", 200),
        Post::new(good("a"), EXPECTING, "12345", 200),
        Post::new(without_mfa(), "content-length: 3000000\r\n", &large, 401),
        Post::new(without_mfa(), CHUNKED, &large, 401),
        Post::new(without_mfa(), EXPECTING, "12345", 401),
    ];
    assert_whole_requests_wait(json!({}), posts);
}

// catalogue: F16
#[test]
fn bodies_wait_even_if_envoy_streams_past_paused_headers() {
    let large = "x".repeat(500_000);
    let posts = vec![
        Post::new(good("a"), "content-length: 500000\r\n", &large, 200),
        Post::new(good("a"), CHUNKED, &large, 200),
        Post::new(good("a"), CHUNKED, "12345", 200),
        Post::new(good("a"), "content-length: 5\r\n", "12345", 200),
        Post::new(good("a"), "content-length: 0\r\n", "", 200),
        Post::new(good("a"), EXPECTING, "12345", 200),
        Post::new(without_mfa(), "content-length: 500000\r\n", &large, 401),
        Post::new(without_mfa(), CHUNKED, "12345", 401),
        Post::new(without_mfa(), EXPECTING, "12345", 401),
    ];
    assert_whole_requests_wait(json!({"allow_on_headers_stop_iteration": true}), posts);
}

/// Envoy then buffers the body, and rejects a body larger than its buffer.
// catalogue: F16
#[test]
fn a_body_larger_than_the_buffer_does_not_reach_the_upstream() {
    let idp = Idp::start();
    idp.set("/keys", Reply::Hold);
    let plugin = json!({"allow_on_headers_stop_iteration": true});
    let gate = Listener { plugin, ..listener("gate", &patient("/keys")) };
    let stage = Stage::with(Setup { workers: 2, others: &[("idp", idp.address)], ..Setup::default() }, &[gate]);
    let mut connection = Connection::new(stage.envoy.address("gate"));
    let id = id();
    connection.send(&request("POST", &id, &good("a"), "content-length: 3000000\r\n")).expect("sending");
    connection.send(&vec![b'x'; 3_000_000]).expect("sending");
    assert_eq!(connection.response(false).expect("an answer").answer.status, 413);
    idp.set("/keys", Reply::ok(jwks(&["a"])));
    stage.wait_for_keys("gate", "a");
    assert!(stage.envoy.upstream.seen(&id).is_empty());
    stage.assert_no_trap();
}

// catalogue: F02
#[test]
fn requests_wait_for_a_slow_answer_within_the_timeout() {
    let idp = Idp::start();
    let Reply::Bytes(bytes) = Reply::ok(jwks(&["a"])) else { unreachable!("it is made of bytes") };
    idp.set("/keys", Reply::Slow(bytes, Duration::from_millis(150)));
    let stage = Stage::new(idp.address, &[("gate", fetched("/keys", &json!({"timeout": "5s"})))]);
    assert_eq!(stage.ask_all("gate", &vec![good("a"); 20]), [200; 20]);
    assert_eq!(idp.asked("/keys"), 1);
}

// catalogue: F02
#[test]
fn a_provider_that_hangs_beyond_the_timeout_means_503() {
    let idp = Idp::start();
    idp.set("/keys", Reply::Hold);
    let stage = Stage::new(idp.address, &[("gate", fetched("/keys", &json!({"timeout": "1s"})))]);
    let statuses = stage.ask_all("gate", &vec![good("a"); 50]);
    assert!(statuses.iter().all(|status| *status == 503), "{statuses:?}");
    let (response, details) = stage.respond("gate", &good("a"));
    assert_unavailable(&response, &details);
    // Also answers requests that have timed out.
    idp.set("/keys", Reply::ok(jwks(&["a"])));
    stage.wait_for_keys("gate", "a");
    eventually("the end of all requests", || stage.statistic("http.gate.downstream_rq_active") == 0);
    stage.assert_no_trap();
}
