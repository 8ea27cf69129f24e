//! Tokens with valid and with faulty signatures.

use mfa_gate::gate::Gate;
use serde_json::{Value, json};

use super::faults;
use super::native::{self, NativeRequest, Verdict};
use super::tokens::{ISSUER, config, jwk, now, sign, signed, unsigned};

/// Whether a signature is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Worth {
    Good,
    Bad,
}

/// Tokens with right and with faulty signatures, each with its description.
pub(crate) fn signatures(by_hand: &faults::RsaKey) -> Vec<(String, String, Worth)> {
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
            // FIPS 186-5 accepts it, so a token can be written in two ways. That evades nothing: refused tokens are not cached.
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
        // A signature for one algorithm is wrong for the others of its key.
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

/// A configuration that trusts every key by which [`signatures`] signs.
pub(crate) fn trusting(by_hand: &faults::RsaKey) -> Value {
    let mut keys: Vec<Value> = ["rsa", "p256", "p384", "ed25519"].map(|key| jwk(key, key)).into();
    keys.push(by_hand.jwk("by-hand"));
    config(&json!([{"issuer": ISSUER, "audiences": ["api"], "jwks": {"inline": {"keys": keys}}}]))
}

/// Status and details of the core's answer to a token.
pub(crate) fn judge(gate: &Gate, token: &str) -> (u16, String) {
    let request = NativeRequest::to_path(b"/v1/customers").with("authorization", format!("Bearer {token}").into());
    match native::judge(gate, &request, now()) {
        Verdict::Allow(_) => (200, String::new()),
        Verdict::Deny(reason, answer) => (answer.status, format!("mfa_gate{{{reason}}}")),
    }
}

impl Worth {
    /// The status that a token with it must get.
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::Good => 200,
            Self::Bad => 401,
        }
    }
}
