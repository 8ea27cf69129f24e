//! The keys of a fetched set, and which of them verifies a token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa_0_9::BigUint;
use serde_json::{Value, json};

use crate::support::cases::merge::merge;
use crate::support::faults;
use crate::stage::{KEY_UNKNOWN, Stage, fetched, id, request};
use crate::support::tokens::{ISSUER, config, forge, good, jwk, sign, signed, token, token_with, unsigned};
use crate::proxy::http1::{Connection, find};
use crate::idp::{Idp, Reply};

/// A private key, which no log and no statistic may show.
const PRIVATE: &str = "cHJpdmF0ZS1hcy1jYW4tYmU";

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A modulus of so many bits, odd.
fn modulus(bits: usize) -> String {
    encode((BigUint::from(3_u8) << (bits - 2)).to_bytes_be().iter().map(|byte| byte | 1).collect::<Vec<_>>())
}

/// A modulus of 2048 bits that is a power of 65537 for each of the first primes (M. Nemec et al., "The Return of
/// Coppersmith's Attack", CCS 2017).
fn marked_modulus() -> String {
    let primes = (2_u32..=167).filter(|n| (2..*n).all(|divisor| n % divisor != 0));
    let product = primes.fold(BigUint::from(1_u8), |product, prime| product * prime);
    let power = BigUint::from(65_537_u32).modpow(&BigUint::from(1_234_567_u32), &product);
    let times = (BigUint::from(3_u8) << 2046) / &product;
    encode((times * product + power).to_bytes_be())
}

/// Keys that cannot verify or must not be used, each with its fault.
fn unfit() -> Vec<(&'static str, Value)> {
    let rsa = |name: &str, value: Value| jwk_with("rsa", &json!({name: value}));
    let p256 = |changes: Value| jwk_with("p256", &changes);
    let of =
        |key: &str, name: &str| forge().jwk(key).expect("a key of the forge")[name].as_str().expect("text").to_owned();
    let bytes = |key: &str, name: &str| URL_SAFE_NO_PAD.decode(of(key, name)).expect("base64url");
    let zero_before = |key: &str, name: &str| encode([vec![0], bytes(key, name)].concat());
    let even = encode([&bytes("rsa", "n")[..255], &[2]].concat());
    let mut null = jwk("rsa", "");
    null["n"] = Value::Null;
    let mut keys = vec![
        ("D07 512 bits", rsa("n", json!(modulus(512)))),
        ("D07 1024 bits", rsa("n", json!(modulus(1024)))),
        ("D07 2047 bits", rsa("n", json!(modulus(2047)))),
        ("D15 4097 bits", rsa("n", json!(modulus(4097)))),
        ("D15 8192 bits", rsa("n", json!(modulus(8192)))),
        ("D07 D15 16384 bits", rsa("n", json!(modulus(16384)))),
        ("D08 e = 1", rsa("e", json!("AQ"))),
        ("D08 e = 2", rsa("e", json!("Ag"))),
        ("D08 e = 3", rsa("e", json!("Aw"))),
        ("D08 e = 65536", rsa("e", json!("AQAA"))),
        ("D08 e = 65537 with a zero byte", rsa("e", json!("AAEAAQ"))),
        ("D08 e of 72 bits", rsa("e", json!(encode([1; 9])))),
        ("D08 e longer than n", rsa("e", json!(modulus(2400)))),
        ("D08 no e", rsa("e", Value::Null)),
        ("D09 n even", rsa("n", json!(even))),
        ("D09 n with a zero byte", rsa("n", json!(zero_before("rsa", "n")))),
        ("D09 n = 0", rsa("n", json!("AA"))),
        ("D09 n empty", rsa("n", json!(""))),
        ("D09 no n", rsa("n", Value::Null)),
        ("D09 n a number", rsa("n", json!(7))),
        ("D09 n null", null),
        ("D09 n in other letters", rsa("n", json!("+/+/"))),
        ("D10 the mark of ROCA", rsa("n", json!(marked_modulus()))),
        ("D11 x and y swapped", p256(json!({"x": of("p256", "y"), "y": of("p256", "x")}))),
        ("D11 off the curve", p256(json!({"y": of("partner", "y")}))),
        ("D11 off the curve, P-384", jwk_with("p384", &json!({"x": of("p384", "y")}))),
        ("D11 the point at infinity", p256(json!({"x": encode([0; 32]), "y": encode([0; 32])}))),
        ("D11 x and y short", p256(json!({"x": "AA", "y": "AA"}))),
        ("D11 x beyond the field", p256(json!({"x": encode([0xff; 32])}))),
        ("D11 x with a zero byte", p256(json!({"x": zero_before("p256", "x")}))),
        ("D11 y with a zero byte, P-384", jwk_with("p384", &json!({"y": zero_before("p384", "y")}))),
        ("D11 another curve's name", p256(json!({"crv": "P-384"}))),
        ("D11 a curve that is not taken", p256(json!({"crv": "secp256k1"}))),
        ("D11 no crv", p256(json!({"crv": null}))),
        ("D11 no y", p256(json!({"y": null}))),
        ("D13 a private EC key", p256(json!({"d": PRIVATE}))),
        ("D13 a private RSA key", jwk_with("rsa", &json!({"d": PRIVATE, "p": PRIVATE, "q": PRIVATE}))),
        ("D13 a prime alone", rsa("p", json!(PRIVATE))),
        ("D13 a private Ed25519 key", jwk_with("ed25519", &json!({"d": PRIVATE}))),
        ("D14 E06 a symmetric key", json!({"kty": "oct", "k": PRIVATE})),
        ("D14 E06 a symmetric key with alg", json!({"kty": "oct", "k": PRIVATE, "alg": "HS256"})),
        ("E08 another kty", p256(json!({"kty": "AKP", "alg": "ML-DSA-44"}))),
        ("E08 another OKP", jwk_with("ed25519", &json!({"crv": "X25519"}))),
        ("E08 another alg", p256(json!({"alg": "XX999"}))),
        ("E08 another use", p256(json!({"use": "enc"}))),
        ("E08 other operations", p256(json!({"key_ops": ["sign"]}))),
        ("E09 alg of another kind", p256(json!({"alg": "RS256"}))),
        ("E09 use a number", p256(json!({"use": 1}))),
        ("E09 no kty", p256(json!({"kty": null}))),
        ("E09 nothing in it", json!({})),
    ];
    keys.extend(faults::small_order_keys().into_iter().map(|key| ("D12 a point of small order", key)));
    keys
}

