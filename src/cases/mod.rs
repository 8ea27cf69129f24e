//! Policy test cases in YAML: requests and their expected decisions. `tests/cases/README.md` describes the format.
//!
//! `mfa-gate test` runs an operator's cases. The repository's own table extends the format (`tests/support/table.rs`).

pub mod carrier;
pub mod case;
pub mod claims;
pub mod judge;
pub mod load;
pub mod merge;
pub mod metadata;
pub mod native;
pub mod signing_key;
pub mod template;
pub mod test_keys;
pub mod test_request;
pub mod token;
pub mod yaml;
