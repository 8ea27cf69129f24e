//! What the table's single requests over HTTP/1.1 cannot show: bytes on the wire, HTTP/2, gRPC, connections, upgrades,
//! redirects and copies. Envoy is set up as shipped unless a test says otherwise.

mod grpc;
mod http1;
mod http2;
mod routes;
mod status_line;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::grpc::GrpcUpstream;
use crate::proxy::envoy::Envoy;
use crate::proxy::http1::{Connection, Response};
use crate::proxy::listener::{Listener, Settings};
use crate::proxy::upstream::Upstream;
use crate::support::forge::Forge;
use crate::support::table::Sample;
use crate::support::tokens::now;

const REQUEST_CONTEXT: &str = "appId=cid-v1:03ce8ca8-8373-4021-8f25-d5dd45c7b12f";

struct Stage {
    envoy: Envoy,
    /// Gets the copies of mirrored requests.
    copies: Upstream,
    grpc: GrpcUpstream,
    /// The sample token, one without MFA, one that cannot carry proof, and one by an unknown key.
    good: String,
    without_mfa: String,
    unknowable: String,
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
        let mut with_headers = config.clone();
        with_headers["upstream_headers"] = json!({"decision": "x-mfa-gate-decision", "subject": "x-mfa-gate-subject"});
        let copies = Upstream::start();
        let grpc = GrpcUpstream::start();
        let to_grpc = json!({"match": {"prefix": "/echo.Echo/"}, "route": {"cluster": "grpc"}});
        let mut plain = Listener::new("plain", Settings::Shipped, config.clone());
        plain.routes = vec![to_grpc.clone()];
        let mut bare = Listener::new("bare", Settings::Bare, with_headers.clone());
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
            unknowable: token(json!({"from": "good", "without": ["amr"], "claims": {"ver": "2.0"}})),
            bad: token(json!({"from": "good", "key": "stranger", "header": {"kid": "rsa"}})),
            envoy: Envoy::start(&[plain, bare, rerouted], Upstream::start(), &[("copies", copies.address)], Some(grpc.address))
                .unwrap_or_else(|error| panic!("{error}")),
            copies,
            grpc,
            sent: AtomicU64::new(0),
        }
    })
}

impl Stage {
    fn id(&self) -> String {
        format!("protocol-{}", self.sent.fetch_add(1, Ordering::Relaxed))
    }

    fn connect(&self, listener: &str) -> Connection {
        Connection::new(self.envoy.address(listener))
    }

    /// Sends GET for a path, with these header lines.
    fn get(&self, listener: &str, path: &str, lines: &[&str]) -> (String, Response) {
        let id = self.id();
        let response = self.connect(listener).request(&get(path, &id, lines)).expect("an answer");
        (id, response)
    }

    /// The filter still allows a good token and denies a bad one.
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

/// Runs a future to its end, which must come within half a minute.
fn on_tokio<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(30), future).await.expect("an answer in time") })
}
