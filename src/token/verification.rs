//! Everything verification needs besides the token and the configuration.

use crate::issuer::{InlineKeys, KeyStore};
use crate::keys::{RustCrypto, Verifier};
use crate::time::UnixTime;

/// Everything verification needs besides the token and the configuration.
#[derive(Clone, Copy)]
pub struct Verification<'a> {
    /// The keys that are available.
    pub keys: &'a dyn KeyStore,
    /// Verifies signatures.
    pub verifier: &'a dyn Verifier,
    /// The time of the decision.
    pub now: UnixTime,
}

impl Verification<'_> {
    /// Verification without a host: the keys of the configuration, signatures verified in pure Rust.
    pub fn without_host(now: UnixTime) -> Self {
        Self { keys: &InlineKeys, verifier: &RustCrypto, now }
    }
}
