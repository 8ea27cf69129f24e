//! One public key, and the signatures it verifies.

use std::fmt;

use jwt_compact::alg::{Ed25519, Es256, Rsa, RsaPublicKey};
use jwt_compact::{Algorithm as _, AlgorithmSignature as _};
use p384::ecdsa::signature::Verifier as _;

use super::algorithm::Algorithm;

type P256Key = <Es256 as jwt_compact::Algorithm>::VerifyingKey;
type P256Signature = <Es256 as jwt_compact::Algorithm>::Signature;
type Ed25519Key = <Ed25519 as jwt_compact::Algorithm>::VerifyingKey;
type Ed25519Signature = <Ed25519 as jwt_compact::Algorithm>::Signature;
type RsaSignature = <Rsa as jwt_compact::Algorithm>::Signature;

/// A key that verifies signatures of its own kind and of no other.
pub struct Key {
    pub(super) id: Option<String>,
    pub(super) material: Material,
    /// The only algorithm, where the key itself names one (RFC 7517 section 4.4).
    pub(super) algorithm: Option<Algorithm>,
}

/// The key proper, by kind.
pub(super) enum Material {
    Rsa(RsaPublicKey),
    P256(P256Key),
    P384(p384::ecdsa::VerifyingKey),
    Ed25519(Ed25519Key),
}

impl Key {
    /// The name that tokens call it by.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Whether it may verify this algorithm: of its kind, and the one it is for if it says so.
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

    /// Whether `signature` is this key's over `message`. Never so for an algorithm it does not permit.
    pub fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        if !self.permits(algorithm) {
            return false;
        }
        match &self.material {
            Material::Rsa(key) => rsa(algorithm).is_some_and(|rsa| {
                RsaSignature::try_from_slice(signature)
                    .is_ok_and(|signature| rsa.verify_signature(&signature, key, message))
            }),
            Material::P256(key) => P256Signature::try_from_slice(signature)
                .is_ok_and(|signature| Es256.verify_signature(&signature, key, message)),
            Material::P384(key) => p384::ecdsa::Signature::try_from(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Material::Ed25519(key) => Ed25519Signature::try_from_slice(signature)
                .is_ok_and(|signature| Ed25519.verify_signature(&signature, key, message)),
        }
    }
}

fn rsa(algorithm: Algorithm) -> Option<Rsa> {
    match algorithm {
        Algorithm::Rs256 => Some(Rsa::rs256()),
        Algorithm::Rs384 => Some(Rsa::rs384()),
        Algorithm::Rs512 => Some(Rsa::rs512()),
        Algorithm::Ps256 => Some(Rsa::ps256()),
        Algorithm::Ps384 => Some(Rsa::ps384()),
        Algorithm::Ps512 => Some(Rsa::ps512()),
        Algorithm::Es256 | Algorithm::Es384 | Algorithm::EdDsa => None,
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
