//! The table of cases: what `tests/cases/*.yaml` says.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::answer;
use super::forge::Forge;
use super::template::{Scope, with_each};
use super::token::{Spoiling, TokenSpec};

/// One file: a configuration, and what it decides.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// A file of `tests/cases/shared` whose configuration and tokens these are laid over.
    #[serde(default)]
    like: Option<String>,
    /// The filter's configuration.
    #[serde(default)]
    config: Value,
    /// Tokens that cases share, by name.
    #[serde(default)]
    tokens: BTreeMap<String, TokenSpec>,
    /// Laid over every case.
    #[serde(default)]
    every_case: Map<String, Value>,
    #[serde(default)]
    cases: Vec<Map<String, Value>>,
}

/// One case: a request and what becomes of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The line of the attack catalogue, where it has one.
    #[serde(default)]
    pub id: Option<String>,
    pub name: String,
    /// Changes to the file's configuration (RFC 7386, JSON Merge Patch).
    #[serde(default, rename = "with")]
    config_patch: Option<Value>,
    #[serde(default)]
    pub request: RequestSpec,
    /// The token; without it the request carries none.
    #[serde(default)]
    token: Option<TokenChoice>,
    /// Tokens that jwt_authn has verified, by the name under which it leaves their claims.
    #[serde(default)]
    metadata: BTreeMap<String, TokenChoice>,
    /// Every spoilt form of the token, one request each.
    #[serde(default)]
    spoil: Option<Spoiling>,
    pub expect: Expected,
    /// What the answer has besides what its reason entails.
    #[serde(default)]
    pub answer: AnswerSpec,
    /// Request headers as the upstream sees them; null is one that it does not see.
    #[serde(default)]
    upstream: BTreeMap<String, Option<String>>,
    /// Envoy's own answer, where it does not ask the filter.
    #[serde(default)]
    pub envoy: Option<EnvoyAnswer>,
    /// The status by which Envoy's shipped settings refuse what the filter would allow.
    #[serde(default)]
    pub shipped: Option<u16>,
}

/// A token of the file by its name, or one described on the spot.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum TokenChoice {
    Named(String),
    Described(Box<TokenSpec>),
}

/// The request.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequestSpec {
    pub method: String,
    /// The request's target, as the request line has it.
    pub path: String,
    /// The Host header; null is none.
    pub host: Option<String>,
    /// Header lines in order. The token goes as `Authorization: Bearer` behind them, unless one is an Authorization or
    /// the request has `$token` in some place.
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
    /// The policy that the metadata of Envoy's route names.
    pub route_policy: Option<Value>,
    /// The bytes on the wire, for what no well-formed request can be. Seen by Envoy alone.
    pub raw: Option<String>,
    /// Lines of headers sent as HTTP/2, in which names may be upper case. Seen by Envoy alone.
    pub http2: bool,
}

impl Default for RequestSpec {
    fn default() -> Self {
        RequestSpec {
            method: "GET".to_owned(),
            path: "/v1/customers".to_owned(),
            host: Some("api.example.com".to_owned()),
            headers: Vec::new(),
            body: None,
            route_policy: None,
            raw: None,
            http2: false,
        }
    }
}

/// What becomes of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    Allow,
    /// Denied for this reason.
    Deny(String),
    /// Denied, for whatever reason: where each of many spoilt tokens is spoilt in its own way.
    DenyAny,
}

impl<'de> Deserialize<'de> for Expected {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "allow" => Ok(Expected::Allow),
            "any denial" => Ok(Expected::DenyAny),
            reason if answer::REASONS.iter().any(|known| known.reason == reason) => Ok(Expected::Deny(text)),
            _ => Err(serde::de::Error::custom(format!("`{text}` is neither `allow` nor a deny reason"))),
        }
    }
}

/// Headers and body of the answer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AnswerSpec {
    /// Headers by name; null is one that is not there.
    pub headers: BTreeMap<String, Option<String>>,
    /// Whether there is no body.
    pub no_body: bool,
}

/// Envoy's own answer.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
pub enum EnvoyAnswer {
    /// This status.
    Status(u16),
    /// It may have one.
    May(May),
}

/// What Envoy does with some requests of a case and not with others.
#[derive(Debug, Clone, Copy, Deserialize)]
pub enum May {
    /// Answer 400 itself.
    #[serde(rename = "may refuse")]
    Refuse,
}

/// A case with all that running it takes.
#[derive(Debug, Clone)]
pub struct Entry {
    pub file: String,
    pub case: Case,
    /// The place among the alternatives of its `each`.
    pub alternative: Option<String>,
    /// The filter's configuration, public keys and all.
    pub config: Value,
    tokens: BTreeMap<String, TokenSpec>,
}

