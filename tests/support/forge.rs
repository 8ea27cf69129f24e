//! Keys and signatures that an attacker would try, in addition to the valid ones of `mfa-gate test`.

use anyhow::{Result, anyhow, bail};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::Mac as _;
use jwt_compact::alg::RsaPublicKey;
use jwt_compact::jwk::JsonWebKey;
use mfa_gate::cases::signing_key::SigningKey;
use mfa_gate::cases::template::{Scope, number};
use mfa_gate::cases::test_keys::TestKeys;
use mfa_gate::cases::token::{TokenFormat as _, signing_key};
use mfa_gate::keys::Algorithm;
use rcgen::{CertificateParams, DnType, PublicKeyData, SignatureAlgorithm};
use rsa_0_9::pkcs1::EncodeRsaPublicKey as _;
use rsa_0_9::pkcs8::{EncodePublicKey as _, LineEnding};
use serde_json::{Map, Value};
use sha2_0_10::{Sha256, Sha384, Sha512};

use super::forged_token::ForgedToken;

/// The keys of [`TestKeys`], the key `partner` of another issuer, and two keys of untrusted strangers.
pub(crate) struct Forge(TestKeys);

impl Forge {
    pub(crate) fn new() -> Self {
        let more = [("partner", Algorithm::Es256), ("stranger", Algorithm::Rs256), ("stranger_p256", Algorithm::Es256)];
        Self(TestKeys::with(&more))
    }

    /// The keys.
    pub(crate) fn keys(&self) -> &TestKeys {
        &self.0
    }

    /// The variables that are defined in every text.
    pub(crate) fn scope(&self, now: i64) -> Scope<'_> {
        Scope::new(&self.0, now, ForgedToken::resolve)
    }

    /// The algorithm that a key signs with by default.
    pub(crate) fn algorithm(&self, key: &str) -> Result<&'static str> {
        Ok(self.0.algorithm(key)?.as_str())
    }

    /// The public key as a JWK, with the key's name as `kid`.
    pub(crate) fn jwk(&self, name: &str) -> Result<Map<String, Value>> {
        self.0.jwk(name)
    }

    /// The public key, SubjectPublicKeyInfo in PEM.
    pub(crate) fn pem(&self, name: &str) -> Result<String> {
        pem(&self.0, name)
    }

    /// A self-signed certificate of `stranger_p256`.
    pub(crate) fn certificate(&self) -> Result<String> {
        certificate(&self.0)
    }

    /// Signs by an algorithm of JWS. `secret` is the key of the HMAC algorithms.
    pub(crate) fn sign(&self, algorithm: &str, key: &str, secret: &[u8], message: &[u8]) -> Result<Vec<u8>> {
        sign(&self.0, algorithm, key, secret, message)
    }
}

/// Signs by an algorithm of JWS, including `none` and HMAC. `secret` is the key of the HMAC algorithms.
pub(crate) fn sign(keys: &TestKeys, algorithm: &str, key: &str, secret: &[u8], message: &[u8]) -> Result<Vec<u8>> {
    macro_rules! hmac {
        ($hash:ty) => {{
            let mut mac = hmac::Hmac::<$hash>::new_from_slice(secret)?;
            mac.update(message);
            mac.finalize().into_bytes().to_vec()
        }};
    }
    Ok(match algorithm {
        "none" => Vec::new(),
        "HS256" => hmac!(Sha256),
        "HS384" => hmac!(Sha384),
        "HS512" => hmac!(Sha512),
        algorithm => signing_key(keys, key, algorithm)?.signature(message),
    })
}

/// The value of a `$name(arguments)` that only the repository's own cases use.
pub(crate) fn resolve(keys: &TestKeys, name: &str, arguments: &str) -> Result<Option<Vec<u8>>> {
    Ok(Some(match name {
        // Members with colliding names under the common polynomial hash, 31 h + c.
        "colliding" => (0..number(arguments)?)
            .map(|n| {
                let name: String = (0..10).map(|bit| if n >> bit & 1 == 0 { "Aa" } else { "BB" }).collect();
                format!("\"{name}\":0")
            })
            .collect::<Vec<_>>()
            .join(",")
            .into_bytes(),
        "pem" => pem(keys, arguments)?.into_bytes(),
        "pem_trimmed" => pem(keys, arguments)?.trim_end().as_bytes().to_vec(),
        "pem_crlf" => pem(keys, arguments)?.replace('\n', "\r\n").into_bytes(),
        "pkcs1_pem" => pkcs1_pem(keys, arguments)?.into_bytes(),
        "pkcs1_pem_trimmed" => pkcs1_pem(keys, arguments)?.trim_end().as_bytes().to_vec(),
        "pkcs1_pem_crlf" => pkcs1_pem(keys, arguments)?.replace('\n', "\r\n").into_bytes(),
        "der" => rsa(keys, arguments)?.to_public_key_der()?.into_vec(),
        "jwk" => Value::Object(keys.jwk(arguments)?).to_string().into_bytes(),
        "modulus" => keys.jwk(arguments)?["n"].as_str().unwrap_or_default().as_bytes().to_vec(),
        "certificate" => certificate(keys)?.into_bytes(),
        _ => return Ok(None),
    }))
}

fn pem(keys: &TestKeys, name: &str) -> Result<String> {
    Ok(rsa(keys, name)?.to_public_key_pem(LineEnding::LF)?)
}

fn pkcs1_pem(keys: &TestKeys, name: &str) -> Result<String> {
    Ok(rsa(keys, name)?.to_pkcs1_pem(LineEnding::LF)?)
}

fn rsa(keys: &TestKeys, name: &str) -> Result<RsaPublicKey> {
    let jwk: JsonWebKey<'_> = serde_json::from_value(Value::Object(keys.jwk(name)?))?;
    (&jwk).try_into().map_err(|error| anyhow!("`{name}`: {error}"))
}

/// In the form of `x5c` (RFC 7515 section 4.1.6).
fn certificate(keys: &TestKeys) -> Result<String> {
    let issuer = Stranger::new(keys.key("stranger_p256")?)?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "sts.windows.net");
    params.serial_number = Some(1.into());
    Ok(STANDARD.encode(params.self_signed(&issuer)?.der()))
}

/// A key of P-256 that signs certificates.
struct Stranger<'k> {
    key: &'k SigningKey,
    /// The public key (SEC 1 section 2.3.3).
    point: Vec<u8>,
}

impl<'k> Stranger<'k> {
    fn new(key: &'k SigningKey) -> Result<Self> {
        let jwk = key.to_public_jwk()?;
        let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap_or_default());
        let point = [vec![4], coordinate("x")?, coordinate("y")?].concat();
        if point.len() != 65 {
            bail!("`{}` is not a key of P-256", key.id());
        }
        Ok(Stranger { key, point })
    }
}

impl PublicKeyData for Stranger<'_> {
    fn der_bytes(&self) -> &[u8] {
        &self.point
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

impl rcgen::SigningKey for Stranger<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let signature = p256::ecdsa::Signature::from_slice(&self.key.signature(message));
        Ok(signature.map_err(|_| rcgen::Error::RemoteKeyError)?.to_der().as_bytes().to_vec())
    }
}
