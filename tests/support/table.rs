//! The table of cases: what `tests/cases/*.yaml` says. A mistake in one ends the tests.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::cases::load::{Entry, load_file, read_file};
use super::cases::template::Scope;
use super::cases::test_keys::Forge;
use super::cases::test_request::Shot;
use super::cases::token::TokenSpec;

/// Every case of every file.
pub fn load(forge: &Forge) -> Vec<Entry> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(super::repository("tests/cases"))
        .expect("tests/cases")
        .map(|entry| entry.expect("an entry of tests/cases").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    paths.sort();
    let of_file = |path: &PathBuf| load_file(forge, path).unwrap_or_else(|error| panic!("{error:#}"));
    let entries: Vec<_> = paths.iter().flat_map(of_file).collect();
    assert!(entries.iter().all(|entry| entry.now.is_none()), "Envoy cannot be told the time");
    entries
}

/// A configuration and its tokens, for tests that are not of the table.
pub struct Sample {
    pub config: Value,
    tokens: BTreeMap<String, TokenSpec>,
}

impl Sample {
    /// A file of `tests/cases/shared`.
    pub fn load(forge: &Forge, name: &str) -> Self {
        let path = super::repository("tests/cases/shared").join(name);
        let file = read_file(&path).unwrap_or_else(|error| panic!("{error:#}"));
        let scope = Scope { forge, now: 0, local: Vec::new() };
        let config = scope.json(&file.config).unwrap_or_else(|error| panic!("{name}: {error:#}"));
        Sample { config, tokens: file.tokens }
    }

    /// A token as a case would describe it.
    pub fn mint(&self, forge: &Forge, spec: &Value, now: i64) -> Vec<u8> {
        let spec: TokenSpec = serde_json::from_value(spec.clone()).unwrap_or_else(|error| panic!("{spec}: {error}"));
        spec.mint(&Scope { forge, now, local: Vec::new() }, &self.tokens).unwrap_or_else(|error| panic!("{error:#}"))
    }
}

/// What to call an entry in the table.
pub fn title(entry: &Entry) -> String {
    format!("{}: {}", file(entry), entry.name())
}

/// The name of an entry's file, without its extension.
pub fn file(entry: &Entry) -> String {
    entry.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// A request with the token `good` of the entry's file.
pub fn good(entry: &Entry, forge: &Forge, now: i64) -> Option<Shot> {
    let spec = entry.tokens.get("good")?;
    let token = spec.mint(&Scope { forge, now, local: Vec::new() }, &entry.tokens);
    let token = token.unwrap_or_else(|error| panic!("{}: {error:#}", title(entry)));
    Some(Shot {
        which: String::new(),
        method: b"GET".to_vec(),
        target: b"/v1/customers".to_vec(),
        host: Some(b"api.example.com".to_vec()),
        headers: vec![(b"authorization".to_vec(), [b"Bearer ", token.as_slice()].concat())],
        body: None,
        raw: None,
        metadata: Vec::new(),
        left_by_jwt_authn: None,
        token: Some(token),
        upstream: BTreeMap::new(),
    })
}