/// A request, ready to be sent or judged.
pub struct Shot {
    /// What tells it from the other requests of its case.
    pub which: String,
    pub method: Vec<u8>,
    pub target: Vec<u8>,
    pub host: Option<Vec<u8>>,
    /// Header lines but for Host.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    pub body: Option<Vec<u8>>,
    pub raw: Option<Vec<u8>>,
    /// Tokens that jwt_authn has verified, by name.
    pub metadata: Vec<(String, Vec<u8>)>,
    /// The token, for searching logs.
    pub token: Option<Vec<u8>>,
    /// Headers as the upstream sees them.
    pub upstream: BTreeMap<String, Option<String>>,
}

/// Every case of every file.
pub fn load(forge: &Forge) -> Vec<Entry> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(super::repository("tests/cases"))
        .expect("tests/cases")
        .map(|entry| entry.expect("an entry of tests/cases").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    paths.sort();
    paths.iter().flat_map(|path| load_file(forge, path)).collect()
}

/// A configuration and its tokens, for tests that are not of the table.
pub struct Sample {
    pub config: Value,
    tokens: BTreeMap<String, TokenSpec>,
}

impl Sample {
    /// A file of `tests/cases/shared`.
    pub fn load(forge: &Forge, name: &str) -> Self {
        let file: File = super::yaml(&super::repository("tests/cases/shared").join(name));
        let scope = Scope { forge, now: 0, local: Vec::new() };
        Sample { config: scope.json(&file.config), tokens: file.tokens }
    }

    /// A token as a case would describe it.
    pub fn mint(&self, forge: &Forge, spec: &Value, now: i64) -> Vec<u8> {
        let spec: TokenSpec = serde_json::from_value(spec.clone()).unwrap_or_else(|error| panic!("{spec}: {error}"));
        spec.mint(&Scope { forge, now, local: Vec::new() }, &self.tokens)
    }
}

fn load_file(forge: &Forge, path: &std::path::Path) -> Vec<Entry> {
    let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
    let file: File = super::yaml(path);
    let scope = Scope { forge, now: 0, local: Vec::new() };
    let (mut config, mut tokens) = match &file.like {
        Some(name) => {
            let shared: File = super::yaml(&super::repository("tests/cases/shared").join(name));
            (shared.config, shared.tokens)
        }
        None => (Value::Null, BTreeMap::new()),
    };
    if !file.config.is_null() {
        merge(&mut config, &file.config);
    }
    let config = scope.json(&config);
    tokens.extend(file.tokens);
    let entry = |case: &Value, alternative: Option<String>| {
        let case: Case = serde_json::from_value(case.clone())
            .unwrap_or_else(|error| panic!("{}: {error}, in {case}", path.display()));
        let mut config = config.clone();
        if let Some(patch) = &case.config_patch {
            merge(&mut config, &scope.json(patch));
        }
        Entry { file: name.clone(), case, alternative, config, tokens: tokens.clone() }
    };
    let entries = file.cases.iter().flat_map(|case| {
        let mut case = case.clone();
        let each = case.remove("each");
        let case = completed(&file.every_case, &case);
        match each {
            None => vec![entry(&case, None)],
            Some(Value::Array(alternatives)) => {
                assert!(!alternatives.is_empty(), "{}: `each` is empty in {case}", path.display());
                let one = |each: &Value| entry(&with_each(&case, each), Some(short(each)));
                alternatives.iter().map(one).collect()
            }
            Some(other) => panic!("{}: `each` lists alternatives, not {other}", path.display()),
        }
    });
    entries.collect()
}

/// An alternative, short enough for a name.
fn short(each: &Value) -> String {
    let text = each.to_string();
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text,
    }
}

/// JSON Merge Patch (RFC 7386).
pub fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let Some(target) = target.as_object_mut() else { return };
    for (name, value) in patch {
        match value {
            Value::Null => drop(target.remove(name)),
            _ => merge(target.entry(name.clone()).or_insert(Value::Null), value),
        }
    }
}

/// A case with what it shares with the others of its file. Nulls stay: they mean something in a request and a token.
fn completed(shared: &Map<String, Value>, case: &Map<String, Value>) -> Value {
    let mut whole = shared.clone();
    for (name, value) in case {
        match (whole.get_mut(name), value) {
            (Some(Value::Object(shared)), Value::Object(own)) if name == "request" => shared.extend(own.clone()),
            _ => drop(whole.insert(name.clone(), value.clone())),
        }
    }
    Value::Object(whole)
}

impl Entry {
    /// What to call it.
    pub fn title(&self) -> String {
        let id = self.case.id.as_deref().map(|id| format!("{id} ")).unwrap_or_default();
        let alternative = self.alternative.as_deref().map(|each| format!(" [{each}]")).unwrap_or_default();
        format!("{}: {id}{}{alternative}", self.file, self.case.name)
    }

