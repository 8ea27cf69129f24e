//! Reads files of cases, and resolves each case with its shared members and its configuration.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::config::MAX_DEPTH;
use crate::wire::json::Json;
use anyhow::{Context, Result, anyhow, bail};
use chrono::DateTime;
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

use super::case::{Case, File};
use super::claims::{ClaimsToken, token_from_claims};
use super::merge::{merge, with_shared};
use super::template::{Scope, members_with_each};
use super::test_keys::TestKeys;
use super::token::{TokenFormat, TokenSpec};
use super::yaml;

/// The maximum length of an alternative in a case's name, in characters: an alternative may be a complete token.
const MAX_ALTERNATIVE: usize = 60;

/// A case with everything needed to create and decide its request.
#[derive(Debug, Clone)]
pub struct ResolvedCase<T = TokenSpec> {
    /// The file of the case.
    pub path: PathBuf,
    /// The line of the case.
    pub line: u64,
    /// The index among the cases of the file.
    pub index: usize,
    /// The case.
    pub case: Case<T>,
    /// The item of the case's `each`, shortened.
    pub alternative: Option<String>,
    /// The time that the file sets, in seconds since 1970.
    pub now: Option<i64>,
    /// The source of the configuration, for messages.
    pub config_name: String,
    /// The filter's configuration, with test keys added.
    pub config: Value,
    /// The tokens that cases of the file share.
    pub tokens: BTreeMap<String, T>,
    /// The token for the case's `claims`.
    pub claims_token: Option<ClaimsToken>,
}

impl<T> ResolvedCase<T> {
    /// The name, unique among the cases of the file.
    pub fn name(&self) -> String {
        let id = self.case.id.as_deref().map(|id| format!("{id} ")).unwrap_or_default();
        let alternative = self.alternative.as_deref().map(|each| format!(" [{each}]")).unwrap_or_default();
        format!("{id}{}{alternative}", self.case.name)
    }

    /// The place of the case, for messages.
    pub fn place(&self) -> String {
        place(&self.path, self.line, self.index, Some(&self.case.name))
    }
}

/// Reads a file of cases. The cases themselves stay unparsed.
///
/// # Errors
///
/// The file cannot be read, or is not in the format of [`File`].
pub fn read_file<T: TokenFormat>(path: &Path) -> Result<File<T>> {
    let text = std::fs::read_to_string(path).with_context(|| quoted(path))?;
    yaml::read(&text).with_context(|| quoted(path))
}

/// Reads and resolves every case of a file.
///
/// # Errors
///
/// The first error, with the place of the case.
pub fn load_file(keys: &TestKeys, path: &Path) -> Result<Vec<ResolvedCase>> {
    let file = CaseFile::read(keys, path)?;
    file.expand()?.into_iter().map(|case| file.resolve(case)).collect()
}

fn quoted(path: &Path) -> String {
    format!("`{}`", path.display())
}

fn place(path: &Path, line: u64, index: usize, name: Option<&str>) -> String {
    let name = name.map(|name| format!(" `{}`", name.escape_debug())).unwrap_or_default();
    format!("`{}:{line}`: cases[{index}]{name}", path.display())
}

/// A file of cases, merged with the shared file that it extends.
pub struct CaseFile<'k, T = TokenSpec> {
    scope: Scope<'k>,
    path: PathBuf,
    now: Option<i64>,
    config_name: String,
    config: Value,
    tokens: BTreeMap<String, T>,
    every_case: Map<String, Value>,
    cases: Vec<Spanned<Map<String, Value>>>,
}

/// An unparsed case, with the members of `every_case`, for one item of `each`.
#[derive(Debug)]
pub struct ExpandedCase {
    /// The members.
    pub members: Map<String, Value>,
    line: u64,
    index: usize,
    alternative: Option<String>,
}

impl<'k, T: TokenFormat> CaseFile<'k, T> {
    /// Reads the file at `path`.
    ///
    /// # Errors
    ///
    /// The file, or a file that it names, cannot be read or has an error outside its cases.
    pub fn read(keys: &'k TestKeys, path: &Path) -> Result<Self> {
        let file = read_file(path)?;
        Self::combine(keys, file, path).with_context(|| quoted(path))
    }

