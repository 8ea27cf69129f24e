//! Keys made afresh for each run, and signatures by them: right ones and those an attacker would try.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek_2 as ed25519_dalek;
use ed25519_dalek_2::Signer as _;
use hmac::Mac as _;
use p256_0_13 as p256;
use p384_0_13 as p384;
use rand::rngs::OsRng;
use rsa_0_9 as rsa;
use rsa_0_9::pkcs1::EncodeRsaPublicKey as _;
use rsa_0_9::pkcs8::{EncodePublicKey as _, LineEnding};
use rsa_0_9::signature::{RandomizedSigner as _, SignatureEncoding as _};
use rsa_0_9::traits::PublicKeyParts as _;
use serde_json::{Map, Value, json};
use sha2_0_10::{Sha256, Sha384, Sha512};

/// The private keys, by name.
pub struct Forge {
    keys: BTreeMap<&'static str, Key>,
}

enum Key {
    Rsa(Box<rsa::RsaPrivateKey>),
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    Ed25519(ed25519_dalek::SigningKey),
}

impl Forge {
    /// Makes the keys. `rsa`, `p256`, `p384` and `ed25519` are the issuer's, `partner` is another issuer's, and the
    /// strangers belong to nobody who is trusted.
    pub fn new() -> Self {
        let rsa = || Key::Rsa(Box::new(rsa::RsaPrivateKey::new(&mut OsRng, 2048).expect("an RSA key")));
        let p256 = || Key::P256(p256::ecdsa::SigningKey::random(&mut OsRng));
        let keys = [
            ("rsa", rsa()),
            ("p256", p256()),
            ("p384", Key::P384(p384::ecdsa::SigningKey::random(&mut OsRng))),
            ("ed25519", Key::Ed25519(ed25519_dalek::SigningKey::from_bytes(&rand::random()))),
            ("partner", p256()),
            ("stranger", rsa()),
            ("stranger_p256", p256()),
        ];
        Forge { keys: BTreeMap::from(keys) }
    }

    fn key(&self, name: &str) -> &Key {
        self.keys.get(name).unwrap_or_else(|| panic!("the forge has no key `{name}`"))
    }

