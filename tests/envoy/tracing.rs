//! The decision on the spans of a trace: the snippet of envoy/monitoring.md in a real Envoy, and a collector.

use serde_json::{Value, json};

use crate::proxy::envoy::Envoy;
use crate::proxy::http1::Connection;
use crate::proxy::listener::{Listener, Settings};
use crate::proxy::upstream::Upstream;
use crate::stage::eventually;
use crate::support;
use crate::support::forge::Forge;
use crate::support::table::Sample;
use crate::support::tokens::now;

/// The one block of the page's section.
fn snippet() -> Value {
    let readme = std::fs::read_to_string(support::repository("envoy/monitoring.md")).expect("envoy/monitoring.md");
    let section = readme.split("\n## Traces\n").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("a section");
    let blocks: Vec<_> = section.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(blocks.len(), 1);
    serde_saphyr::from_str(blocks[0]).expect("YAML")
}

/// The tags of each span that the collector got, by the span's status.
fn spans(collector: &Upstream) -> Vec<Value> {
    let posts = collector.seen("").into_iter().filter(|post| post.path == "/spans");
    let spans = posts.flat_map(|post| serde_json::from_slice::<Vec<Value>>(&post.body).expect("spans"));
    spans.map(|span| span["tags"].clone()).collect()
}

#[test]
fn spans_have_the_decision_as_tags() {
    let forge = Forge::new();
    let sample = Sample::load(&forge, "partner-center.yaml");
    let now = now();
    let mut config = sample.config.clone();
    config["access_log"] = json!({});
    config["routes"] = json!([{"name": "customers", "prefix": "/v1/customers", "policy": "mfa"}]);
    let listener = Listener::new("gate", Settings::Shipped, config);
    let collector = Upstream::start();
    let address = collector.address;
    let envoy = Envoy::start_changed(&[listener], Upstream::start(), |bootstrap| {
        let resources = &mut bootstrap["static_resources"];
        let endpoint = json!({"address": {"socket_address": {"address": "127.0.0.1", "port_value": address.port()}}});
        resources["clusters"].as_array_mut().expect("clusters").push(json!({
            "name": "collector",
            "load_assignment": {
                "cluster_name": "collector", "endpoints": [{"lb_endpoints": [{"endpoint": endpoint}]}],
            },
        }));
        let manager = &mut resources["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"];
        manager["tracing"] = snippet()["tracing"].clone();
        manager["tracing"]["provider"] = json!({
            "name": "envoy.tracers.zipkin",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.config.trace.v3.ZipkinConfig",
                "collector_cluster": "collector",
                "collector_endpoint": "/spans",
                "collector_endpoint_version": "HTTP_JSON",
            },
        });
    })
    .unwrap_or_else(|error| panic!("{error}"));

    let ask = |token: &str| {
        let token = sample.mint(&forge, &json!({"from": token}), now);
        let head = b"GET /v1/customers HTTP/1.1\r\nhost: api.example\r\nauthorization: Bearer ";
        let request = [head.as_slice(), &token, b"\r\n\r\n"].concat();
        Connection::new(envoy.address("gate")).request(&request).expect("an answer").answer.status
    };
    assert_eq!([ask("good"), ask("without-mfa")], [200, 401]);
    let mut found = Vec::new();
    eventually("a span of each request", || {
        found = spans(&collector);
        found.len() == 2
    });
    let of = |status: &str| {
        let span = found.iter().find(|span| span["http.status_code"] == status).expect("a span");
        let tags = span.as_object().expect("tags").iter().filter(|(name, _)| name.starts_with("mfa_gate."));
        tags.map(|(name, value)| (name.clone(), value.clone())).collect::<serde_json::Map<_, _>>()
    };
    let allowed = json!({
        "mfa_gate.decision": "allow", "mfa_gate.route": "customers", "mfa_gate.policy": "mfa",
        "mfa_gate.subject": "user", "mfa_gate.mfa": "proven",
    });
    assert_eq!(json!(of("200")), allowed);
    let denied = json!({
        "mfa_gate.decision": "deny", "mfa_gate.reason": "mfa-missing", "mfa_gate.route": "customers",
        "mfa_gate.policy": "mfa", "mfa_gate.subject": "user", "mfa_gate.mfa": "missing",
    });
    assert_eq!(json!(of("401")), denied);
}
