//! The access log and the metrics, as the shipped configuration sets them up.

use std::time::Duration;

use serde_json::{Value, json};

use crate::idp::{Idp, Reply};
use crate::proxy::artifacts::module;
use crate::proxy::envoy::Setup;
use crate::proxy::http1::Connection;
use crate::proxy::listener::shipped;
use crate::stage::{Stage, eventually, fetched, id, listener, source};
use crate::support;
use crate::support::tokens::{ISSUER, config, good, jwk, jwks, now, token};

/// A gate with a route of each kind.
fn gate(changes: &Value) -> Value {
    let mut config = json!({
        "issuers": [{
            "issuer": ISSUER, "audiences": ["api"], "app_only": "rfc9068",
            "jwks": {"inline": {"keys": [jwk("p256", "a")]}},
        }],
        "policies": {
            "mfa": {"amr": {"any_of": ["mfa"]}},
            "mfa_or_app": {"amr": {"any_of": ["mfa"]}, "app_only": "allow"},
            "admins": {"amr": {"any_of": ["mfa"]}, "claims": {"roles": {"any_of": ["Admin"]}}},
        },
        "routes": [
            {"name": "health", "path": "/health", "policy": "public"},
            {"name": "overview", "prefix": "/overview", "policy": "signed_in"},
            {"name": "api", "prefix": "/api", "policy": "mfa_or_app"},
            {"name": "admin", "prefix": "/admin", "policy": "admins"},
        ],
        "default": "mfa",
    });
    support::cases::merge::merge(&mut config, changes);
    config
}

fn stage(listeners: &[(&str, Value)]) -> Stage {
    let listeners: Vec<_> = listeners.iter().map(|(name, config)| listener(name, config)).collect();
    Stage::with(Setup { workers: 2, ..Setup::default() }, &listeners)
}

/// Sends a request and returns its line of the access log.
fn line(stage: &Stage, listener: &str, path: &str, token: Option<&str>) -> Value {
    let id = id();
    let authorization = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    let request = format!("GET {path} HTTP/1.1\r\nhost: api.example.com\r\nx-test-id: {id}\r\n{authorization}\r\n");
    Connection::new(stage.envoy.address(listener)).request(request.as_bytes()).expect("an answer");
    stage.envoy.logged(&id).expect("a line of the access log").line
}

/// The record of the gate in that line.
fn record(stage: &Stage, listener: &str, path: &str, token: Option<&str>) -> Value {
    let line = line(stage, listener, path, token);
    if line["mfa_gate"].is_null() {
        return Value::Null;
    }
    assert_eq!(line["mfa_gate"]["@type"], "type.googleapis.com/google.protobuf.Struct", "{line}");
    line["mfa_gate"]["value"].clone()
}

/// The gate's metrics, as Prometheus scrapes them.
fn metrics(stage: &Stage) -> Vec<String> {
    let request = b"GET /stats/prometheus?filter=mfa_gate HTTP/1.1\r\nhost: admin\r\n\r\n";
    let response = Connection::new(stage.envoy.admin).request(request).expect("metrics");
    let text = String::from_utf8(response.answer.body).expect("text");
    text.lines().filter(|line| line.starts_with("mfa_gate")).map(str::to_owned).collect()
}

/// The same, once it has this many requests: the gate flushes its counts every second.
fn metrics_after(stage: &Stage, requests: u64) -> Vec<String> {
    eventually("count of all requests", || decided(&metrics(stage)) == requests);
    metrics(stage)
}

fn decided(metrics: &[String]) -> u64 {
    let requests = metrics.iter().filter(|line| line.starts_with("mfa_gate_requests_total"));
    requests.map(|line| line.rsplit(' ').next().and_then(|number| number.parse::<u64>().ok()).expect("a number")).sum()
}

fn user(changes: &Value) -> String {
    let mut claims = json!({
        "tid": "df845f1a", "appid": "23ec45a3", "app_displayname": "Billing \u{201c}new\u{201d}", "oid": "4988e250",
        "upn": "alice@example.com",
    });
    support::cases::merge::merge(&mut claims, changes);
    token("p256", "a", &claims)
}

