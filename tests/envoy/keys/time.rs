//! Keys and tokens over time; the tests set the clock.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::clock::Clock;
use crate::idp::{Idp, Reply};
use crate::proxy::envoy::Setup;
use crate::proxy::listener::Listener;
use crate::stage::{NO_KEYS, Stage, assert_unavailable, eventually, fetched, listener};
use crate::support::tokens::{good, jwks, now, token};

fn stage(idp: &Idp, clock: &Clock, listeners: &[(&str, Value)]) -> Stage {
    let listeners: Vec<Listener> = listeners.iter().map(|(name, config)| listener(name, config)).collect();
    let others = [("idp", idp.address)];
    Stage::with(
        Setup { workers: 2, others: &others, environment: clock.environment().into(), ..Setup::default() },
        &listeners,
    )
}

/// Waits longer than both workers take to read the clock.
fn look() {
    std::thread::sleep(Duration::from_millis(500));
}

/// Both workers give this answer.
fn assert_all(stage: &Stage, token: &str, status: u16, details: &str) {
    for _ in 0..12 {
        let answer = stage.ask("gate", token);
        assert!(answer.0 == status && (status == 200 || answer.1 == details), "{answer:?}, not {status} {details}");
    }
}

// catalogue: F11
#[test]
fn max_age_is_clamped_between_a_minute_and_a_day() {
    let answers = [
        ("/zero", "cache-control: max-age=0\r\n", 60),
        ("/negative", "cache-control: max-age=-1\r\n", 300),
        ("/garbage", "cache-control: max-age=soon\r\n", 300),
        ("/absent", "", 300),
        ("/hour", "cache-control: public, max-age=3600\r\n", 3600),
        ("/huge", "cache-control: max-age=99999999999999999999\r\n", 24 * 3600),
    ];
    let (idp, clock, begun) = (Idp::start(), Clock::new(), Instant::now());
    for (path, lines, _) in answers {
        idp.set(path, Reply::status(200, lines, jwks(&["a"])));
    }
    let stage = stage(&idp, &clock, &answers.map(|(path, ..)| (path, fetched(path, &json!({})))));
    for (path, ..) in answers {
        stage.wait_for_keys(path, "a");
    }
    for fresh in [60, 300, 3600, 24 * 3600] {
        // A fetch may come up to a tenth earlier, and the machine's own clock runs on meanwhile.
        let run_on = i64::try_from(begun.elapsed().as_secs()).expect("a short test");
        clock.set(fresh - fresh / 10 - run_on - 6);
        look();
        for (path, _, until) in answers {
            assert!(until < fresh || idp.asked(path) == 1, "{path}: fetched again before {fresh} s");
        }
        clock.set(fresh);
        for (path, ..) in answers.iter().filter(|(.., until)| *until == fresh) {
            eventually("another fetch", || idp.asked(path) == 2);
        }
    }
}

// catalogue: F09 F10
#[test]
fn a_removed_key_is_trusted_until_the_next_refresh() {
    let (idp, clock) = (Idp::start(), Clock::new());
    idp.set("/keys", Reply::ok(jwks(&["a"])));
    let stage = stage(&idp, &clock, &[("gate", fetched("/keys", &json!({})))]);
    stage.wait_for_keys("gate", "a");
    idp.set("/keys", Reply::ok(jwks(&["b"])));
    let remembered = good("a");
    assert_all(&stage, &remembered, 200, "");
    assert_eq!(idp.asked("/keys"), 1);
    // `refresh`; no token has asked for the new key.
    clock.set(300);
    eventually("another fetch", || idp.asked("/keys") == 2);
    look();
    for token in [remembered, good("a")] {
        assert_all(&stage, &token, 401, "mfa_gate{key-unknown}");
    }
    assert_all(&stage, &good("b"), 200, "");
}

