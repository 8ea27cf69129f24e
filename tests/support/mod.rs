//! Shared by the tests: the table of cases, tokens, and the core without a proxy.
#![allow(dead_code, reason = "each of the four programs uses a part of it")]

pub mod answer;
pub mod corpora;
pub mod faults;
pub mod forge;
pub mod forged_token;
pub mod native;
pub mod signatures;
pub mod table;
pub mod tampering;
pub mod tokens;
pub mod wrong;

pub use mfa_gate::cases;

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A file of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Parses a YAML file of the tests. Panics on errors.
pub fn yaml<T: serde::de::DeserializeOwned>(path: &Path) -> T {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Reads all documents of a YAML file.
pub fn documents(path: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_saphyr::from_multiple(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Prints a note that is visible even if the test passes.
pub fn note(text: &str) {
    writeln!(std::io::stderr(), "note: {text}").expect("stderr");
}
