//! Configurations that come by xDS: a wrong one changes nothing, and a right one replaces the old one between requests,
//! never within one.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::idp::{Idp, Reply};
use crate::proxy::envoy::Setup;
use crate::proxy::http1::{Connection, Response};
use crate::proxy::listener::{Carrier, Listener, Settings};
use crate::stage::{Stage, eventually, fetched, id, listener, request};
use crate::support::tokens::{ISSUER, good, jwk, jwks, token};

/// A gate for which `letter` in `amr` is proof, and which marks its answers and the requests that it allows with that letter.
fn lettered(letter: &str) -> Value {
    json!({
        "issuers": [{"issuer": ISSUER, "audiences": ["api"], "jwks": {"inline": {"keys": [jwk("p256", "a")]}}}],
        "policies": {"gate": {"amr": {"any_of": [letter]}}},
        "default": "gate",
        "challenge": {"headers": {"X-Judged-By": letter}},
        "upstream_headers": {"decision": format!("x-judged-by-{letter}")},
    })
}

fn with_proof(letter: &str) -> String {
    token("p256", "a", &json!({"amr": [letter]}))
}

fn stage(config: &Value) -> Stage {
    Stage::with(Setup { workers: 2, by_xds: true, ..Setup::default() }, &[listener("gate", config)])
}

fn rejected(stage: &Stage) -> u64 {
    stage.statistic("listener_manager.lds.update_rejected")
}

/// Waits until both workers judge new connections by this configuration.
fn wait_for(stage: &Stage, letter: &str) {
    let tokens = vec![with_proof(letter); 20];
    eventually("the new configuration", || stage.ask_all("gate", &tokens) == [200; 20]);
}

// catalogue: K04 K05
#[test]
fn a_wrong_configuration_by_xds_is_rejected_and_the_old_one_stays_active() {
    let stage = stage(&lettered("a"));
    let assert_judged_by_a = || {
        assert_eq!(stage.ask_all("gate", &vec![with_proof("a"); 20]), [200; 20]);
        assert_eq!(stage.ask_all("gate", &vec![with_proof("b"); 20]), [401; 20]);
    };
    let changed = |name: &str, value: Value| {
        let mut config = lettered("b");
        config[name] = value;
        config
    };
    let many: Vec<Value> =
        (0..200_000).map(|n| json!({"name": format!("r{n}"), "path": format!("/{n}"), "policy": "gate"})).collect();
    let route = |name: &str| json!({"name": name, "path": "/x", "policy": "public"});
    let issuer = |jwks: Value| json!([{"issuer": ISSUER, "audiences": ["api"], "jwks": jwks}]);
    let wrong = [
        (json!(""), "configuration: "),
        (json!("{"), "configuration: "),
        (changed("defualt", json!("public")), "defualt: unknown field `defualt`"),
        (changed("default", json!("mfaa")), "default: unknown policy `mfaa`"),
        (changed("policies", json!({"gate": {}})), "policies.gate"),
        (changed("routes", json!([route("a"), route("b")])), "routes[1]"),
        (changed("routes", json!([{"name": "a", "regex": "(", "policy": "public"}])), "routes[0].regex: unknown field"),
        (
            changed("issuers", issuer(json!({"uri": "http://idp.test/keys", "cluster": "idp"}))),
            "must be an `https` URL",
        ),
        (changed("issuers", issuer(json!({"uri": "https://idp.test/keys"}))), "issuers[0].jwks.cluster: is missing"),
        (changed("routes", json!(many)), "the maximum is 8388608"),
    ];
    for (count, (config, message)) in (1..).zip(&wrong) {
        let start = stage.envoy.log_length();
        // Text that is not JSON is sent as a string, the others as operators write them.
        let carrier = if config.is_string() { Carrier::StringValue } else { Carrier::Struct };
        stage.envoy.replace(&[Listener { carrier, ..listener("gate", config) }]);
        eventually("refusal", || rejected(&stage) == count);
        let log = String::from_utf8_lossy(&stage.envoy.log_from(start)).into_owned();
        let is_logged =
            log.lines().any(|line| line.contains("mfa-gate refuses its configuration: ") && line.contains(message));
        assert!(is_logged, "`{message}` is not in the log: {log:.2000}");
        assert_judged_by_a();
    }
    stage.envoy.replace(&[listener("gate", &lettered("b"))]);
    wait_for(&stage, "b");
    assert_eq!(stage.ask_all("gate", &vec![with_proof("a"); 20]), [401; 20]);
    assert_eq!(rejected(&stage), u64::try_from(wrong.len()).expect("64 bits"));
    stage.assert_no_trap();
}

