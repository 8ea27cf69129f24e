//! A JSON Web Key, read as a key for verifying (RFC 7517, RFC 7518 section 6, RFC 8037 section 2).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_compact::alg::RsaPublicKey;
use jwt_compact::jwk::JsonWebKey;

use super::algorithm::Algorithm;
use super::key::{Ed25519Key, Key, Material, P256Key};
use super::roca;
use super::spki;
use crate::json::{Json, Object};
use crate::policy::IssuerName;

/// The least a modulus has, in bits (RFC 7518 section 3.3). The most, 4096, is that of the `rsa` crate: what
/// lies above costs more per request than anybody needs.
const MIN_RSA_BITS: usize = 2048;

/// The least public exponent; smaller ones make padding faults exploitable (NIST SP 800-56B section 6.2).
const MIN_RSA_EXPONENT: u64 = 65_537;

/// Members that only a private key has (RFC 7518 sections 6.2.2, 6.3.2; RFC 8037 section 2).
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "oth"];

/// Why a JWK is no key for verifying.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// It is for something else, or of a kind that is not taken. Sets often hold such keys; they are passed over.
    NotForThis(String),
    /// It is meant for this, and broken or unsafe.
    Broken(String),
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unfit::NotForThis(what) | Unfit::Broken(what) => f.write_str(what),
        }
    }
}

impl Key {
    /// Reads one JWK.
    ///
    /// # Errors
    ///
    /// Not a key for verifying, or one that must not be used.
    pub fn from_jwk(jwk: &Json<'_>) -> Result<Self, Unfit> {
        let Json::Object(jwk) = jwk else {
            return Err(broken(format!("{} is no key; a JWK is an object", jwk.kind())));
        };
        check_use(jwk)?;
        let curve = text(jwk, "crv")?;
        let (material, spki) = match (text(jwk, "kty")?, curve) {
            (Some("RSA"), _) => rsa(jwk)?,
            (Some("EC"), Some("P-256")) => p256(jwk)?,
            (Some("EC"), Some("P-384")) => p384(jwk)?,
            (Some("OKP"), Some("Ed25519")) => (Material::Ed25519(ed25519(jwk)?), None),
            (Some("oct"), _) => {
                return Err(broken("a symmetric key (`oct`) never stands in a public key set".to_owned()));
            }
            (Some("EC" | "OKP"), None) => return Err(broken("`crv` is missing".to_owned())),
            (Some(kty), curve) => {
                let curve = curve.map(|curve| format!(" with curve `{}`", curve.escape_debug())).unwrap_or_default();
                return Err(Unfit::NotForThis(format!("kty `{}`{curve} is not taken", kty.escape_debug())));
            }
            (None, _) => return Err(broken("`kty` is missing".to_owned())),
        };
        if let Some(member) = PRIVATE.iter().find(|member| jwk.contains_key(**member)) {
            return Err(broken(format!(
                "`{member}` belongs to a private key; give the public one, and replace this one, which was shown"
            )));
        }
        let algorithm = text(jwk, "alg")?;
        let algorithm = match algorithm.map(|name| (name, Algorithm::parse(name))) {
            None => None,
            Some((_, Some(algorithm))) => Some(algorithm),
            Some((name, None)) => return Err(Unfit::NotForThis(format!("alg `{}` is not taken", name.escape_debug()))),
        };
        let key = Key { id: text(jwk, "kid")?.map(str::to_owned), material, algorithm, issuer: issuer(jwk)?, spki };
        match algorithm {
            Some(algorithm) if !key.permits(algorithm) => {
                Err(broken(format!("alg `{algorithm}` is not one of its kty and curve")))
            }
            _ => Ok(key),
        }
    }
}

/// Entra's own member: whose tokens the key signs, with `{tenantid}` for any tenant.
fn issuer(jwk: &Object<'_>) -> Result<Option<IssuerName>, Unfit> {
    Ok(text(jwk, "issuer")?.map(|text| match text.split_once(IssuerName::TENANT_OF_ENTRA) {
        Some((before, after)) => IssuerName::PerTenant { before: before.to_owned(), after: after.to_owned() },
        None => IssuerName::Exact(text.to_owned()),
    }))
}

/// RFC 7517 sections 4.2 and 4.3.
fn check_use(jwk: &Object<'_>) -> Result<(), Unfit> {
    if let Some(usage) = text(jwk, "use")?
        && usage != "sig"
    {
        return Err(Unfit::NotForThis(format!("use `{}` is not `sig`", usage.escape_debug())));
    }
    let Some(operations) = jwk.get("key_ops") else { return Ok(()) };
    let operations =
        operations.as_strings().ok_or_else(|| broken("`key_ops` is not an array of strings".to_owned()))?;
    if operations.contains(&"verify") { Ok(()) } else { Err(Unfit::NotForThis("`key_ops` has no `verify`".to_owned())) }
}

