//! What verifies an issuer's tokens.

use std::sync::Arc;

use super::schedule::Timing;
use super::set::KeySet;
use crate::issuer_name::IssuerName;

/// What verifies an issuer's tokens: its keys, or jwt_authn.
#[derive(Debug)]
pub enum KeySource {
    /// Keys in the configuration.
    Inline(Arc<KeySet>),
    /// Keys fetched from a server.
    Fetched(Remote),
    /// Envoy's jwt_authn filter. It holds the keys, and leaves the claims in its metadata under this name
    /// (`payload_in_metadata`).
    Metadata(String),
}

/// A server to fetch keys from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// The kind of document at `uri`.
    pub document: Document,
    /// The address.
    pub uri: Uri,
    /// The host's cluster for that address.
    pub cluster: String,
    /// The issuer that the metadata must name.
    pub issuer: IssuerName,
    /// How often keys are fetched, and how long they last.
    pub timing: Timing,
}

/// A kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// A key set (RFC 7517 section 5).
    KeySet,
    /// A provider's metadata (OpenID Connect Discovery 1.0 section 4.2), which name the key set's address.
    Discovery,
}

/// An `https` URL, split for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uri {
    /// Host and port.
    pub authority: String,
    /// Path and query, with the leading slash.
    pub path: String,
}

impl Uri {
    /// Parses a URL; `None` if it is not `https`, has user information or a fragment, or characters that a URL cannot have
    /// (RFC 3986).
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("https://")?;
        let plain = rest.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}#@".contains(&b));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let uri = Self { authority: authority.to_owned(), path: format!("/{path}") };
        (plain && !authority.is_empty() && !authority.contains('?')).then_some(uri)
    }
}
