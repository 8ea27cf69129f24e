//! One public key, bound to what it may verify.

use std::fmt;

use super::algorithm::Algorithm;
use crate::issuer_name::IssuerName;

/// A public key. It verifies only signatures of its kind.
pub struct Key {
    pub(super) id: Option<String>,
    pub(super) material: Material,
    /// The only permitted algorithm, if the JWK names one (RFC 7517 section 4.4).
    pub(super) algorithm: Option<Algorithm>,
    /// The only permitted issuer, if the JWK names one: Entra's multi-tenant sets hold keys of several issuers.
    pub(super) issuer: Option<IssuerName>,
    /// The key as a SubjectPublicKeyInfo in DER (RFC 5280 section 4.1), as hosts expect it; encoded once.
    pub(super) spki: Option<Vec<u8>>,
}

/// The origin that a token claims.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// `iss`.
    pub iss: &'a str,
    /// `tid`.
    pub tid: Option<&'a str>,
}

/// The key material, by kind.
pub(super) enum Material {
    Rsa(rsa::PublicKey),
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    Ed25519(ed25519_dalek::VerifyingKey),
}

impl Key {
    /// `kid` (RFC 7517 section 4.5).
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Whether the key may verify tokens of this origin.
    pub fn is_for(&self, source: Source<'_>) -> bool {
        self.issuer.as_ref().is_none_or(|issuer| issuer.matches(source.iss, source.tid))
    }

    /// Whether the key may verify this algorithm: one of its kind, and the one that its JWK names, if any.
    pub fn permits(&self, algorithm: Algorithm) -> bool {
        use Algorithm::*;
        let of_its_kind = match &self.material {
            Material::Rsa(_) => matches!(algorithm, Rs256 | Rs384 | Rs512 | Ps256 | Ps384 | Ps512),
            Material::P256(_) => algorithm == Es256,
            Material::P384(_) => algorithm == Es384,
            Material::Ed25519(_) => algorithm == EdDsa,
        };
        of_its_kind && self.algorithm.is_none_or(|only| only == algorithm)
    }

    /// The key as a SubjectPublicKeyInfo in DER; `None` for Ed25519, which no host supports.
    pub fn spki(&self) -> Option<&[u8]> {
        self.spki.as_deref()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.material {
            Material::Rsa(_) => "RSA",
            Material::P256(_) => "P-256",
            Material::P384(_) => "P-384",
            Material::Ed25519(_) => "Ed25519",
        };
        f.debug_struct("Key").field("id", &self.id).field("kind", &kind).field("algorithm", &self.algorithm).finish()
    }
}