    /// The requests of the case: one, but for spoilt tokens.
    pub fn shots(&self, forge: &Forge, now: i64, upstream: &str) -> Vec<Shot> {
        let scope = |local| Scope { forge, now, local };
        let place = vec![("upstream", upstream.as_bytes().to_vec())];
        let mint = |spec: &TokenSpec| spec.mint(&scope(place.clone()), &self.tokens);
        let mut named: Vec<(&str, Vec<u8>)> = self
            .tokens
            .iter()
            .filter(|(name, _)| self.case.mentions(&format!("${name}")))
            .map(|(name, spec)| (name.as_str(), mint(spec)))
            .collect();
        named.extend(place.clone());
        let choose = |choice: &TokenChoice| match choice {
            TokenChoice::Named(name) => mint(
                self.tokens.get(name).unwrap_or_else(|| panic!("{}: the file has no token `{name}`", self.title())),
            ),
            TokenChoice::Described(spec) => spec.mint(&scope(named.clone()), &self.tokens),
        };
        let token = self.case.token.as_ref().map(choose);
        let metadata: Vec<_> = self.case.metadata.iter().map(|(name, choice)| (name.clone(), choose(choice))).collect();
        let tokens: Vec<(String, Option<Vec<u8>>)> = match (self.case.spoil, token) {
            (None, token) => vec![(String::new(), token)],
            (Some(spoiling), Some(token)) => {
                spoiling.all(&token).into_iter().map(|(which, token)| (which, Some(token))).collect()
            }
            (Some(_), None) => panic!("{}: no token to spoil", self.title()),
        };
        let shot = |(which, token): (String, Option<Vec<u8>>)| {
            let mut local = named.clone();
            local.extend(token.clone().map(|token| ("token", token)));
            Shot { metadata: metadata.clone(), ..self.shot(which, token, &scope(local)) }
        };
        tokens.into_iter().map(shot).collect()
    }

    fn shot(&self, which: String, token: Option<Vec<u8>>, scope: &Scope<'_>) -> Shot {
        let request = &self.case.request;
        let mut headers: Vec<(Vec<u8>, Vec<u8>)> =
            request.headers.iter().map(|(name, value)| (scope.bytes(name), scope.bytes(value))).collect();
        let is_placed = self.case.mentions("$token")
            || request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        if let Some(token) = &token
            && !is_placed
        {
            headers.push((b"Authorization".to_vec(), [b"Bearer ", token.as_slice()].concat()));
        }
        // The id is the sender's to fill in.
        let with_id = |text: &str| {
            let mut scope = Scope { forge: scope.forge, now: scope.now, local: scope.local.clone() };
            scope.local.push(("id", b"$id".to_vec()));
            scope.bytes(text)
        };
        Shot {
            which,
            method: scope.bytes(&request.method),
            target: scope.bytes(&request.path),
            host: request.host.as_deref().map(|host| scope.bytes(host)),
            headers,
            body: request.body.as_deref().map(|body| scope.bytes(body)),
            raw: request.raw.as_deref().map(with_id),
            metadata: Vec::new(),
            token,
            upstream: self
                .case
                .upstream
                .iter()
                .map(|(name, value)| (name.clone(), value.as_deref().map(|value| scope.text(value))))
                .collect(),
        }
    }

    /// A request with the file's token `good`.
    pub fn good(&self, forge: &Forge, now: i64) -> Option<Shot> {
        let spec = self.tokens.get("good")?;
        let token = spec.mint(&Scope { forge, now, local: Vec::new() }, &self.tokens);
        Some(Shot {
            which: String::new(),
            method: b"GET".to_vec(),
            target: RequestSpec::default().path.into_bytes(),
            host: RequestSpec::default().host.map(String::into_bytes),
            headers: vec![(b"authorization".to_vec(), [b"Bearer ", token.as_slice()].concat())],
            body: None,
            raw: None,
            metadata: Vec::new(),
            token: Some(token),
            upstream: BTreeMap::new(),
        })
    }

    /// Whether the request can only be made on a wire.
    pub fn is_for_envoy_alone(&self) -> bool {
        self.case.request.raw.is_some() || self.case.request.http2
    }
}

impl Case {
    fn mentions(&self, name: &str) -> bool {
        let request = &self.request;
        let mut texts = request.headers.iter().map(|(_, value)| value.as_str()).chain([request.path.as_str()]);
        let in_rest = |text: &Option<String>| text.as_deref().is_some_and(|text| text.contains(name));
        texts.any(|text| text.contains(name))
            || in_rest(&request.raw)
            || in_rest(&request.body)
            || matches!(&self.token, Some(TokenChoice::Described(spec)) if format!("{spec:?}").contains(name))
    }
}