// catalogue: F01 F09
#[test]
fn keys_of_an_unreachable_provider_are_used_until_they_expire() {
    const EXPIRY: i64 = 24 * 3600;
    let (idp, clock) = (Idp::start(), Clock::new());
    idp.set("/keys", Reply::ok(jwks(&["a"])));
    let stage = stage(&idp, &clock, &[("gate", fetched("/keys", &json!({})))]);
    stage.wait_for_keys("gate", "a");
    idp.close();
    let lasting = || token("p256", "a", &json!({"exp": now() + 2 * EXPIRY}));
    let remembered = lasting();
    for ahead in [0, 600, EXPIRY / 2, EXPIRY - 120] {
        clock.set(ahead);
        look();
        for token in [&remembered, &lasting()] {
            assert_all(&stage, token, 200, "");
        }
    }
    clock.set(EXPIRY);
    for token in [&remembered, &lasting()] {
        assert_all(&stage, token, 503, NO_KEYS);
    }
    let (response, details) = stage.respond("gate", &lasting());
    assert_unavailable(&response, &details);
    stage.assert_no_trap();
}

// catalogue: F20
#[test]
fn a_cached_token_is_refused_once_it_expires() {
    let (idp, clock) = (Idp::start(), Clock::new());
    idp.set("/keys", Reply::ok(jwks(&["a"])));
    let stage = stage(&idp, &clock, &[("gate", fetched("/keys", &json!({})))]);
    stage.wait_for_keys("gate", "a");
    let token = token("p256", "a", &json!({"exp": now() + 100}));
    assert_all(&stage, &token, 200, "");
    // The leeway is a minute.
    clock.set(120);
    assert_all(&stage, &token, 200, "");
    clock.set(160);
    assert_all(&stage, &token, 401, "mfa_gate{token-expired}");
}

// catalogue: F21
#[test]
fn a_clock_that_jumps_never_lets_an_invalid_token_pass() {
    let (idp, clock) = (Idp::start(), Clock::new());
    idp.set("/keys", Reply::ok(jwks(&["a"])));
    let stage = stage(&idp, &clock, &[("gate", fetched("/keys", &json!({})))]);
    stage.wait_for_keys("gate", "a");
    let remembered = good("a");
    assert_all(&stage, &remembered, 200, "");
    let jumps = [
        (-3600, "mfa_gate{token-not-yet-valid}"),
        (3600 + 61, "mfa_gate{token-expired}"),
        // 1970, and a second before.
        (-now(), "mfa_gate{token-not-yet-valid}"),
    ];
    for (seconds, reason) in jumps {
        clock.set(seconds);
        for token in [&remembered, &good("a")] {
            assert_all(&stage, token, 401, reason);
        }
        look();
    }
    // Before 1970: hosts differ in what they return, but nothing passes.
    clock.set(-now() - 60);
    for token in [&remembered, &good("a")] {
        assert!((0..12).all(|_| stage.ask("gate", token).0 != 200));
    }
    clock.set(0);
    assert_all(&stage, &remembered, 200, "");
    // A fetch planned under the wrong clock does not delay new keys.
    idp.set("/keys", Reply::ok(jwks(&["b"])));
    eventually("the new key", || (0..12).all(|_| stage.ask("gate", &good("b")).0 == 200));
    stage.assert_no_trap();
}

// catalogue: F21
#[test]
fn a_clock_that_jumps_while_requests_wait_does_not_strand_them() {
    let timeless = || token("p256", "a", &json!({"iat": null}));
    for (seconds, status) in [(-3600, 200), (1800, 503)] {
        let (idp, clock) = (Idp::start(), Clock::new());
        idp.set("/keys", Reply::Hold);
        let stage = stage(&idp, &clock, &[("gate", fetched("/keys", &json!({"timeout": "30s"})))]);
        let tokens: Vec<String> = (0..20).map(|_| timeless()).collect();
        std::thread::scope(|scope| {
            let asked = scope.spawn(|| stage.ask_all("gate", &tokens));
            stage.wait_for_active("gate", tokens.len());
            clock.set(seconds);
            look();
            idp.set("/keys", Reply::ok(jwks(&["a"])));
            assert_eq!(asked.join().expect("answers"), vec![status; tokens.len()]);
        });
        clock.set(0);
        stage.wait_for_keys("gate", "a");
        stage.assert_no_trap();
    }
}
