//! An authority whose tokens are trusted, and where its keys come from.

use std::sync::Arc;

use crate::issuer_name::IssuerName;
use crate::keys::{KeySet, KeySource};

/// An authority whose tokens are trusted.
#[derive(Debug)]
pub struct Issuer {
    /// Position among the configured issuers.
    pub index: usize,
    /// What `iss` must be.
    pub name: IssuerName,
    /// The allowed values of `tid`; `None` if the configuration lists no tenants.
    pub tenants: Option<Names>,
    /// The allowed values of `aud` (RFC 7519 section 4.1.3).
    pub audiences: Names,
    /// What verifies its tokens.
    pub keys: KeySource,
    /// How it marks application-only tokens; without a mark every token is a user's.
    pub app_only: Option<AppOnlyMark>,
}

/// How an issuer marks an application-only token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppOnlyMark {
    /// Entra's claims: `idtyp`, or `appidacr`/`azpacr` with `oid` equal to `sub`.
    Entra,
    /// RFC 9068 section 2.2: `sub` is the `client_id`.
    Rfc9068,
}

/// A sorted set of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names(Vec<String>);

impl Names {
    /// The set of these names.
    pub fn new(mut names: Vec<String>) -> Self {
        names.sort_unstable();
        Self(names)
    }

    /// Whether `name` is in the set.
    pub fn contains(&self, name: &str) -> bool {
        self.0.binary_search_by(|own| own.as_str().cmp(name)).is_ok()
    }

    /// The names, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// Provides the keys that are available now.
pub trait KeyStore {
    /// The issuer's keys; `None` if none may be used.
    ///
    /// The pointer stays the same as long as the keys do: a token that was verified with another set is verified again.
    fn key_set(&self, issuer: &Issuer) -> Option<Arc<KeySet>>;
}

/// The keys in the configuration; fetches none.
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
