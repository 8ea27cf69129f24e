//! Reads a JSON Web Key as a verification key (RFC 7517, RFC 7518 section 6, RFC 8037 section 2).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::elliptic_curve::point::AffineCoordinates as _;

use super::algorithm::Algorithm;
use super::key::{Key, Material};
use super::roca;
use super::spki;
use crate::issuer_name::IssuerName;
use crate::wire::json::{Json, Object};

/// Minimum RSA modulus, in bits (RFC 7518 section 3.3).
const MIN_RSA_BITS: usize = 2048;

/// Maximum RSA modulus, in bits. Larger keys make verification needlessly expensive.
const MAX_RSA_BITS: usize = 4096;

/// Minimum public exponent; smaller ones make padding faults exploitable (NIST SP 800-56B section 6.2).
const MIN_RSA_EXPONENT: u64 = 65_537;

/// Members of private keys alone (RFC 7518 sections 6.2.2, 6.3.2; RFC 8037 section 2).
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "oth"];

/// Why a JWK was rejected as a verification key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JwkError {
    /// The key has another use, or a kind that is not supported. Key sets often hold such keys; they are skipped.
    NotForThis(String),
    /// The key is invalid or unsafe.
    Broken(String),
}

impl std::error::Error for JwkError {}

impl fmt::Display for JwkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotForThis(what) | Self::Broken(what) => f.write_str(what),
        }
    }
}

impl Key {
    /// Reads one JWK.
    ///
    /// # Errors
    ///
    /// The JWK is not a verification key, or one that must not be used.
    pub fn from_jwk(jwk: &Json<'_>) -> Result<Self, JwkError> {
        let Json::Object(jwk) = jwk else {
            return Err(broken(format!("{} is not a key; a JWK is an object", jwk.kind())));
        };
        check_use(jwk)?;
        let curve = text(jwk, "crv")?;
        let (material, spki) = match (text(jwk, "kty")?, curve) {
            (Some("RSA"), _) => rsa(jwk)?,
            (Some("EC"), Some("P-256")) => p256(jwk)?,
            (Some("EC"), Some("P-384")) => p384(jwk)?,
            (Some("OKP"), Some("Ed25519")) => (Material::Ed25519(ed25519(jwk)?), None),
            (Some("oct"), _) => {
                return Err(broken("a symmetric key (`oct`) does not belong in a public key set".to_owned()));
            }
            (Some("EC" | "OKP"), None) => return Err(broken("`crv` is missing".to_owned())),
            (Some(kty), curve) => {
                let curve = curve.map(|curve| format!(" with curve `{}`", curve.escape_debug())).unwrap_or_default();
                return Err(JwkError::NotForThis(format!("kty `{}`{curve} is not supported", kty.escape_debug())));
            }
            (None, _) => return Err(broken("`kty` is missing".to_owned())),
        };
        if let Some(member) = PRIVATE.iter().find(|member| jwk.has(member)) {
            return Err(broken(format!(
                "`{member}` is a private-key member; configure only the public key, and rotate this key: it has been exposed"
            )));
        }
        let algorithm = text(jwk, "alg")?;
        let algorithm = match algorithm.map(|name| (name, Algorithm::parse(name))) {
            None => None,
            Some((_, Some(algorithm))) => Some(algorithm),
            Some((name, None)) => {
                return Err(JwkError::NotForThis(format!("alg `{}` is not supported", name.escape_debug())));
            }
        };
        let key = Self { id: text(jwk, "kid")?.map(str::to_owned), material, algorithm, issuer: issuer(jwk)?, spki };
        match algorithm {
            Some(algorithm) if !key.permits(algorithm) => {
                Err(broken(format!("alg `{algorithm}` does not fit kty and curve")))
            }
            _ => Ok(key),
        }
    }
}

/// Entra's member `issuer`: whose tokens the key signs, with `{tenantid}` for any tenant.
fn issuer(jwk: &Object<'_>) -> Result<Option<IssuerName>, JwkError> {
    Ok(text(jwk, "issuer")?.map(|text| match text.split_once(IssuerName::TENANT_OF_ENTRA) {
        Some((before, after)) => IssuerName::PerTenant { before: before.to_owned(), after: after.to_owned() },
        None => IssuerName::Exact(text.to_owned()),
    }))
}

/// RFC 7517 sections 4.2 and 4.3.
fn check_use(jwk: &Object<'_>) -> Result<(), JwkError> {
    if let Some(usage) = text(jwk, "use")?
        && usage != "sig"
    {
        return Err(JwkError::NotForThis(format!("use `{}` is not `sig`", usage.escape_debug())));
    }
    let Some(operations) = jwk.get("key_ops") else { return Ok(()) };
    let operations =
        operations.as_strings().ok_or_else(|| broken("`key_ops` is not an array of strings".to_owned()))?;
    if operations.contains(&"verify") {
        Ok(())
    } else {
        Err(JwkError::NotForThis("`key_ops` has no `verify`".to_owned()))
    }
}

/// A key and its SPKI.
type Read = (Material, Option<Vec<u8>>);