/// Tokens that the owner of an unusable key, or somebody who found its private half, would make.
// catalogue: D07 D08 D09 D10 D11 D12 D13 D14 D15 E06 E08 E09
#[test]
fn unusable_keys_are_not_used_and_do_not_affect_the_others() {
    let idp = Idp::start();
    let mut unfit = unfit();
    for (index, (_, key)) in unfit.iter_mut().enumerate() {
        key["kid"] = json!(format!("unfit-{index}"));
    }
    let mut keys = vec![json!(null), json!([]), json!(1), json!("key")];
    keys.extend(unfit.iter().map(|(_, key)| key.clone()));
    // Keys that are usable; nobody has the private half of two of them.
    keys.push(jwk_with("rsa", &json!({"kid": "odd", "n": modulus(2048)})));
    keys.push(jwk_with("rsa", &json!({"kid": "large", "n": modulus(4096)})));
    keys.push(jwk_with("ed25519", &json!({"kid": "good", "x-unknown": {"deep": [1]}})));
    idp.set("/keys", Reply::ok(json!({"keys": keys}).to_string()));
    let by_host = fetched("/keys", &json!({}));
    let mut by_itself = by_host.clone();
    by_itself["host_crypto"] = json!(false);
    let stage = Stage::new(idp.address, &[("host", by_host), ("itself", by_itself)]);
    for listener in ["host", "itself"] {
        let by = |key: &str, kid: &str| stage.ask(listener, &token(key, kid, &json!({})));
        assert_eq!(by("ed25519", "good").0, 200);
        for kid in ["odd", "large"] {
            assert_eq!(by("rsa", kid), (401, "mfa_gate{signature-invalid}".to_owned()), "{kid}");
        }
        for (index, (what, key)) in unfit.iter().enumerate() {
            let kid = format!("unfit-{index}");
            let signer = match (key["kty"].as_str(), what.contains("P-384")) {
                (Some("RSA"), _) => "rsa",
                (Some("OKP"), _) => "ed25519",
                (_, true) => "p384",
                _ => "p256",
            };
            assert_eq!(by(signer, &kid), (401, KEY_UNKNOWN.to_owned()), "{what}");
            // RFC 8032: by a key of small order the signature of zeros fits any message, or many.
            let zeros = signed(&unsigned("EdDSA", &kid, &json!({})), &[0; 64]);
            assert_eq!(stage.ask(listener, &zeros), (401, KEY_UNKNOWN.to_owned()), "{what}");
            let unsigned = unsigned("HS256", &kid, &json!({}));
            let secret = URL_SAFE_NO_PAD.decode(PRIVATE).expect("base64url");
            let by_secret = signed(&unsigned, &sign("HS256", "rsa", &secret, unsigned.as_bytes()));
            assert_eq!(stage.ask(listener, &by_secret), (401, "mfa_gate{algorithm-not-allowed}".to_owned()), "{what}");
        }
    }
    assert!(find(&stage.envoy.log_from(0), PRIVATE.as_bytes()).is_none(), "the log has a private key");
    let statistics = Connection::new(stage.envoy.admin).request(b"GET /stats HTTP/1.1\r\nhost: admin\r\n\r\n");
    assert!(find(&statistics.expect("statistics").answer.body, PRIVATE.as_bytes()).is_none());
    stage.assert_no_trap();
}

