//! Signatures right and wrong (catalogue D01 to D06 and D12): the core by itself, the filter with the host's crypto, and the
//! filter without, all of one mind.

mod support;

use serde_json::{Value, json};

use support::faults;
use support::fetching::{ISSUER, Stage, config, jwk, now, sign, signed, unsigned};
use support::idp::Idp;
use support::native::{self, NativeRequest, Verdict};

/// What a signature comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Worth {
    Good,
    Bad,
}

/// Tokens with right and with faulty signatures, and a word on each.
fn signatures(by_hand: &faults::RsaKey) -> Vec<(String, String, Worth)> {
    const ALGORITHMS: [(&str, &str); 9] = [
        ("RS256", "rsa"),
        ("RS384", "rsa"),
        ("RS512", "rsa"),
        ("PS256", "rsa"),
        ("PS384", "rsa"),
        ("PS512", "rsa"),
        ("ES256", "p256"),
        ("ES384", "p384"),
        ("EdDSA", "ed25519"),
    ];
    let mut tokens = Vec::new();
    for (algorithm, key) in ALGORITHMS {
        let unsigned = unsigned(algorithm, key, &json!({}));
        let good = sign(algorithm, key, b"", unsigned.as_bytes());
        let mut add = |what: &str, signature: &[u8], worth| {
            tokens.push((format!("{algorithm}: {what}"), signed(&unsigned, signature), worth));
        };
        add("right", &good, Worth::Good);
        let mut flipped = good.clone();
        flipped[good.len() / 2] ^= 1;
        add("a bit turned over", &flipped, Worth::Bad);
        let is_ecdsa = algorithm.starts_with("ES");
        if is_ecdsa {
            // As good by FIPS 186-5, so that a token has more spellings than one. Nothing is remembered of tokens that were
            // refused, which is what another spelling would get past.
            add("D03 malleated", &faults::malleated(algorithm, &good), Worth::Good);
        }
        let changes = match algorithm {
            _ if is_ecdsa => faults::ecdsa(algorithm),
            "EdDSA" => faults::ed25519(),
            _ => Vec::new(),
        };
        for (what, change) in changes {
            add(what, &change(&good), Worth::Bad);
        }
        // A signature right for one algorithm is none for its sisters.
        for (other, _) in ALGORITHMS.iter().filter(|(other, of)| *of == key && *other != algorithm) {
            add(other, &sign(other, key, b"", unsigned.as_bytes()), Worth::Bad);
        }
    }
    let rs256 = || unsigned("RS256", "by-hand", &json!({}));
    let (larger, plain) = std::iter::repeat_with(rs256)
        .find_map(|unsigned| Some((by_hand.plus_modulus(&by_hand.sign(unsigned.as_bytes()))?, unsigned)))
        .expect("a signature that the modulus may be added to");
    tokens.push(("RS256 by hand".to_owned(), signed(&plain, &by_hand.sign(plain.as_bytes())), Worth::Good));
    tokens.push(("RS256: D04 the modulus more".to_owned(), signed(&plain, &larger), Worth::Bad));
    for (what, signature) in by_hand.rs256(plain.as_bytes()) {
        tokens.push((format!("RS256: {what}"), signed(&plain, &signature), Worth::Bad));
    }
    let ps256 = unsigned("PS256", "by-hand", &json!({}));
    for (index, (what, signature)) in by_hand.ps256(ps256.as_bytes()).into_iter().enumerate() {
        let worth = if index == 0 { Worth::Good } else { Worth::Bad };
        tokens.push((format!("PS256: {what}"), signed(&ps256, &signature), worth));
    }
    tokens
}

#[test]
fn d01_d02_d03_d04_d05_d06_d12_all_verifiers_agree_on_every_signature() {
    let by_hand = faults::RsaKey::new();
    let mut keys: Vec<Value> = ["rsa", "p256", "p384", "ed25519"].map(|key| jwk(key, key)).into();
    keys.push(by_hand.jwk("by-hand"));
    let inline = json!([{"issuer": ISSUER, "audiences": ["api"], "jwks": {"inline": {"keys": keys}}}]);
    let by_host = config(&inline);
    let mut by_itself = by_host.clone();
    by_itself["host_crypto"] = json!(false);
    let gate = native::gate(&by_host);
    let stage = Stage::new(Idp::start().address, &[("host", by_host), ("itself", by_itself)]);
    let log = String::from_utf8_lossy(&stage.envoy.log_from(0)).into_owned();
    for who in ["RSA PKCS#1 and ECDSA by the host", "all in the module"] {
        assert!(log.contains(&format!("mfa-gate verifies {who}")), "nobody verifies {who}");
    }
    let natively = |token: &str| {
        let request = NativeRequest::to_path(b"/v1/customers").with("authorization", format!("Bearer {token}").into());
        match native::judge(&gate, &request, now()) {
            Verdict::Allow(_) => (200, String::new()),
            Verdict::Deny(reason, answer) => (answer.status, format!("mfa_gate{{{reason}}}")),
        }
    };
    let mut wrong = Vec::new();
    for (what, token, worth) in signatures(&by_hand) {
        let native = natively(&token);
        for listener in ["host", "itself"] {
            let (status, details) = stage.ask(listener, &token);
            let agrees = status == native.0 && (status == 200 || details == native.1);
            let is_right = match worth {
                Worth::Good => status == 200,
                Worth::Bad => status == 401,
            };
            if !(agrees && is_right) {
                wrong.push(format!("{what}: {listener} {status} {details}, natively {native:?}, {worth:?}: {token}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    stage.assert_no_trap();
}
