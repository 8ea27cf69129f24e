//! The table of cases: what `tests/cases/*.yaml` says. A mistake in one ends the tests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use mfa_gate::cases::load::{CaseFile, ResolvedCase, read_file};
use mfa_gate::cases::test_request::TestRequest;
use mfa_gate::cases::token::TokenFormat as _;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::forge::Forge;
use super::forged_token::ForgedToken;
use super::tampering::Tampering;

/// A case of the table.
pub struct Entry {
    /// The case as `mfa-gate test` knows it, but for its tokens.
    pub resolved: ResolvedCase<ForgedToken>,
    /// What only the table knows of it.
    pub own: OwnFields,
    /// What only the table knows of its request.
    pub wire: WireFields,
}

/// The fields of a case that only the table knows.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OwnFields {
    /// Every form of a token that was tampered with, one request each.
    pub tampering: Option<Tampering>,
    /// Envoy's own answer, where it does not ask the filter.
    pub envoy: Option<EnvoyAnswer>,
    /// The status by which Envoy's shipped settings refuse what the filter would allow.
    pub shipped: Option<u16>,
}

/// The fields of a request that only a wire can carry.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WireFields {
    /// The bytes on the wire, for what no well-formed request can be.
    pub raw: Option<String>,
    /// Whether header lines are sent as HTTP/2, in which names may be upper case.
    pub http2: bool,
}

/// Envoy's own answer.
#[derive(Debug, Clone, Copy)]
pub enum EnvoyAnswer {
    /// This status.
    Status(u16),
    /// With some requests of a case and not with others, Envoy answers 400 itself.
    MayRefuse,
}

impl<'de> Deserialize<'de> for EnvoyAnswer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) if text == "may refuse" => Ok(EnvoyAnswer::MayRefuse),
            Value::Number(number) => {
                let status = number.as_u64().and_then(|status| u16::try_from(status).ok());
                status.map(EnvoyAnswer::Status).ok_or_else(|| D::Error::custom(format!("no status is {number}")))
            }
            other => Err(D::Error::custom(format!("is {other}, should be a status or `may refuse`"))),
        }
    }
}

/// One request of a case.
pub struct Sent {
    /// What tells it from the other requests of its case; empty if there are none.
    pub which: String,
    /// The request.
    pub request: TestRequest,
    /// The bytes on the wire, with `$id` in the place of the request's id.
    pub raw: Option<Vec<u8>>,
}

impl Entry {
    /// Whether the request can only be made on a wire.
    pub fn is_for_envoy_alone(&self) -> bool {
        self.wire.raw.is_some() || self.wire.http2
    }

    /// The requests of the case: one, or one for each form of a token that was tampered with.
    pub fn requests(&self, forge: &Forge, now: i64, upstream: &str) -> Result<Vec<Sent>> {
        let prepared = self.resolved.prepare(forge.keys(), now, upstream)?;
        let tokens = match self.own.tampering {
            None => vec![(String::new(), prepared.token.clone())],
            Some(tampering) => {
                let token = prepared.token.as_deref().context("no token to tamper with")?;
                tampering.all(token).into_iter().map(|(which, token)| (which, Some(token))).collect()
            }
        };
        let sent = |(which, token): (String, Option<Vec<u8>>)| {
            // The id is the sender's to fill in.
            let scope = prepared.scope(token.as_deref()).with([("id", b"$id".to_vec())]);
            let raw = self.wire.raw.as_deref().map(|raw| scope.bytes(raw)).transpose().context("`raw`")?;
            Ok(Sent { which, raw, request: prepared.request(token)? })
        };
        tokens.into_iter().map(sent).collect()
    }
}

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
    assert!(entries.iter().all(|entry| entry.resolved.now.is_none()), "Envoy cannot be told the time");
    entries
}

fn load_file(forge: &Forge, path: &Path) -> Result<Vec<Entry>> {
    let file = CaseFile::read(forge.keys(), path)?;
    let entry = |mut case: mfa_gate::cases::load::ExpandedCase| {
        let own = taken(&mut case.members, &["tampering", "envoy", "shipped"]);
        let wire = match case.members.get_mut("request") {
            Some(Value::Object(request)) => taken(request, &["raw", "http2"]),
            _ => Value::Object(Map::new()),
        };
        let resolved = file.resolve(case)?;
        let own = serde_json::from_value(own).with_context(|| resolved.place())?;
        let wire = serde_json::from_value(wire).with_context(|| resolved.place())?;
        Ok(Entry { resolved, own, wire })
    };
    file.expand()?.into_iter().map(entry).collect()
}

/// The members of these names, taken out of the others.
pub fn taken(members: &mut Map<String, Value>, names: &[&str]) -> Value {
    names.iter().filter_map(|name| members.remove_entry(*name)).collect::<Map<_, _>>().into()
}

/// A configuration and its tokens, for tests that are not of the table.
pub struct Sample {
    pub config: Value,
    tokens: BTreeMap<String, ForgedToken>,
}

impl Sample {
    /// A file of `tests/cases/shared`.
    pub fn load(forge: &Forge, name: &str) -> Self {
        let path = super::repository("tests/cases/shared").join(name);
        let file = read_file::<ForgedToken>(&path).unwrap_or_else(|error| panic!("{error:#}"));
        let config = forge.scope(0).json(&file.config).unwrap_or_else(|error| panic!("{name}: {error:#}"));
        Sample { config, tokens: file.tokens }
    }

    /// A token as a case would describe it.
    pub fn mint(&self, forge: &Forge, spec: &Value, now: i64) -> Vec<u8> {
        let spec: ForgedToken = serde_json::from_value(spec.clone()).unwrap_or_else(|error| panic!("{spec}: {error}"));
        spec.mint(&forge.scope(now), &self.tokens).unwrap_or_else(|error| panic!("{error:#}"))
    }
}

/// What to call an entry in the table.
pub fn title(entry: &Entry) -> String {
    format!("{}: {}", file(entry), entry.resolved.name())
}

/// The name of an entry's file, without its extension.
pub fn file(entry: &Entry) -> String {
    entry.resolved.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// A request with the token `good` of the entry's file.
pub fn good(entry: &Entry, forge: &Forge, now: i64) -> Option<TestRequest> {
    let spec = entry.resolved.tokens.get("good")?;
    let token = spec.mint(&forge.scope(now), &entry.resolved.tokens);
    let token = token.unwrap_or_else(|error| panic!("{}: {error:#}", title(entry)));
    Some(TestRequest {
        method: b"GET".to_vec(),
        target: b"/v1/customers".to_vec(),
        host: Some(b"api.example.com".to_vec()),
        headers: vec![(b"authorization".to_vec(), [b"Bearer ", token.as_slice()].concat())],
        body: None,
        metadata: Vec::new(),
        left_by_jwt_authn: None,
        token: Some(token),
        upstream: BTreeMap::new(),
    })
}
