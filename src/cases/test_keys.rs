//! Keys made afresh for each run, and signatures by them: right ones and those an attacker would try.

use std::sync::OnceLock;

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek_2 as ed25519_dalek;
use ed25519_dalek_2::Signer as _;
use hmac::Mac as _;
use p256_0_13 as p256;
use p384_0_13 as p384;
use rand_core::{OsRng, RngCore as _};
use rsa_0_9 as rsa;
use rsa_0_9::pkcs1::EncodeRsaPublicKey as _;
use rsa_0_9::pkcs8::{EncodePublicKey as _, LineEnding};
use rsa_0_9::signature::{RandomizedSigner as _, SignatureEncoding as _};
use rsa_0_9::traits::PublicKeyParts as _;
use serde_json::{Map, Value, json};
use sha2_0_10::{Sha256, Sha384, Sha512};

/// The private keys, each made when it is first used.
pub struct Forge(Vec<(&'static str, Kind, OnceLock<Key>)>);

#[derive(Clone, Copy)]
enum Kind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

enum Key {
    Rsa(Box<rsa::RsaPrivateKey>),
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    Ed25519(ed25519_dalek::SigningKey),
}

/// The key that signs what a case says in `claims` alone. It stands beside an issuer's own keys, so no issuer names one
/// like it.
pub const TEST_KEY: &str = "mfa-gate-test";

impl Default for Forge {
    fn default() -> Self {
        Self::new()
    }
}

impl Forge {
    /// Knows the keys. `rsa`, `p256`, `p384` and `ed25519` are the issuer's, `partner` is another issuer's, and the
    /// strangers belong to nobody who is trusted.
    pub fn new() -> Self {
        let keys = [
            ("rsa", Kind::Rsa),
            ("p256", Kind::P256),
            ("p384", Kind::P384),
            ("ed25519", Kind::Ed25519),
            ("partner", Kind::P256),
            ("stranger", Kind::Rsa),
            ("stranger_p256", Kind::P256),
            (TEST_KEY, Kind::P256),
        ];
        Forge(keys.into_iter().map(|(name, kind)| (name, kind, OnceLock::new())).collect())
    }

    fn key(&self, name: &str) -> Result<&Key> {
        let Some((_, kind, key)) = self.0.iter().find(|(other, ..)| *other == name) else {
            let known: Vec<_> = self.0.iter().map(|(name, ..)| *name).collect();
            bail!("no key is called `{name}`; known: {}", known.join(", "));
        };
        if let Some(key) = key.get() {
            return Ok(key);
        }
        let made = Key::generate(*kind)?;
        Ok(key.get_or_init(|| made))
    }

    /// The algorithm the key signs by unless told otherwise.
    pub fn algorithm(&self, key: &str) -> Result<&'static str> {
        Ok(match self.key(key)? {
            Key::Rsa(_) => "RS256",
            Key::P256(_) => "ES256",
            Key::P384(_) => "ES384",
            Key::Ed25519(_) => "EdDSA",
        })
    }

    /// The public key as a JWK whose `kid` is the key's name.
    pub fn jwk(&self, name: &str) -> Result<Map<String, Value>> {
        let encode = |bytes: &[u8]| Value::from(URL_SAFE_NO_PAD.encode(bytes));
        let members = match self.key(name)? {
            Key::Rsa(key) => {
                vec![
                    ("kty", json!("RSA")),
                    ("n", encode(&key.n().to_bytes_be())),
                    ("e", encode(&key.e().to_bytes_be())),
                ]
            }
            Key::P256(key) => {
                let point = key.verifying_key().to_encoded_point(false);
                let (x, y) = point.x().zip(point.y()).context("a point without coordinates")?;
                vec![("kty", json!("EC")), ("crv", json!("P-256")), ("x", encode(x)), ("y", encode(y))]
            }
            Key::P384(key) => {
                let point = key.verifying_key().to_encoded_point(false);
                let (x, y) = point.x().zip(point.y()).context("a point without coordinates")?;
                vec![("kty", json!("EC")), ("crv", json!("P-384")), ("x", encode(x)), ("y", encode(y))]
            }
            Key::Ed25519(key) => {
                vec![("kty", json!("OKP")), ("crv", json!("Ed25519")), ("x", encode(key.verifying_key().as_bytes()))]
            }
        };
        let named = [("kid", json!(name)), ("use", json!("sig"))];
        Ok(members.into_iter().chain(named).map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// The public key, SubjectPublicKeyInfo in PEM.
    pub fn pem(&self, name: &str) -> Result<String> {
        Ok(self.rsa(name)?.to_public_key().to_public_key_pem(LineEnding::LF)?)
    }

    /// The public key, PKCS #1 in PEM.
    pub fn pkcs1_pem(&self, name: &str) -> Result<String> {
        Ok(self.rsa(name)?.to_public_key().to_pkcs1_pem(LineEnding::LF)?)
    }

    /// The public key, SubjectPublicKeyInfo in DER.
    pub fn der(&self, name: &str) -> Result<Vec<u8>> {
        Ok(self.rsa(name)?.to_public_key().to_public_key_der()?.into_vec())
    }

    fn rsa(&self, name: &str) -> Result<&rsa::RsaPrivateKey> {
        match self.key(name)? {
            Key::Rsa(key) => Ok(key),
            _ => bail!("`{name}` is not an RSA key"),
        }
    }

    /// A certificate that `stranger_p256` made for itself, in the form of `x5c` (RFC 5280 section 4.1).
    pub fn certificate(&self) -> Result<String> {
        let Key::P256(key) = self.key("stranger_p256")? else { bail!("it is made as P-256") };
        let public = key.verifying_key().to_public_key_der()?;
        let ecdsa_with_sha256 = der(0x30, &[&der(0x06, &[&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]])]);
        let common_name = [der(0x06, &[&[0x55, 0x04, 0x03]]), der(0x0c, &[b"sts.windows.net"])].concat();
        let name = der(0x30, &[&der(0x31, &[&der(0x30, &[&common_name])])]);
        let validity = der(0x30, &[&der(0x17, &[b"250101000000Z"]), &der(0x17, &[b"491231235959Z"])]);
        let serial = der(0x02, &[&[1]]);
        let body = der(0x30, &[&serial, &ecdsa_with_sha256, &name, &validity, &name, public.as_bytes()]);
        let signature: p256::ecdsa::DerSignature = key.sign(&body);
        let signature = der(0x03, &[&[0], signature.as_bytes()]);
        Ok(STANDARD.encode(der(0x30, &[&body, &ecdsa_with_sha256, &signature])))
    }

    /// Signs by an algorithm of JWS. `secret` is the key of the HMAC algorithms.
    pub fn sign(&self, algorithm: &str, key: &str, secret: &[u8], message: &[u8]) -> Result<Vec<u8>> {
        macro_rules! hmac {
            ($hash:ty) => {{
                let mut mac = hmac::Hmac::<$hash>::new_from_slice(secret)?;
                mac.update(message);
                mac.finalize().into_bytes().to_vec()
            }};
        }
        macro_rules! pkcs1 {
            ($hash:ty) => {
                rsa::pkcs1v15::SigningKey::<$hash>::new(self.rsa(key)?.clone()).sign(message).to_vec()
            };
        }
        macro_rules! pss {
            ($hash:ty) => {
                rsa::pss::SigningKey::<$hash>::new(self.rsa(key)?.clone()).sign_with_rng(&mut OsRng, message).to_vec()
            };
        }
        Ok(match (algorithm, self.key(key)?) {
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
            (algorithm, _) => bail!("no signature by `{algorithm}` can be made with the key `{key}`"),
        })
    }
}

impl Key {
    fn generate(kind: Kind) -> Result<Self> {
        Ok(match kind {
            Kind::Rsa => Key::Rsa(Box::new(rsa::RsaPrivateKey::new(&mut OsRng, 2048)?)),
            Kind::P256 => Key::P256(p256::ecdsa::SigningKey::random(&mut OsRng)),
            Kind::P384 => Key::P384(p384::ecdsa::SigningKey::random(&mut OsRng)),
            Kind::Ed25519 => {
                let mut seed = [0; 32];
                OsRng.fill_bytes(&mut seed);
                Key::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed))
            }
        })
    }
}

/// One element of DER; those of a certificate are shorter than 64 KiB.
fn der(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    let contents = contents.concat();
    let length = match contents.len().to_be_bytes() {
        [.., 0, short @ 0..0x80] => vec![short],
        [.., 0, middling] => vec![0x81, middling],
        [.., high, low] => vec![0x82, high, low],
    };
    [vec![tag], length, contents].concat()
}
