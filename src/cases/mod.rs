//! Cases: requests with what becomes of them, in YAML. `tests/cases/README.md` describes the format.
//!
//! `mfa-gate test` runs an operator's; the repository's tests include this module for the table of their own.

pub mod case;
pub mod claims;
pub mod load;
pub mod merge;
pub mod metadata;
pub mod native;
pub mod signing_key;
pub mod tampering;
pub mod template;
pub mod test_keys;
pub mod test_request;
pub mod token;
pub mod yaml;