/// A key and its SPKI.
type Read = (Material, Option<Vec<u8>>);

fn rsa(jwk: &Object<'_>) -> Result<Read, Unfit> {
    let (n, e) = (integer(jwk, "n")?, integer(jwk, "e")?);
    let bits = bits(&n);
    if bits < MIN_RSA_BITS {
        return Err(broken(format!(
            "the modulus has {bits} bits; taken: {MIN_RSA_BITS} to {}",
            RsaPublicKey::MAX_SIZE
        )));
    }
    if roca::is_marked(&n) {
        return Err(broken("the modulus was made by a library whose keys can be factored (CVE-2017-15361)".to_owned()));
    }
    let exponent = e.iter().try_fold(0_u64, |value, &byte| value.checked_mul(256)?.checked_add(u64::from(byte)));
    if exponent.is_some_and(|e| e < MIN_RSA_EXPONENT) {
        return Err(broken(format!("the exponent is below {MIN_RSA_EXPONENT}")));
    }
    let spki = spki::rsa(&n, &e);
    let jwk = JsonWebKey::Rsa { modulus: n.into(), public_exponent: e.into(), private_parts: None };
    let key = RsaPublicKey::try_from(&jwk).map_err(|error| broken(error.to_string()))?;
    Ok((Material::Rsa(key), Some(spki)))
}

fn p256(jwk: &Object<'_>) -> Result<Read, Unfit> {
    let (x, y) = (bytes(jwk, "x")?, bytes(jwk, "y")?);
    let spki = spki::point(spki::P256, &x, &y);
    let jwk = JsonWebKey::EllipticCurve { curve: "P-256".into(), x: x.into(), y: y.into(), secret: None };
    let key = P256Key::try_from(&jwk).map_err(|error| broken(error.to_string()))?;
    Ok((Material::P256(key), Some(spki)))
}

fn p384(jwk: &Object<'_>) -> Result<Read, Unfit> {
    let (x, y) = (bytes(jwk, "x")?, bytes(jwk, "y")?);
    let spki = spki::point(spki::P384, &x, &y);
    let (Ok(x), Ok(y)) = (<[u8; 48]>::try_from(x), <[u8; 48]>::try_from(y)) else {
        return Err(broken("`x` and `y` of P-384 have 48 bytes each".to_owned()));
    };
    let point = p384::EncodedPoint::from_affine_coordinates(&x.into(), &y.into(), false);
    let key = p384::ecdsa::VerifyingKey::from_encoded_point(&point)
        .map_err(|_| broken("the point is not on the curve".to_owned()))?;
    Ok((Material::P384(key), Some(spki)))
}

fn ed25519(jwk: &Object<'_>) -> Result<Ed25519Key, Unfit> {
    let jwk = JsonWebKey::KeyPair { curve: "Ed25519".into(), x: bytes(jwk, "x")?.into(), secret: None };
    let key = Ed25519Key::try_from(&jwk).map_err(|error| broken(error.to_string()))?;
    // A key of small order has signatures that fit any message (RFC 8032 section 8.4 and its errata).
    if key.is_weak() { Err(broken("the point has small order".to_owned())) } else { Ok(key) }
}

fn bits(n: &[u8]) -> usize {
    let leading = n.first().map_or(0, |byte| byte.leading_zeros());
    n.len().saturating_mul(8).saturating_sub(usize::try_from(leading).unwrap_or(0))
}

/// A Base64urlUInt: no leading zero bytes (RFC 7518 section 2).
fn integer(jwk: &Object<'_>, name: &str) -> Result<Vec<u8>, Unfit> {
    let bytes = bytes(jwk, name)?;
    if bytes.first().is_none_or(|&byte| byte == 0) {
        return Err(broken(format!("`{name}` is empty or starts with a zero byte")));
    }
    Ok(bytes)
}

fn bytes(jwk: &Object<'_>, name: &str) -> Result<Vec<u8>, Unfit> {
    let text = text(jwk, name)?.ok_or_else(|| broken(format!("`{name}` is missing")))?;
    URL_SAFE_NO_PAD.decode(text).map_err(|error| broken(format!("`{name}` is not base64url: {error}")))
}

fn text<'a>(jwk: &'a Object<'_>, name: &str) -> Result<Option<&'a str>, Unfit> {
    match jwk.get(name) {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(other) => Err(broken(format!("`{name}` is {}, not a string", other.kind()))),
    }
}

fn broken(what: String) -> Unfit {
    Unfit::Broken(what)
}
