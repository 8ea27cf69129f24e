//! Whose tokens are trusted, and what is kept of a verified one.

use std::sync::Arc;

use super::log_fields::AccessLog;
use super::rules::TokenRules;
use crate::issuer::Issuer;
use crate::keys::KeySource;

/// Whose tokens are trusted, and what is kept of a verified one: the part of the configuration that verification reads.
#[derive(Debug)]
pub struct Trust {
    /// The trusted issuers.
    pub issuers: Vec<Arc<Issuer>>,
    /// How a token is carried, and its bounds.
    pub rules: TokenRules,
    /// What the access log names; `None` writes no entry.
    pub access_log: Option<AccessLog>,
    /// The claims that are kept of a verified token, sorted and unique.
    pub claims_kept: Vec<String>,
    /// The names under which jwt_authn leaves claims in its metadata, unique.
    pub metadata_names: Vec<String>,
}

impl Trust {
    /// Trust in these issuers.
    pub fn new(
        issuers: Vec<Arc<Issuer>>,
        rules: TokenRules,
        access_log: Option<AccessLog>,
        claims_kept: Vec<String>,
    ) -> Self {
        let metadata_names = metadata_names(&issuers);
        Self { issuers, rules, access_log, claims_kept, metadata_names }
    }
}

fn metadata_names(issuers: &[Arc<Issuer>]) -> Vec<String> {
    let mut names = Vec::new();
    for issuer in issuers {
        if let KeySource::Metadata(name) = &issuer.keys
            && !names.contains(name)
        {
            names.push(name.clone());
        }
    }
    names
}
