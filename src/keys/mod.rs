//! Issuers' keys: each is bound to what it may verify, and found by its id alone.

mod algorithm;
mod discovery;
mod jwk;
mod key;
mod lease;
mod roca;
mod schedule;
mod set;
mod source;
mod spki;
mod vectors;
mod verifier;

pub use algorithm::Algorithm;
pub use discovery::jwks_uri_of;
pub use jwk::JwkError;
pub use key::{Key, Source};
pub use lease::Lease;
pub use schedule::{FetchError, Fetched, MAX_SET_BYTES, Record, Schedule, Timing};
pub use set::{KeySet, KeySetError, Lookup, MAX_KEYS};
pub use source::{Document, KeySource, Remote, Uri};
pub use spki::ecdsa_der;
pub use vectors::{verifies_ecdsa, verifies_rsa};
pub use verifier::{RustCrypto, Verifier};
