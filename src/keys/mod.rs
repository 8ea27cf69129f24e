//! Issuers' keys: each bound to what it may verify, found by its id, never by anything else a token says.

mod algorithm;
mod jwk;
mod key;
mod roca;
mod set;

pub use algorithm::Algorithm;
pub use jwk::Unfit;
pub use key::Key;
pub use set::{KeySet, KeySetError, Lookup};

use crate::policy::Issuer;

/// Where an issuer's keys come from.
#[derive(Debug)]
pub enum KeySource {
    /// The configuration itself.
    Inline(KeySet),
}

/// Hands out the keys that are at hand now.
pub trait KeyStore {
    /// The issuer's keys; `None` where there are none that may be used.
    fn key_set<'a>(&'a self, issuer: &'a Issuer) -> Option<&'a KeySet>;
}

/// The store of keys that stand in the configuration.
#[derive(Debug, Clone, Copy)]
pub struct InlineKeys;

impl KeyStore for InlineKeys {
    fn key_set<'a>(&'a self, issuer: &'a Issuer) -> Option<&'a KeySet> {
        match &issuer.keys {
            KeySource::Inline(set) => Some(set),
        }
    }
}