fn app() -> String {
    token("p256", "a", &json!({"sub": "23ec45a3", "client_id": "23ec45a3", "amr": null}))
}

/// `printf a | sha256sum`, its first 16 digits.
const HASH_OF_A: &str = "ca978112ca1bbdca";

#[test]
fn the_access_log_has_the_decision_and_the_verified_token() {
    let stage = stage(&[("gate", gate(&json!({"access_log": {}}))), ("silent", gate(&json!({})))]);
    let record = |path: &str, token: Option<&str>| record(&stage, "gate", path, token);
    let of_user = |more: Value| {
        let mut record = json!({
            "issuer": ISSUER, "tenant": "df845f1a", "app": "23ec45a3", "app_name": "Billing \u{201c}new\u{201d}",
            "user": "4988e250", "upn": "alice@example.com", "subject": "user", "key": HASH_OF_A,
        });
        support::cases::merge::merge(&mut record, &more);
        record
    };
    let proven = user(&json!({}));
    for _ in 0..3 {
        // Verified, then from the cache.
        assert_eq!(
            record("/api/x?secret=1", Some(&proven)),
            of_user(json!({"decision": "allow", "route": "api", "policy": "mfa_or_app", "mfa": "proven"}))
        );
    }
    let password = user(&json!({"amr": ["pwd"]}));
    assert_eq!(
        record("/other", Some(&password)),
        of_user(json!({"decision": "deny", "reason": "mfa-missing", "policy": "mfa", "mfa": "missing"}))
    );
    assert_eq!(
        record("/overview", Some(&password)),
        of_user(json!({"decision": "allow", "route": "overview", "policy": "signed_in", "mfa": "missing"}))
    );
    assert_eq!(
        record("/admin", Some(&proven)),
        of_user(json!({
            "decision": "deny", "reason": "claim-not-met", "route": "admin", "policy": "admins", "mfa": "proven",
        }))
    );
    assert_eq!(
        record("/api", Some(&app())),
        json!({
            "issuer": ISSUER, "app": "23ec45a3", "subject": "app", "key": HASH_OF_A, "decision": "allow",
            "route": "api", "policy": "mfa_or_app",
        })
    );
    // A token that nobody verified is not logged.
    let forged = proven.replace('.', ".e30");
    assert_eq!(
        record("/api", Some(&forged)),
        json!({"decision": "deny", "reason": "token-malformed", "route": "api", "policy": "mfa_or_app"})
    );
    assert_eq!(
        record("/api", None),
        json!({"decision": "deny", "reason": "token-missing", "route": "api", "policy": "mfa_or_app"})
    );
    assert_eq!(record("/health", None), json!({"decision": "allow", "route": "health", "policy": "public"}));
    assert_eq!(record("/a%zz", None), json!({"decision": "deny", "reason": "path-unreadable"}));
    // Without `access_log` there is no record.
    assert_eq!(line(&stage, "silent", "/api", Some(&proven))["mfa_gate"], Value::Null);
    stage.assert_no_trap();
}

#[test]
fn the_access_log_has_the_request_without_query_and_token() {
    let stage = stage(&[("gate", gate(&json!({"access_log": {}})))]);
    let token = user(&json!({}));
    let line = line(&stage, "gate", "/api/x?access_token=secret", Some(&token));
    assert_eq!(
        (&line["method"], &line["path"], &line["protocol"], &line["status"], &line["address"], &line["details"]),
        (&json!("GET"), &json!("/api/x"), &json!("HTTP/1.1"), &json!(200), &json!("127.0.0.1"), &json!("via_upstream"))
    );
    let text = line.to_string();
    assert!(!text.contains("secret"), "{text}");
    assert!(token.split('.').all(|part| !text.contains(part)), "{text}");
}