    /// The algorithm the key signs by unless told otherwise.
    pub fn algorithm(&self, key: &str) -> &'static str {
        match self.key(key) {
            Key::Rsa(_) => "RS256",
            Key::P256(_) => "ES256",
            Key::P384(_) => "ES384",
            Key::Ed25519(_) => "EdDSA",
        }
    }

    /// The public key as a JWK whose `kid` is the key's name.
    pub fn jwk(&self, name: &str) -> Map<String, Value> {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = match self.key(name) {
            Key::Rsa(key) => {
                json!({"kty": "RSA", "n": encode(&key.n().to_bytes_be()), "e": encode(&key.e().to_bytes_be())})
            }
            Key::P256(key) => {
                let point = key.verifying_key().to_encoded_point(false);
                json!({"kty": "EC", "crv": "P-256", "x": encode(point.x().expect("x")), "y": encode(point.y().expect("y"))})
            }
            Key::P384(key) => {
                let point = key.verifying_key().to_encoded_point(false);
                json!({"kty": "EC", "crv": "P-384", "x": encode(point.x().expect("x")), "y": encode(point.y().expect("y"))})
            }
            Key::Ed25519(key) => json!({"kty": "OKP", "crv": "Ed25519", "x": encode(key.verifying_key().as_bytes())}),
        };
        jwk["kid"] = Value::from(name);
        jwk["use"] = Value::from("sig");
        match jwk {
            Value::Object(jwk) => jwk,
            _ => unreachable!("a JWK is an object"),
        }
    }

    /// The public key, SubjectPublicKeyInfo in PEM.
    pub fn pem(&self, name: &str) -> String {
        self.rsa(name).to_public_key().to_public_key_pem(LineEnding::LF).expect("PEM")
    }

    /// The public key, PKCS #1 in PEM.
    pub fn pkcs1_pem(&self, name: &str) -> String {
        self.rsa(name).to_public_key().to_pkcs1_pem(LineEnding::LF).expect("PEM")
    }

    /// The public key, SubjectPublicKeyInfo in DER.
    pub fn der(&self, name: &str) -> Vec<u8> {
        self.rsa(name).to_public_key().to_public_key_der().expect("DER").into_vec()
    }

    fn rsa(&self, name: &str) -> &rsa::RsaPrivateKey {
        match self.key(name) {
            Key::Rsa(key) => key,
            _ => panic!("`{name}` is not an RSA key"),
        }
    }

    /// A certificate that `stranger_p256` made for itself, in the form of `x5c` (RFC 5280 section 4.1).
    pub fn certificate(&self) -> String {
        let Key::P256(key) = self.key("stranger_p256") else { unreachable!("it is made as P-256") };
        let public = key.verifying_key().to_public_key_der().expect("DER");
        let ecdsa_with_sha256 = der(0x30, &[&der(0x06, &[&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]])]);
        let common_name = [der(0x06, &[&[0x55, 0x04, 0x03]]), der(0x0c, &[b"sts.windows.net"])].concat();
        let name = der(0x30, &[&der(0x31, &[&der(0x30, &[&common_name])])]);
        let validity = der(0x30, &[&der(0x17, &[b"250101000000Z"]), &der(0x17, &[b"491231235959Z"])]);
        let serial = der(0x02, &[&[1]]);
        let body = der(0x30, &[&serial, &ecdsa_with_sha256, &name, &validity, &name, public.as_bytes()]);
        let signature: p256::ecdsa::DerSignature = key.sign(&body);
        let signature = der(0x03, &[&[0], signature.as_bytes()]);
        STANDARD.encode(der(0x30, &[&body, &ecdsa_with_sha256, &signature]))
    }

    /// Signs by an algorithm of JWS. `secret` is the key of the HMAC algorithms.
    pub fn sign(&self, algorithm: &str, key: &str, secret: &[u8], message: &[u8]) -> Vec<u8> {
        macro_rules! hmac {
            ($hash:ty) => {{
                let mut mac = hmac::Hmac::<$hash>::new_from_slice(secret).expect("any length is a key");
                mac.update(message);
                mac.finalize().into_bytes().to_vec()
            }};
        }
        macro_rules! pkcs1 {
            ($hash:ty) => {
                rsa::pkcs1v15::SigningKey::<$hash>::new(self.rsa(key).clone()).sign(message).to_vec()
            };
        }
        macro_rules! pss {
            ($hash:ty) => {
                rsa::pss::SigningKey::<$hash>::new(self.rsa(key).clone()).sign_with_rng(&mut OsRng, message).to_vec()
            };
        }
        match (algorithm, self.key(key)) {
            ("none", _) => Vec::new(),
            ("HS256", _) => hmac!(Sha256),
            ("HS384", _) => hmac!(Sha384),
            ("HS512", _) => hmac!(Sha512),
            ("RS256", _) => pkcs1!(Sha256),
            ("RS384", _) => pkcs1!(Sha384),
            ("RS512", _) => pkcs1!(Sha512),
            ("PS256", _) => pss!(Sha256),
            ("PS384", _) => pss!(Sha384),
            ("PS512", _) => pss!(Sha512),
            ("ES256", Key::P256(key)) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_bytes().to_vec()
            }
            ("ES384", Key::P384(key)) => {
                let signature: p384::ecdsa::Signature = key.sign(message);
                signature.to_bytes().to_vec()
            }
            ("EdDSA", Key::Ed25519(key)) => key.sign(message).to_bytes().to_vec(),
            (algorithm, _) => panic!("the forge does not sign by `{algorithm}` with `{key}`"),
        }
    }
}

/// One element of DER.
fn der(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    let contents = contents.concat();
    let length = u16::try_from(contents.len()).expect("a short element").to_be_bytes();
    let length = match length {
        [0, short @ 0..0x80] => vec![short],
        [0, middling] => vec![0x81, middling],
        [high, low] => vec![0x82, high, low],
    };
    [vec![tag], length, contents].concat()
}
