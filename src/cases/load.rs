//! The cases of a file, each with all that running it takes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::config::MAX_DEPTH;
use crate::wire::json::Json;
use anyhow::{Context, Result, anyhow, bail};
use chrono::DateTime;
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

use super::case::{Case, File};
use super::claims::{OfClaims, token_of};
use super::merge::{completed, merge};
use super::template::{Scope, with_each};
use super::test_keys::Forge;
use super::token::TokenSpec;
use super::yaml;

/// The longest alternative that stands in a case's name, in characters: an alternative may be a whole token.
const MAX_ALTERNATIVE: usize = 60;

/// A case with all that running it takes.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The file it stands in.
    pub path: PathBuf,
    /// The line it stands at.
    pub line: u64,
    /// The place among the file's cases.
    pub index: usize,
    /// The case.
    pub case: Case,
    /// The place among the alternatives of its `each`.
    pub alternative: Option<String>,
    /// Seconds since 1970, where the file says.
    pub now: Option<i64>,
    /// Where the configuration is from, as messages name it.
    #[allow(dead_code, reason = "the repository's own configurations are known to be right")]
    pub config_name: String,
    /// The filter's configuration, public keys and all.
    pub config: Value,
    /// The tokens that cases of the file share.
    pub tokens: BTreeMap<String, TokenSpec>,
    /// The token of the case's `claims`.
    pub of_claims: Option<OfClaims>,
}

impl Entry {
    /// What to call it among the cases of its file.
    pub fn name(&self) -> String {
        let id = self.case.id.as_deref().map(|id| format!("{id} ")).unwrap_or_default();
        let alternative = self.alternative.as_deref().map(|each| format!(" [{each}]")).unwrap_or_default();
        format!("{id}{}{alternative}", self.case.name)
    }

    /// Where it stands, as messages name it.
    #[allow(dead_code, reason = "a mistake in the repository's own cases is found by their names")]
    pub fn place(&self) -> String {
        place(&self.path, self.line, self.index, Some(&self.case.name))
    }

    /// Whether the request can only be made on a wire.
    pub fn is_for_envoy_alone(&self) -> bool {
        self.case.request.raw.is_some() || self.case.request.http2
    }
}

/// A file of cases, read but for the cases themselves: each may be wrong for itself.
pub fn read_file(path: &Path) -> Result<File> {
    let text = std::fs::read_to_string(path).with_context(|| quoted(path))?;
    yaml::read(&text).with_context(|| quoted(path))
}

/// Every case of a file.
///
/// # Errors
///
/// The first mistake, with the place of the case.
pub fn load_file(forge: &Forge, path: &Path) -> Result<Vec<Entry>> {
    let file = read_file(path)?;
    let whole = Whole::read(forge, file, path).with_context(|| quoted(path))?;
    let mut entries = Vec::new();
    for (index, case) in whole.cases.iter().enumerate() {
        let line = case.referenced.line();
        let name = case.value.get("name").and_then(Value::as_str);
        let of_case = whole.entries(index, line, &case.value).with_context(|| place(path, line, index, name));
        entries.extend(of_case?);
    }
    Ok(entries)
}

fn quoted(path: &Path) -> String {
    format!("`{}`", path.display())
}

fn place(path: &Path, line: u64, index: usize, name: Option<&str>) -> String {
    let name = name.map(|name| format!(" `{}`", name.escape_debug())).unwrap_or_default();
    format!("`{}:{line}`: cases[{index}]{name}", path.display())
}

/// A file with what it is laid over.
struct Whole<'f> {
    scope: Scope<'f>,
    path: &'f Path,
    now: Option<i64>,
    config_name: String,
    config: Value,
    tokens: BTreeMap<String, TokenSpec>,
    every_case: Map<String, Value>,
    cases: Vec<Spanned<Map<String, Value>>>,
}