/// The letter of the configuration that judged a request; fails if two did.
fn judge(stage: &Stage, id: &str, proof: &str, response: &Response) -> String {
    let seen = stage.envoy.upstream.seen(id);
    let marks: Vec<_> = ["a", "b"]
        .into_iter()
        .filter(|letter| seen.iter().any(|seen| seen.header(&format!("x-judged-by-{letter}")).is_some()))
        .collect();
    match (response.answer.status, response.answer.header("x-judged-by")) {
        (200, None) => {
            assert_eq!((seen.len(), marks.as_slice()), (1, &[proof][..]), "allowed with proof `{proof}`");
            proof.to_owned()
        }
        (401, Some(judge)) => {
            assert!(seen.is_empty() && judge != proof, "denied by `{judge}` with proof `{proof}`");
            judge
        }
        other => panic!("{other:?} with proof `{proof}`"),
    }
}

// catalogue: F20 K06
#[test]
fn one_configuration_decides_each_request_while_configurations_change_under_load() {
    let stage = stage(&lettered("a"));
    wait_for(&stage, "a");
    // Cached under one configuration, and no proof under the other.
    let tokens = ["a", "b", "c"].map(|proof| (proof, with_proof(proof)));
    let is_over = AtomicBool::new(false);
    let judged = [AtomicUsize::new(0), AtomicUsize::new(0)];
    let load = |keeps_connection: bool| {
        let mut connection = Connection::new(stage.envoy.address("gate"));
        for (proof, token) in tokens.iter().cycle() {
            if is_over.load(Ordering::Relaxed) {
                return;
            }
            if !keeps_connection {
                connection.close();
            }
            let id = id();
            let mut request = request("POST", &id, token, "content-length: 5\r\n");
            request.extend(b"12345");
            // Envoy may close a connection of a removed configuration without an answer.
            let Ok(response) = connection.send(&request).and_then(|()| connection.response(false)) else {
                connection.close();
                continue;
            };
            let judge = judge(&stage, &id, proof, &response);
            judged[usize::from(judge == "b")].fetch_add(1, Ordering::Relaxed);
        }
    };
    std::thread::scope(|scope| {
        for keeps_connection in [true, false, true, false] {
            let load = &load;
            scope.spawn(move || load(keeps_connection));
        }
        for letter in ["b", "a", "b", "a", "b"] {
            std::thread::sleep(Duration::from_millis(500));
            stage.envoy.replace(&[listener("gate", &lettered(letter))]);
            wait_for(&stage, letter);
        }
        is_over.store(true, Ordering::Relaxed);
    });
    let other = stage.ask_all("gate", &vec![tokens[0].1.clone(); 20]);
    assert_eq!(other, [401; 20], "a token that the last configuration but one let through");
    let judged = judged.map(AtomicUsize::into_inner);
    assert!(judged.iter().all(|judged| *judged > 100), "{judged:?} judged");
    stage.assert_no_trap();
}

/// A connection keeps the configuration that it began with until Envoy closes it.
// catalogue: K06
#[test]
fn an_open_connection_gets_the_new_configuration_once_it_is_drained() {
    let stage = stage(&lettered("a"));
    wait_for(&stage, "a");
    let token = with_proof("a");
    let mut connection = Connection::new(stage.envoy.address("gate"));
    let mut ask = || connection.request(&request("GET", &id(), &token, "")).expect("an answer").answer.status;
    assert_eq!(ask(), 200);
    stage.envoy.replace(&[listener("gate", &lettered("b"))]);
    wait_for(&stage, "b");
    eventually("the end of the old configuration", || ask() == 401);
    stage.assert_no_trap();
}

/// A replaced configuration still decides the requests that wait for its keys.
// catalogue: K06
#[test]
fn waiting_requests_are_decided_by_the_configuration_at_their_arrival() {
    let idp = Idp::start();
    idp.set("/keys", Reply::Hold);
    let held = fetched("/keys", &json!({"timeout": "30s"}));
    let setup = Setup { workers: 2, others: &[("idp", idp.address)], by_xds: true, ..Setup::default() };
    let stage = Stage::with(setup, &[Listener::new("gate", Settings::Shipped, held)]);
    let tokens: Vec<String> =
        (0..40).map(|n| if n % 2 == 0 { good("a") } else { token("p256", "a", &json!({"amr": ["b"]})) }).collect();
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| stage.ask_all("gate", &tokens));
        stage.wait_for_active("gate", tokens.len());
        stage.envoy.replace(&[listener("gate", &lettered("b"))]);
        eventually("an update", || stage.statistic("listener_manager.lds.update_success") == 2);
        // The workers follow the main thread.
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(stage.ask("gate", &with_proof("b")).0, 200);
        idp.set("/keys", Reply::ok(jwks(&["a"])));
        let wanted: Vec<u16> = (0..40).map(|n| if n % 2 == 0 { 200 } else { 401 }).collect();
        assert_eq!(asked.join().expect("answers"), wanted);
    });
    assert_eq!(idp.asked("/keys"), 1);
    stage.assert_no_trap();
}
