//! Shared by the tests: the table of cases, tokens, and the core without a proxy.
#![allow(dead_code, reason = "each of the four programs uses a part of it")]

pub(crate) mod answer;
pub(crate) mod corpora;
pub(crate) mod faults;
pub(crate) mod forge;
pub(crate) mod forged_token;
pub(crate) mod native;
pub(crate) mod signatures;
pub(crate) mod table;
pub(crate) mod tampering;
pub(crate) mod tokens;
pub(crate) mod wrong;

pub(crate) use mfa_gate::cases;

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A file of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Parses a YAML file of the tests. Panics on errors.
pub(crate) fn yaml<T: serde::de::DeserializeOwned>(path: &Path) -> T {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Reads all documents of a YAML file.
pub(crate) fn documents(path: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_saphyr::from_multiple(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Prints a note that is visible even if the test passes.
pub(crate) fn note(text: &str) {
    writeln!(std::io::stderr(), "note: {text}").expect("stderr");
}
