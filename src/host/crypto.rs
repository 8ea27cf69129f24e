//! Signature verification by the host, many times faster than in the module (`make bench`: `gate_new` and `gate_pure`).

use proxy_wasm::hostcalls;

use crate::keys::{Algorithm, Key, RustCrypto, Verifier, ecdsa_der, verifies_ecdsa, verifies_rsa};
use crate::wire::protobuf::{put, size};

/// Verifies by the host where that works, and in the module otherwise.
#[derive(Debug, Clone, Copy)]
pub(super) struct HostCrypto {
    rsa: bool,
    ecdsa: bool,
}

/// Envoy's foreign function. A host without it answers NotFound, and the module verifies.
const FUNCTION: &str = "verify_signature";

/// The answer for a valid signature, `VerifySignatureResult {result: true}`. Everything else is a failure.
const VALID: &[u8] = &[0x08, 0x01];

impl HostCrypto {
    /// Tests what the host can verify, with published signatures.
    pub(super) fn probe(wanted: bool) -> Self {
        Self { rsa: wanted && verifies_rsa(&HostOnly), ecdsa: wanted && verifies_ecdsa(&HostOnly) }
    }

    /// Who verifies what, for the log.
    pub(super) fn describe(self) -> &'static str {
        match (self.rsa, self.ecdsa) {
            (true, true) => "RSA PKCS#1 and ECDSA by the host",
            (true, false) => "RSA PKCS#1 by the host",
            (false, true) => "ECDSA by the host",
            (false, false) => "all in the module",
        }
    }
}

impl Verifier for HostCrypto {
    fn verify(&self, key: &Key, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        use Algorithm::*;
        let by_host = match algorithm {
            Rs256 | Rs384 | Rs512 => self.rsa,
            Es256 | Es384 => self.ecdsa,
            // The host's function supports neither PSS nor Ed25519.
            Ps256 | Ps384 | Ps512 | EdDsa => false,
        };
        if by_host {
            HostOnly.verify(key, algorithm, message, signature)
        } else {
            RustCrypto.verify(key, algorithm, message, signature)
        }
    }
}

/// Verifies by the host alone.
struct HostOnly;

impl Verifier for HostOnly {
    fn verify(&self, key: &Key, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let (true, Some(spki)) = (key.permits(algorithm), key.spki()) else { return false };
        let hash = match algorithm {
            Algorithm::Rs256 | Algorithm::Es256 => "sha256",
            Algorithm::Rs384 | Algorithm::Es384 => "sha384",
            Algorithm::Rs512 => "sha512",
            Algorithm::Ps256 | Algorithm::Ps384 | Algorithm::Ps512 | Algorithm::EdDsa => return false,
        };
        let request = match algorithm {
            Algorithm::Es256 | Algorithm::Es384 => match ecdsa_der(algorithm, signature) {
                Some(signature) => arguments(hash, spki, &signature, message),
                None => return false,
            },
            _ => arguments(hash, spki, signature, message),
        };
        matches!(hostcalls::call_foreign_function(FUNCTION, Some(&request)), Ok(Some(answer)) if answer == VALID)
    }
}

/// Encodes `VerifySignatureArguments`: its four fields in order.
fn arguments(hash: &str, public_key: &[u8], signature: &[u8], text: &[u8]) -> Vec<u8> {
    let fields = [hash.as_bytes(), public_key, signature, text];
    let mut bytes =
        Vec::with_capacity(fields.iter().fold(0, |sum: usize, field| sum.saturating_add(size(field.len()))));
    for (number, field) in (1_u32..).zip(fields) {
        put(&mut bytes, number, field);
    }
    bytes
}
