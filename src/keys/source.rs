//! What an issuer's tokens are verified by.

use std::sync::Arc;

use super::schedule::Timing;
use super::set::KeySet;
use crate::policy::IssuerName;

/// What an issuer's tokens are verified by: keys, and where they come from; or somebody else.
#[derive(Debug)]
pub enum KeySource {
    /// Keys of the configuration itself.
    Inline(Arc<KeySet>),
    /// Keys of a server.
    Fetched(Remote),
    /// Envoy's jwt_authn filter, which has the keys, and leaves the claims in its metadata under this name
    /// (`payload_in_metadata`).
    Metadata(String),
}

/// A server that has the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// What is there.
    pub document: Document,
    /// Where.
    pub uri: Uri,
    /// The host's cluster that leads there.
    pub cluster: String,
    /// The issuer, as its metadata must call it.
    pub issuer: IssuerName,
    /// How often it is asked.
    pub timing: Timing,
}

/// What a server has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// A key set (RFC 7517 section 5).
    KeySet,
    /// A provider's metadata (OpenID Connect Discovery 1.0 section 4.2), which say where the key set is.
    Discovery,
}

/// An `https` address, as a request needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uri {
    /// Host and port.
    pub authority: String,
    /// Path and query, from the slash on.
    pub path: String,
}

impl Uri {
    /// Reads an address; `None` for what is not `https`, has user information, a fragment, or characters that an address
    /// has not (RFC 3986).
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("https://")?;
        let plain = rest.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}#@".contains(&b));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let uri = Uri { authority: authority.to_owned(), path: format!("/{path}") };
        (plain && !authority.is_empty() && !authority.contains('?')).then_some(uri)
    }
}
