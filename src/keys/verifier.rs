//! Verifying signatures: one trait, in pure Rust here, by the host in `host`.

use jwt_compact::alg::{Ed25519, Es256, Rsa};
use jwt_compact::{Algorithm as _, AlgorithmSignature as _};
use p384::ecdsa::signature::Verifier as _;

use super::algorithm::Algorithm;
use super::key::{Key, Material};

type P256Signature = <Es256 as jwt_compact::Algorithm>::Signature;
type Ed25519Signature = <Ed25519 as jwt_compact::Algorithm>::Signature;
type RsaSignature = <Rsa as jwt_compact::Algorithm>::Signature;

/// Verifies signatures.
pub trait Verifier {
    /// Whether `signature` is the key's over `message`. Never so for an algorithm that the key does not permit.
    fn verify(&self, key: &Key, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool;
}

/// The crates of RustCrypto, for every algorithm that is taken.
#[derive(Debug, Clone, Copy)]
pub struct RustCrypto;

impl Verifier for RustCrypto {
    fn verify(&self, key: &Key, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        if !key.permits(algorithm) {
            return false;
        }
        match &key.material {
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

/// An ECDSA signature as hosts take it, in DER, from the fixed-size form that a JWS has (RFC 7518 section 3.4).
/// `None` where it is no such signature, or the algorithm is another.
pub fn ecdsa_der(algorithm: Algorithm, signature: &[u8]) -> Option<Vec<u8>> {
    match algorithm {
        Algorithm::Es256 => P256Signature::try_from_slice(signature).ok().map(|s| s.to_der().as_bytes().to_vec()),
        Algorithm::Es384 => p384::ecdsa::Signature::try_from(signature).ok().map(|s| s.to_der().as_bytes().to_vec()),
        _ => None,
    }
}