fn rsa(jwk: &Object<'_>) -> Result<Read, JwkError> {
    let (n, e) = (integer(jwk, "n")?, integer(jwk, "e")?);
    let bits = bits(&n);
    if !(MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits) {
        return Err(broken(format!("the modulus has {bits} bits; supported: {MIN_RSA_BITS} to {MAX_RSA_BITS}")));
    }
    if roca::is_marked(&n) {
        return Err(broken("the modulus was made by a library whose keys can be factored (CVE-2017-15361)".to_owned()));
    }
    let exponent = e.iter().try_fold(0_u64, |value, &byte| value.checked_mul(256)?.checked_add(u64::from(byte)));
    if exponent.is_some_and(|e| e < MIN_RSA_EXPONENT) {
        return Err(broken(format!("the exponent is below {MIN_RSA_EXPONENT}")));
    }
    let number = |bytes: &[u8]| {
        let bits = u32::try_from(bytes.len()).ok().and_then(|length| length.checked_mul(8));
        bits.and_then(|bits| rsa::BoxedUint::from_be_slice(bytes, bits).ok())
            .ok_or_else(|| broken("a number is too large".to_owned()))
    };
    let key = rsa::PublicKey::new_with_size_limits(number(&n)?, number(&e)?, MIN_RSA_BITS..=MAX_RSA_BITS)
        .map_err(|error| broken(error.to_string()))?;
    Ok((Material::Rsa(key), Some(spki::rsa(&n, &e))))
}

fn p256(jwk: &Object<'_>) -> Result<Read, JwkError> {
    let (x, y) = coordinates::<32>(jwk)?;
    let point = p256::AffinePoint::from_coordinates(&x.into(), &y.into()).into_option();
    let key = point.and_then(|point| p256::ecdsa::VerifyingKey::from_affine(point).ok()).ok_or_else(off_curve)?;
    Ok((Material::P256(key), Some(spki::ec(spki::P256, &x, &y))))
}

fn p384(jwk: &Object<'_>) -> Result<Read, JwkError> {
    let (x, y) = coordinates::<48>(jwk)?;
    let point = p384::AffinePoint::from_coordinates(&x.into(), &y.into()).into_option();
    let key = point.and_then(|point| p384::ecdsa::VerifyingKey::from_affine(point).ok()).ok_or_else(off_curve)?;
    Ok((Material::P384(key), Some(spki::ec(spki::P384, &x, &y))))
}

fn off_curve() -> JwkError {
    broken("the point is not on the curve".to_owned())
}

/// The coordinates of a point, of `SIZE` bytes each (RFC 7518 section 6.2.1.2).
fn coordinates<const SIZE: usize>(jwk: &Object<'_>) -> Result<([u8; SIZE], [u8; SIZE]), JwkError> {
    let (x, y) = (bytes(jwk, "x")?, bytes(jwk, "y")?);
    match (x.as_slice().try_into(), y.as_slice().try_into()) {
        (Ok(x), Ok(y)) => Ok((x, y)),
        _ => Err(broken(format!("`x` and `y` have {} and {} bytes, should have {SIZE} each", x.len(), y.len()))),
    }
}

fn ed25519(jwk: &Object<'_>) -> Result<ed25519_dalek::VerifyingKey, JwkError> {
    let x = bytes(jwk, "x")?;
    let x = <[u8; 32]>::try_from(x).map_err(|x| broken(format!("`x` has {} bytes, should have 32", x.len())))?;
    let key = ed25519_dalek::VerifyingKey::from_bytes(&x).map_err(|_| off_curve())?;
    // A key of small order has signatures that are valid for any message (RFC 8032 section 8.4 and its errata).
    if key.is_weak() { Err(broken("the point has small order".to_owned())) } else { Ok(key) }
}

fn bits(n: &[u8]) -> usize {
    let leading = n.first().map_or(0, |byte| byte.leading_zeros());
    n.len().saturating_mul(8).saturating_sub(usize::try_from(leading).unwrap_or(0))
}

/// A Base64urlUInt: no leading zero bytes (RFC 7518 section 2).
fn integer(jwk: &Object<'_>, name: &str) -> Result<Vec<u8>, JwkError> {
    let bytes = bytes(jwk, name)?;
    if bytes.first().is_none_or(|&byte| byte == 0) {
        return Err(broken(format!("`{name}` is empty or starts with a zero byte")));
    }
    Ok(bytes)
}

fn bytes(jwk: &Object<'_>, name: &str) -> Result<Vec<u8>, JwkError> {
    let text = text(jwk, name)?.ok_or_else(|| broken(format!("`{name}` is missing")))?;
    URL_SAFE_NO_PAD.decode(text).map_err(|error| broken(format!("`{name}` is not base64url: {error}")))
}

fn text<'a>(jwk: &'a Object<'_>, name: &str) -> Result<Option<&'a str>, JwkError> {
    match jwk.get(name) {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(other) => Err(broken(format!("`{name}` is {}, not a string", other.kind()))),
    }
}

fn broken(what: String) -> JwkError {
    JwkError::Broken(what)
}
