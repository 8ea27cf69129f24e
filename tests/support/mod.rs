//! What the tests share: the table of cases, tokens, and the core asked without a proxy.
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

/// Reads YAML; these files are part of the tests, so a mistake in one ends them.
pub fn yaml<T: serde::de::DeserializeOwned>(path: &Path) -> T {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Reads all documents of a YAML file.
pub fn documents(path: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_saphyr::from_multiple(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Says something that is seen of a test that passes, too.
pub fn note(text: &str) {
    writeln!(std::io::stderr(), "note: {text}").expect("stderr");
}
