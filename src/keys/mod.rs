//! Issuers' keys: each bound to what it may verify, found by its id, never by anything else a token says.

mod algorithm;
mod jwk;
mod key;
mod roca;
mod schedule;
mod set;
mod source;
mod spki;
mod vectors;
mod verifier;

pub use algorithm::Algorithm;
pub use jwk::Unfit;
pub use key::{Key, Source};
pub use schedule::{Fetched, MAX_SET_BYTES, NotTaken, Record, Schedule, Timing, jwks_uri_of};
pub use set::{KeySet, KeySetError, Lookup, MAX_KEYS};
pub use source::{Document, KeySource, Remote, Uri};
pub use spki::ecdsa_der;
pub use vectors::{verifies_ecdsa, verifies_rsa};
pub use verifier::{RustCrypto, Verifier};

use std::sync::Arc;

use crate::policy::Issuer;

/// Hands out the keys that are at hand now.
pub trait KeyStore {
    /// The issuer's keys; `None` where there are none that may be used. As long as an issuer's keys are the same, so
    /// is the pointer: what was verified by a set that is no longer handed out is verified anew.
    fn key_set(&self, issuer: &Issuer) -> Option<Arc<KeySet>>;
}

/// The store of keys that stand in the configuration; it fetches none.
#[derive(Debug, Clone, Copy)]
pub struct InlineKeys;

impl KeyStore for InlineKeys {
    fn key_set(&self, issuer: &Issuer) -> Option<Arc<KeySet>> {
        match &issuer.keys {
            KeySource::Inline(set) => Some(Arc::clone(set)),
            KeySource::Fetched(_) | KeySource::Metadata(_) => None,
        }
    }
}