// catalogue: E01
#[test]
fn a_token_without_a_kid_is_verified_by_the_only_key_that_fits() {
    let idp = Idp::start();
    let only = |algorithm: &str| jwk_with("rsa", &json!({"kid": "only", "alg": algorithm}));
    let sets = [
        ("/one", vec![jwk("p256", "a")]),
        ("/nameless", vec![jwk_with("p256", &json!({"kid": null}))]),
        ("/mixed", vec![jwk("p256", "a"), only("RS512"), jwk("ed25519", "c")]),
        ("/two", vec![jwk("p256", "a"), jwk("partner", "b"), jwk("ed25519", "c")]),
    ];
    for (path, keys) in &sets {
        idp.set(path, Reply::ok(json!({"keys": keys}).to_string()));
    }
    let listeners: Vec<_> = sets.iter().map(|(path, _)| (*path, fetched(path, &json!({})))).collect();
    let stage = Stage::new(idp.address, &listeners);
    let invalid = "mfa_gate{signature-invalid}";
    for (path, key, algorithm, status, details) in [
        ("/one", "p256", "ES256", 200, ""),
        ("/one", "partner", "ES256", 401, invalid),
        ("/one", "rsa", "RS256", 401, KEY_UNKNOWN),
        ("/nameless", "p256", "ES256", 200, ""),
        // One key of each algorithm.
        ("/mixed", "p256", "ES256", 200, ""),
        ("/mixed", "ed25519", "EdDSA", 200, ""),
        ("/mixed", "rsa", "RS512", 200, ""),
        ("/mixed", "rsa", "RS256", 401, KEY_UNKNOWN),
        ("/mixed", "rsa", "PS512", 401, KEY_UNKNOWN),
        ("/mixed", "p384", "ES384", 401, KEY_UNKNOWN),
        // Which of two is meant would be a guess, and they are not tried in turn.
        ("/two", "p256", "ES256", 401, KEY_UNKNOWN),
        ("/two", "partner", "ES256", 401, KEY_UNKNOWN),
        ("/two", "ed25519", "EdDSA", 200, ""),
    ] {
        let answer = stage.ask(path, &token_with(key, &json!({"alg": algorithm}), &json!({})));
        assert!(answer.0 == status && (status == 200 || answer.1 == details), "{path} {key} {algorithm}: {answer:?}");
    }
    // A key without a kid matches no token with one.
    assert_eq!(stage.ask("/nameless", &good("a")), (401, KEY_UNKNOWN.to_owned()));
}

// catalogue: E03
#[test]
fn keys_that_share_a_kid_are_not_used() {
    let idp = Idp::start();
    let keys =
        [("partner", "twice"), ("stranger_p256", "twice"), ("p384", "mixed"), ("rsa", "mixed"), ("p256", "once")]
            .map(|(key, kid)| jwk(key, kid));
    idp.set("/keys", Reply::ok(json!({"keys": keys}).to_string()));
    let stage = Stage::new(idp.address, &[("gate", fetched("/keys", &json!({})))]);
    stage.wait_for_keys("gate", "once");
    // Which of them is meant would be a guess.
    for (key, kid) in [("partner", "twice"), ("stranger_p256", "twice"), ("p384", "mixed"), ("rsa", "mixed")] {
        assert_eq!(stage.ask("gate", &token(key, kid, &json!({}))), (401, KEY_UNKNOWN.to_owned()), "{key}");
    }
}

// catalogue: E04 E05
#[test]
fn a_kid_matches_byte_for_byte_and_is_escaped_in_the_log() {
    let idp = Idp::start();
    idp.set("/keys", Reply::ok(json!({"keys": [jwk("p256", "Key-é")]}).to_string()));
    let stage = Stage::new(idp.address, &[("gate", fetched("/keys", &json!({})))]);
    stage.wait_for_keys("gate", "Key-é");
    let of = |kid: &Value| token_with("p256", &json!({"alg": "ES256", "kid": kid}), &json!({}));
    let long = "k".repeat(4000);
    for kid in [
        "",
        "\0",
        "key-é",
        "KEY-É",
        "Key-e\u{301}",
        "Key-é ",
        "Key-é\0",
        "../../etc/passwd",
        "' or 1=1",
        "%00",
        "Key-%C3%A9",
        "\r\nforged: line\u{1b}[31m",
        &long,
    ] {
        assert_eq!(stage.ask("gate", &good(kid)), (401, KEY_UNKNOWN.to_owned()), "{kid:?}");
    }
    for kid in [json!(null), json!(1), json!([]), json!(["Key-é"]), json!({})] {
        assert_eq!(stage.ask("gate", &of(&kid)), (401, "mfa_gate{token-malformed}".to_owned()), "{kid}");
    }
    // 100 KiB are more than Envoy accepts for all headers.
    let huge = request("GET", &id(), &of(&json!("k".repeat(100 << 10))), "");
    let response = Connection::new(stage.envoy.address("gate")).request(&huge).expect("an answer");
    assert_eq!(response.answer.status, 431);
    let log = stage.envoy.log_from(0);
    assert!(find(&log, b"forged").is_some(), "the log does not tell the kid");
    for raw in [&b"\0"[..], b"\x1b[31m", b"\nforged"] {
        assert!(find(&log, raw).is_none(), "the log has a kid as it came");
    }
    stage.wait_for_keys("gate", "Key-é");
    stage.assert_no_trap();
}
