//! The table of cases in `tests/cases/*.yaml`. An invalid file fails the tests.

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
pub(crate) struct Entry {
    /// The fields that `mfa-gate test` has too, except for the tokens.
    pub resolved: ResolvedCase<ForgedToken>,
    /// The fields of the case that only the table has.
    pub own: OwnFields,
    /// The fields of its request that only the table has.
    pub wire: WireFields,
}

/// The fields of a case that only the table has.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct OwnFields {
    /// Tampering with the token: one request for each form.
    pub tampering: Option<Tampering>,
    /// Envoy's own answer, if the request does not reach the filter.
    pub envoy: Option<EnvoyAnswer>,
    /// The status with which Envoy rejects the request in the shipped settings, although the filter allows it.
    pub shipped: Option<u16>,
}

/// The fields of a request that can only be sent over a connection.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct WireFields {
    /// The bytes on the wire, for malformed requests.
    pub raw: Option<String>,
    /// Whether header lines are sent by HTTP/2, with upper-case names.
    pub http2: bool,
}

/// Envoy's own answer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum EnvoyAnswer {
    /// This status.
    Status(u16),
    /// Envoy may answer 400 itself to some requests of the case.
    MayRefuse,
}

impl<'de> Deserialize<'de> for EnvoyAnswer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) if text == "may refuse" => Ok(Self::MayRefuse),
            Value::Number(number) => {
                let status = number.as_u64().and_then(|status| u16::try_from(status).ok());
                status.map(EnvoyAnswer::Status).ok_or_else(|| D::Error::custom(format!("no status is {number}")))
            }
            other => Err(D::Error::custom(format!("is {other}, should be a status or `may refuse`"))),
        }
    }
}

/// One request of a case.
pub(crate) struct Sent {
    /// Its label among the requests of its case; empty if it is the only one.
    pub which: String,
    /// The request.
    pub request: TestRequest,
    /// The bytes on the wire, with `$id` for the id of the request.
    pub raw: Option<Vec<u8>>,
}

impl Entry {
    /// Whether the request can only be sent over a connection.
    pub(crate) fn is_for_envoy_alone(&self) -> bool {
        self.wire.raw.is_some() || self.wire.http2
    }

    /// The requests of the case: one, or one for each tampered form of the token.
    pub(crate) fn requests(&self, forge: &Forge, now: i64, upstream: &str) -> Result<Vec<Sent>> {
        let prepared = self.resolved.prepare(forge.keys(), now, upstream)?;
        let tokens = match self.own.tampering {
            None => vec![(String::new(), prepared.token.clone())],
            Some(tampering) => {
                let token = prepared.token.as_deref().context("no token to tamper with")?;
                tampering.all(token).into_iter().map(|(which, token)| (which, Some(token))).collect()
            }
        };
        let sent = |(which, token): (String, Option<Vec<u8>>)| {
            // The sender inserts the id.
            let scope = prepared.scope(token.as_deref()).with([("id", b"$id".to_vec())]);
            let raw = self.wire.raw.as_deref().map(|raw| scope.bytes(raw)).transpose().context("`raw`")?;
            Ok(Sent { which, raw, request: prepared.request(token)? })
        };
        tokens.into_iter().map(sent).collect()
    }
}

/// Every case of every file.
pub(crate) fn load(forge: &Forge) -> Vec<Entry> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(super::repository("tests/cases"))
        .expect("tests/cases")
        .map(|entry| entry.expect("an entry of tests/cases").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    paths.sort();
    let of_file = |path: &PathBuf| load_file(forge, path).unwrap_or_else(|error| panic!("{error:#}"));
    let entries: Vec<_> = paths.iter().flat_map(of_file).collect();
    assert!(entries.iter().all(|entry| entry.resolved.now.is_none()), "the clock of Envoy cannot be set");
    entries
}

fn load_file(forge: &Forge, path: &Path) -> Result<Vec<Entry>> {
    let file = CaseFile::read(forge.keys(), path)?;
    let entry = |mut case: mfa_gate::cases::load::ExpandedCase| {
        let own = remove_members(&mut case.members, &["tampering", "envoy", "shipped"]);
        let wire = match case.members.get_mut("request") {
            Some(Value::Object(request)) => remove_members(request, &["raw", "http2"]),
            _ => Value::Object(Map::new()),
        };
        let resolved = file.resolve(case)?;
        let own = serde_json::from_value(own).with_context(|| resolved.place())?;
        let wire = serde_json::from_value(wire).with_context(|| resolved.place())?;
        Ok(Entry { resolved, own, wire })
    };
    file.expand()?.into_iter().map(entry).collect()
}

/// Removes and returns the members with these names.
pub(crate) fn remove_members(members: &mut Map<String, Value>, names: &[&str]) -> Value {
    names.iter().filter_map(|name| members.remove_entry(*name)).collect::<Map<_, _>>().into()
}

/// A configuration and its tokens, for tests outside the table.
pub(crate) struct Sample {
    pub config: Value,
    tokens: BTreeMap<String, ForgedToken>,
}

impl Sample {
    /// A file of `tests/cases/shared`.
    pub(crate) fn load(forge: &Forge, name: &str) -> Self {
        let path = super::repository("tests/cases/shared").join(name);
        let file = read_file::<ForgedToken>(&path).unwrap_or_else(|error| panic!("{error:#}"));
        let config = forge.scope(0).json(&file.config).unwrap_or_else(|error| panic!("{name}: {error:#}"));
        Self { config, tokens: file.tokens }
    }

    /// Mints a token from a description as in a case.
    pub(crate) fn mint(&self, forge: &Forge, spec: &Value, now: i64) -> Vec<u8> {
        let spec: ForgedToken = serde_json::from_value(spec.clone()).unwrap_or_else(|error| panic!("{spec}: {error}"));
        spec.mint(&forge.scope(now), &self.tokens).unwrap_or_else(|error| panic!("{error:#}"))
    }
}

/// The title of a case.
pub(crate) fn title(entry: &Entry) -> String {
    format!("{}: {}", file(entry), entry.resolved.name())
}

/// The file name of a case, without the extension.
pub(crate) fn file(entry: &Entry) -> String {
    entry.resolved.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// A request with the token `good` of the case's file.
pub(crate) fn good(entry: &Entry, forge: &Forge, now: i64) -> Option<TestRequest> {
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