impl<'f> Whole<'f> {
    fn read(forge: &'f Forge, file: File, path: &'f Path) -> Result<Self> {
        let scope = Scope { forge, now: 0, local: Vec::new() };
        let directory = path.parent().unwrap_or(Path::new(""));
        let (mut config, mut tokens, shared) = match &file.like {
            Some(name) => {
                let shared = read_file(&directory.join("shared").join(name)).context("`like`")?;
                (shared.config, shared.tokens, shared.every_case)
            }
            None => (Value::Null, BTreeMap::new(), Map::new()),
        };
        let mut config_name = "`config`".to_owned();
        let config = match &file.config {
            Value::String(name) => {
                let path = directory.join(name);
                config_name = quoted(&path);
                read_config(&path).context("`config`")?
            }
            own => {
                if !own.is_null() {
                    merge(&mut config, own);
                }
                if config.is_null() {
                    bail!("`config` is missing; it is the filter's configuration, or the name of its file");
                }
                scope.json(&config).context("`config`")?
            }
        };
        tokens.extend(file.tokens);
        let now = file.now.as_deref().map(seconds).transpose()?;
        if file.cases.is_empty() {
            bail!("`cases` is missing or empty; it lists the cases, each with `name` and `expect`");
        }
        let every_case = completed(&shared, &file.every_case);
        Ok(Whole { scope, path, now, config_name, config, tokens, every_case, cases: file.cases })
    }

    fn entries(&self, index: usize, line: u64, case: &Map<String, Value>) -> Result<Vec<Entry>> {
        let mut case = case.clone();
        let each = case.remove("each");
        let case = Value::Object(completed(&self.every_case, &case));
        let entry = |case: &Value, alternative| self.entry(index, line, case, alternative);
        match each {
            None => Ok(vec![entry(&case, None)?]),
            Some(Value::Array(alternatives)) if !alternatives.is_empty() => {
                alternatives.iter().map(|each| entry(&with_each(&case, each)?, Some(short(each)))).collect()
            }
            Some(other) => bail!("each: is `{other}`, should list alternatives"),
        }
    }

    fn entry(&self, index: usize, line: u64, case: &Value, alternative: Option<String>) -> Result<Entry> {
        let case: Case = serde_path_to_error::deserialize(case).map_err(|error| match error.path().to_string() {
            path if path == "." => anyhow!("{}", error.inner()),
            path => anyhow!("{path}: {}", error.inner()),
        })?;
        let mut config = self.config.clone();
        if let Some(patch) = &case.config_patch {
            merge(&mut config, &self.scope.json(patch).context("with")?);
        }
        let of_claims = match (&case.claims, &case.token) {
            (Some(_), Some(_)) => bail!("has `claims` and `token`; give one of them"),
            (Some(claims), None) => Some(token_of(&mut config, claims, &case.without, self.scope.forge)?),
            (None, _) if !case.without.is_empty() => bail!("has `without`, which goes with `claims`"),
            (None, _) => None,
        };
        Ok(Entry {
            path: self.path.to_owned(),
            line,
            index,
            case,
            alternative,
            now: self.now,
            config_name: self.config_name.clone(),
            config,
            tokens: self.tokens.clone(),
            of_claims,
        })
    }
}

/// A configuration in a file of its own: JSON by the name `.json`, else YAML. A dollar sign in it is one.
fn read_config(path: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(path).with_context(|| quoted(path))?;
    let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let value = match is_json {
        false => yaml::read(&text),
        // Strictly first: another reader keeps the last of two members of one name.
        true => Json::parse(text.as_bytes(), MAX_DEPTH)
            .map_err(|error| anyhow!("{error}"))
            .and_then(|_| Ok(serde_json::from_str(&text)?)),
    };
    value.with_context(|| quoted(path))
}

fn seconds(text: &str) -> Result<i64> {
    let time = DateTime::parse_from_rfc3339(text);
    let time = time
        .map_err(|error| anyhow!("`now`: expected a time such as `2026-01-31T12:00:00Z`; found `{text}`: {error}"))?;
    Ok(time.timestamp())
}

/// An alternative, short enough for a name.
fn short(each: &Value) -> String {
    let text = each.to_string();
    match text.char_indices().nth(MAX_ALTERNATIVE) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text,
    }
}