#[test]
fn the_access_log_leaves_out_the_fields_that_are_switched_off() {
    let stage = stage(&[
        ("id", gate(&json!({"access_log": {"user": "id", "key": "none"}}))),
        ("none", gate(&json!({"access_log": {"user": "none"}}))),
    ]);
    let named = |listener: &str| {
        let record = record(&stage, listener, "/api", Some(&user(&json!({}))));
        ["user", "upn", "key", "subject"].map(|name| record[name].as_str().map(str::to_owned))
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(named("id"), [some("4988e250"), None, None, some("user")]);
    assert_eq!(named("none"), [None, None, some(HASH_OF_A), some("user")]);
}

/// Users may choose the strings that an issuer writes into claims.
#[test]
fn hostile_claims_are_logged_as_text_or_left_out() {
    let stage = stage(&[("gate", gate(&json!({"access_log": {}})))]);
    let hostile = "a\"b\\\u{0}\n{\"decision\":\"allow\"}\u{202e}\u{1f600}";
    let claims = json!({"upn": hostile, "oid": "x".repeat(257), "appid": {"a": 1}, "azp": "app", "tid": ["t"]});
    let record_of = |claims: &Value| record(&stage, "gate", "/other", Some(&user(claims)));
    // `tid` must be a string for every issuer.
    assert_eq!(record_of(&claims)["reason"], "claim-malformed");
    let mut claims = claims;
    claims["tid"] = json!("t".repeat(256));
    claims["amr"] = json!(["pwd"]);
    assert_eq!(
        record_of(&claims),
        json!({
            "issuer": ISSUER, "tenant": "t".repeat(256), "app": "app", "app_name": "Billing \u{201c}new\u{201d}",
            "upn": hostile, "subject": "user", "key": HASH_OF_A, "decision": "deny", "reason": "mfa-missing",
            "policy": "mfa", "mfa": "missing",
        })
    );
    stage.assert_no_trap();
}

#[test]
fn labels_of_metrics_come_from_the_configuration_only() {
    let stage = stage(&[("gate", gate(&json!({})))]);
    let proven = user(&json!({}));
    for (path, token) in [
        ("/api/<hostile>;route=forged", Some(proven.as_str())),
        ("/api", Some(proven.as_str())),
        ("/other", Some(&user(&json!({"amr": ["pwd"], "upn": "mallory;reason=forged"})))),
        ("/overview", Some(&user(&json!({"amr": ["pwd"]})))),
        ("/api", Some(&app())),
        ("/api", None),
        ("/health", None),
        ("/a%zz", None),
        ("/api", Some("a.b.c")),
        ("/api", Some(&token("p256", "a", &json!({"iss": "https://forged"})))),
    ] {
        line(&stage, "gate", path, token);
    }
    let counted = |labels: &str, value: u64| format!("mfa_gate_requests_total{{{labels}}} {value}");
    let issuer = format!("issuer=\"{ISSUER}\"");
    let mut metrics = metrics_after(&stage, 10);
    // Two workers, two caches.
    let (tokens, requests): (Vec<_>, Vec<_>) =
        metrics.drain(..).partition(|line| line.starts_with("mfa_gate_verified_tokens_total{source="));
    assert_eq!(
        requests,
        [
            counted(&format!(r#"decision="allow",route="api",policy="mfa_or_app",{issuer},subject="app""#), 1),
            counted(
                &format!(r#"decision="allow",route="api",policy="mfa_or_app",{issuer},subject="user",mfa="proven""#),
                2
            ),
            counted(r#"decision="allow",route="health",policy="public""#, 1),
            counted(
                &format!(
                    r#"decision="allow",route="overview",policy="signed_in",{issuer},subject="user",mfa="missing""#
                ),
                1
            ),
            counted(r#"decision="deny",reason="issuer-untrusted",route="api",policy="mfa_or_app""#, 1),
            counted(
                &format!(r#"decision="deny",reason="mfa-missing",policy="mfa",{issuer},subject="user",mfa="missing""#),
                1
            ),
            counted(r#"decision="deny",reason="path-unreadable""#, 1),
            counted(r#"decision="deny",reason="token-malformed",route="api",policy="mfa_or_app""#, 1),
            counted(r#"decision="deny",reason="token-missing",route="api",policy="mfa_or_app""#, 1),
        ]
    );
    let number = |source: &str| -> u64 {
        let line = tokens.iter().find(|line| line.contains(source)).expect("a counter of tokens");
        line.rsplit(' ').next().and_then(|number| number.parse().ok()).expect("a number")
    };
    assert_eq!(number("cache") + number("signature"), 5, "{tokens:?}");
    assert!((4..=5).contains(&number("signature")), "{tokens:?}");
    stage.assert_no_trap();
}

#[test]
fn metrics_of_keys_count_keys_and_fetches_and_give_their_times() {
    let idp = Idp::start();
    idp.set("/keys", Reply::ok(jwks(&["a", "b"])));
    let broken = "https://broken.test";
    let issuers = json!([
        {"issuer": ISSUER, "audiences": ["api"], "jwks": source("/keys", &json!({"expiry": "1h"}))},
        {"issuer": broken, "audiences": ["api"], "jwks": source("/none", &json!({}))},
    ]);
    let stage = Stage::new(idp.address, &[("gate", config(&issuers))]);
    let before = now();
    stage.wait_for_keys("gate", "a");
    let value = |name: &str| -> Option<i64> {
        let metrics = metrics(&stage);
        let line = metrics.iter().find(|line| line.starts_with(&format!("{name}}} ")))?;
        line.rsplit(' ').next()?.parse().ok()
    };
    let of = |name: &str, issuer: &str, more: &str| value(&format!("{name}{{issuer=\"{issuer}\"{more}"));
    eventually("a fetch that failed", || of("mfa_gate_key_fetches_total", broken, r#",result="failed""#) >= Some(1));
    assert_eq!(of("mfa_gate_keys", ISSUER, ""), Some(2));
    let fetched = of("mfa_gate_keys_fetched_timestamp_seconds", ISSUER, "").expect("a time");
    assert!((before - 5..=before + 30).contains(&fetched), "{fetched}, {before}");
    assert_eq!(of("mfa_gate_keys_expiry_timestamp_seconds", ISSUER, ""), Some(fetched + 3600));
    assert_eq!(of("mfa_gate_key_fetches_total", ISSUER, r#",result="taken""#), Some(1));
    assert_eq!(of("mfa_gate_keys", broken, ""), Some(0));
    stage.assert_no_trap();
}

/// Requests that wait are decided twice, and are counted and logged once.
#[test]
fn a_request_that_waited_is_counted_once() {
    let idp = Idp::start();
    idp.set("/keys", Reply::Hold);
    let mut config = fetched("/keys", &json!({}));
    config["access_log"] = json!({});
    let stage = Stage::new(idp.address, &[("gate", config)]);
    let tokens: Vec<String> = (0..20).map(|_| good("a")).collect();
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| stage.ask_all("gate", &tokens));
        stage.wait_for_active("gate", tokens.len());
        idp.set("/keys", Reply::ok(jwks(&["a"])));
        assert_eq!(asked.join().expect("answers"), [200; 20]);
    });
    let counted: Vec<_> =
        metrics_after(&stage, 20).into_iter().filter(|line| line.contains("requests_total")).collect();
    assert_eq!(
        counted,
        [format!(
            r#"mfa_gate_requests_total{{decision="allow",policy="mfa",issuer="{ISSUER}",subject="user",mfa="proven"}} 20"#
        )]
    );
    assert_eq!(record(&stage, "gate", "/v1", Some(&tokens[0]))["decision"], "allow");
}

/// Prometheus keeps each series that it ever saw, so their number must not grow with the routes.
#[test]
fn the_number_of_series_is_bounded() {
    const ROUTES: usize = 5000;
    const MOST: usize = 4096;
    let routes: Vec<Value> =
        (0..ROUTES).map(|n| json!({"name": format!("r{n}"), "path": format!("/{n}"), "policy": "mfa"})).collect();
    let mut config = gate(&json!({}));
    config["routes"] = json!(routes);
    let stage = Stage::with(Setup { workers: 1, ..Setup::default() }, &[listener("gate", &config)]);
    let mut connection = Connection::new(stage.envoy.address("gate"));
    let ask = |connection: &mut Connection, n: usize| {
        let request = format!("GET /{n} HTTP/1.1\r\nhost: api.example.com\r\n\r\n");
        assert_eq!(connection.request(request.as_bytes()).expect("an answer").answer.status, 401);
    };
    for n in 0..ROUTES {
        ask(&mut connection, n);
    }
    ask(&mut connection, 0);
    let metrics = metrics_after(&stage, 5001);
    let requests: Vec<_> = metrics.iter().filter(|line| line.starts_with("mfa_gate_requests_total")).collect();
    assert_eq!(requests.len(), MOST + 1);
    let has = |route: &str, count: usize| {
        let line = format!(
            r#"mfa_gate_requests_total{{decision="deny",reason="token-missing",route="{route}"{}}} {count}"#,
            if route == "other" { "" } else { r#",policy="mfa""# }
        );
        assert!(requests.iter().any(|own| **own == line), "{line}");
    };
    has("r0", 2);
    has("other", ROUTES - MOST);
    stage.assert_no_trap();
}

/// The counts of the last second are flushed when a configuration goes, here with the last of its connections.
#[test]
fn no_count_is_lost_when_a_configuration_is_replaced() {
    let gate = |path: &str| gate(&json!({"routes": [{"name": "health", "path": path, "policy": "public"}]}));
    let setup = Setup { workers: 1, by_xds: true, ..Setup::default() };
    let stage = Stage::with(setup, &[listener("gate", &gate("/health"))]);
    let is_answered = |connection: &mut Connection| {
        let request = b"GET /health HTTP/1.1\r\nhost: api.example.com\r\n\r\n";
        connection.send(request).and_then(|()| connection.response(false)).is_ok()
    };
    let mut connections: Vec<_> = (0..400).map(|_| Connection::new(stage.envoy.address("gate"))).collect();
    assert!(connections.iter_mut().all(is_answered));
    stage.envoy.replace(&[listener("gate", &gate("/healthy"))]);
    // Each connection takes another request, the last of them when the old configuration is about to go.
    let again = connections.iter_mut().map_while(|connection| {
        std::thread::sleep(Duration::from_millis(10));
        is_answered(connection).then_some(())
    });
    let answers = again.count();
    assert!((100..400).contains(&answers), "{answers}");
    let answers = u64::try_from(400 + answers).expect("a count");
    // One more may have been decided when its connection was ended.
    eventually("count of all requests", || (answers..=answers + 1).contains(&decided(&metrics(&stage))));
    stage.assert_no_trap();
}

/// As where a mesh has one plugin for all gateways and another for one of them. Envoy refuses to change what was declared
/// read-only, and the SDK traps where a property cannot be set.
#[test]
fn two_gates_in_one_chain_do_not_trap() {
    let config = gate(&json!({"access_log": {}, "challenge": {"filter_state": true}}));
    let shipped = shipped();
    let manager = &shipped["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"];
    let filters = manager["http_filters"].as_array().expect("the shipped filters");
    let mut first = filters.iter().find(|filter| filter["name"] == "envoy.filters.http.wasm").expect("a gate").clone();
    let plugin = &mut first["typed_config"]["config"];
    plugin["vm_config"]["vm_id"] = json!("first");
    plugin["vm_config"]["code"]["local"]["filename"] = json!(module().expect("the module"));
    plugin["configuration"]["value"] = config.clone();
    let mut listener = listener("gate", &config);
    listener.filters = vec![first];
    let stage = Stage::with(Setup { workers: 1, ..Setup::default() }, &[listener]);
    for _ in 0..3 {
        let line = line(&stage, "gate", "/api", Some(&user(&json!({}))));
        assert_eq!((&line["status"], &line["mfa_gate"]["value"]["decision"]), (&json!(200), &json!("allow")), "{line}");
    }
    stage.assert_no_trap();
}