    fn combine(keys: &'k TestKeys, file: File<T>, path: &Path) -> Result<Self> {
        let scope = Scope::new(keys, 0, T::resolve);
        let directory = path.parent().unwrap_or(Path::new(""));
        let (mut config, mut tokens, shared) = match &file.like {
            Some(name) => {
                let shared: File<T> = read_file(&directory.join("shared").join(name)).context("`like`")?;
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
                    bail!("`config` is missing; write the filter's configuration, or the name of a file with it");
                }
                scope.json(&config).context("`config`")?
            }
        };
        tokens.extend(file.tokens);
        let now = file.now.as_deref().map(seconds).transpose()?;
        if file.cases.is_empty() {
            bail!("`cases` is missing or empty; list the cases, each with `name` and `expect`");
        }
        let every_case = with_shared(&shared, &file.every_case);
        let path = path.to_owned();
        Ok(CaseFile { scope, path, now, config_name, config, tokens, every_case, cases: file.cases })
    }

    /// Expands the cases: one for each item of `each`.
    ///
    /// # Errors
    ///
    /// An error in `each`, with the place of the case.
    pub fn expand(&self) -> Result<Vec<ExpandedCase>> {
        let mut expanded = Vec::new();
        for (index, case) in self.cases.iter().enumerate() {
            let line = case.referenced.line();
            let alternatives = self.alternatives(line, index, &case.value);
            expanded.extend(alternatives.with_context(|| self.place(line, index, &case.value))?);
        }
        Ok(expanded)
    }

    fn alternatives(&self, line: u64, index: usize, case: &Map<String, Value>) -> Result<Vec<ExpandedCase>> {
        let mut case = case.clone();
        let each = case.remove("each");
        let case = with_shared(&self.every_case, &case);
        match each {
            None => Ok(vec![ExpandedCase { members: case, line, index, alternative: None }]),
            Some(Value::Array(items)) if !items.is_empty() => {
                let alternative = |each| {
                    let members = members_with_each(&case, each)?;
                    Ok(ExpandedCase { members, line, index, alternative: Some(short(each)) })
                };
                items.iter().map(alternative).collect()
            }
            Some(other) => bail!("each: is `{other}`, must be a list of alternatives"),
        }
    }

    fn place(&self, line: u64, index: usize, case: &Map<String, Value>) -> String {
        place(&self.path, line, index, case.get("name").and_then(Value::as_str))
    }

    /// Parses a case, and resolves its configuration and token.
    ///
    /// # Errors
    ///
    /// An error in the case, with its place.
    pub fn resolve(&self, case: ExpandedCase) -> Result<ResolvedCase<T>> {
        let place = self.place(case.line, case.index, &case.members);
        self.resolve_members(case).context(place)
    }

    fn resolve_members(&self, expanded: ExpandedCase) -> Result<ResolvedCase<T>> {
        let ExpandedCase { members, line, index, alternative } = expanded;
        let case: Case<T> = serde_path_to_error::deserialize(Value::Object(members)).map_err(|error| {
            match error.path().to_string() {
                path if path == "." => anyhow!("{}", error.inner()),
                path => anyhow!("{path}: {}", error.inner()),
            }
        })?;
        let mut config = self.config.clone();
        if let Some(patch) = &case.config_patch {
            merge(&mut config, &self.scope.json(patch).context("with")?);
        }
        let claims_token = match (&case.claims, &case.token) {
            (Some(_), Some(_)) => bail!("has `claims` and `token`; give one of them"),
            (Some(claims), None) => Some(token_from_claims(&mut config, claims, &case.without, self.scope.keys())?),
            (None, _) if !case.without.is_empty() => bail!("has `without` but no `claims`"),
            (None, _) => None,
        };
        Ok(ResolvedCase {
            path: self.path.clone(),
            line,
            index,
            case,
            alternative,
            now: self.now,
            config_name: self.config_name.clone(),
            config,
            tokens: self.tokens.clone(),
            claims_token,
        })
    }
}

/// Reads a separate configuration file: JSON if its name ends with `.json`, else YAML. It has no `$` names.
fn read_config(path: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(path).with_context(|| quoted(path))?;
    let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let value = match is_json {
        false => yaml::read(&text),
        // The strict parser runs first: it rejects duplicate members, of which serde_json keeps the last.
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

/// The text of an alternative, truncated for a name.
fn short(each: &Value) -> String {
    let text = each.to_string();
    match text.char_indices().nth(MAX_ALTERNATIVE) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text,
    }
}
