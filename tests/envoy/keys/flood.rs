//! The cost of floods of forged tokens.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::heap;
use crate::idp::{Idp, Reply};
use crate::proxy::http1::Connection;
use crate::stage::{COOLDOWN, Stage, fetched, id, request, rest};
use crate::support::tokens::{good, jwks, number, signed, token, unsigned};

// catalogue: E02 F06
#[test]
fn a_flood_of_unknown_kids_causes_one_fetch_per_cooldown() {
    let idp = Idp::start();
    let cooldown = 3;
    idp.set("/keys", Reply::ok(jwks(&["a"])));
    let source = json!({"cooldown": format!("{cooldown}s")});
    let stage = Stage::new(idp.address, &[("gate", fetched("/keys", &source))]);
    stage.wait_for_keys("gate", "a");
    rest(cooldown);
    let before = idp.asked("/keys");
    let start = Instant::now();
    for _ in 0..5 {
        let tokens: Vec<String> =
            (0..500).map(|n| if n % 10 == 0 { good("a") } else { good(&format!("k{}", number())) }).collect();
        let wanted: Vec<u16> = (0..500).map(|n| if n % 10 == 0 { 200 } else { 401 }).collect();
        assert_eq!(stage.ask_all("gate", &tokens), wanted);
    }
    // A few thousand per second.
    ask_each(&stage, 16_000, || signed(&unsigned("ES256", &format!("k{}", number()), &json!({})), &[0; 64]));
    let fetches = u64::try_from(idp.asked("/keys") - before).expect("64 bits");
    let most = start.elapsed().as_secs() / cooldown + 1;
    assert!((1..=most).contains(&fetches), "{fetches} fetches in {:?}", start.elapsed());
    stage.assert_no_trap();
}

// catalogue: F07
#[test]
fn tokens_that_no_new_key_could_verify_cause_no_fetch() {
    let idp = Idp::start();
    idp.set("/keys", Reply::ok(jwks(&["a"])));
    let stage = Stage::new(idp.address, &[("gate", fetched("/keys", &json!({})))]);
    stage.wait_for_keys("gate", "a");
    rest(COOLDOWN);
    let before = idp.asked("/keys");
    let tokens: Vec<String> = (0..100)
        .flat_map(|n| {
            [
                token("p256", &format!("k{n}"), &json!({"iss": format!("https://attacker.test/{n}")})),
                token("stranger_p256", "a", &json!({})),
                token("p256", "a", &json!({"exp": 1})),
                format!("a.b.{n}"),
                token("rsa", "a", &json!({})),
            ]
        })
        .collect();
    assert_eq!(stage.ask_all("gate", &tokens), vec![401; tokens.len()]);
    assert_eq!(idp.asked("/keys"), before);
}

/// Also for a gate without keys: a flood adds at most one fetch per cooldown to the regular ones.
// catalogue: F06
#[test]
fn a_flood_at_a_gate_without_keys_adds_one_fetch_per_cooldown() {
    let idp = Idp::start();
    let cooldown = 3;
    for path in ["/flooded", "/alone"] {
        idp.set(path, Reply::status(503, "", ""));
    }
    let source = json!({"cooldown": format!("{cooldown}s")});
    let stage =
        Stage::new(idp.address, &["flooded", "alone"].map(|name| (name, fetched(&format!("/{name}"), &source))));
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(2 * cooldown) {
        let tokens: Vec<String> = (0..200).map(|_| good(&format!("k{}", number()))).collect();
        assert_eq!(stage.ask_all("flooded", &tokens), [503; 200]);
    }
    let [flooded, alone] = ["/flooded", "/alone"].map(|path| u64::try_from(idp.asked(path)).expect("64 bits"));
    let more = start.elapsed().as_secs() / cooldown + 1;
    assert!((1..=alone + more).contains(&flooded), "{flooded} fetches, {alone} of a gate left alone");
    stage.assert_no_trap();
}

/// A request with a known key does not wait for the fetches that forged key ids cause.
// catalogue: F06
#[test]
fn valid_tokens_do_not_wait_during_a_flood() {
    let idp = Idp::start();
    idp.set("/keys", Reply::ok(jwks(&["a"])));
    let stage = Stage::new(idp.address, &[("gate", fetched("/keys", &json!({"timeout": "30s"})))]);
    stage.wait_for_keys("gate", "a");
    rest(COOLDOWN);
    idp.set("/keys", Reply::Hold);
    let unknown: Vec<String> = (0..200).map(|_| good(&format!("k{}", number()))).collect();
    std::thread::scope(|scope| {
        let flood = scope.spawn(|| stage.ask_all("gate", &unknown));
        stage.wait_for_active("gate", unknown.len());
        for _ in 0..50 {
            assert_eq!(stage.ask("gate", &good("a")).0, 200);
        }
        assert_eq!(stage.statistic("http.gate.downstream_rq_active"), u64::try_from(unknown.len()).expect("64 bits"));
        idp.set("/keys", Reply::ok(jwks(&["a"])));
        assert_eq!(flood.join().expect("answers"), [401; 200]);
    });
}

/// Sends this number of requests on a few connections, each with another token.
fn ask_each(stage: &Stage, times: usize, token: impl Fn() -> String + Sync) {
    const CONNECTIONS: usize = 8;
    std::thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let mut connection = Connection::new(stage.envoy.address("gate"));
                for _ in 0..times / CONNECTIONS {
                    connection.request(&request("GET", &id(), &token(), "")).expect("an answer");
                }
            });
        }
    });
}

/// An invalid token: unknown kid, unknown issuer, wrong signature, or not a token.
fn bad_token() -> String {
    let number = number();
    let signature: [[u8; 32]; 2] = rand::random();
    let unsigned = match number % 4 {
        0 => unsigned("ES256", &format!("kid-{number}"), &json!({})),
        1 => unsigned("ES256", "a", &json!({"iss": format!("https://{number}.test")})),
        2 => unsigned("ES256", "a", &json!({})),
        _ => return format!("{number}.{number}"),
    };
    signed(&unsigned, signature.as_flattened())
}

// catalogue: F19
#[test]
fn memory_does_not_grow_under_a_flood_of_different_tokens() {
    const MIB: u64 = 1 << 20;
    let idp = Idp::start();
    idp.set("/keys", Reply::ok(jwks(&["a"])));
    let mut config = fetched("/keys", &json!({}));
    config["cache"] = json!({"max_entries": 500, "max_mib": 1});
    let stage = Stage::new(idp.address, &[("gate", config)]);
    stage.wait_for_keys("gate", "a");
    let flood = |good_ones, bad_ones| {
        ask_each(&stage, good_ones, || good("a"));
        ask_each(&stage, bad_ones, bad_token);
        heap::of(stage.envoy.process_id())
    };
    // The cache of each worker is full, and each kind of answer has occurred.
    let before = flood(4_000, 10_000);
    let after = flood(4_000, 30_000);
    // The bound detects a leak of 30 bytes per request.
    assert!(after <= before + MIB, "{before} bytes, then {after}");
    assert_eq!(stage.ask("gate", &good("a")).0, 200);
    stage.assert_no_trap();
}
