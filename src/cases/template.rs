//! Replaces `$name` and `$name(arguments)` in the text of a case. `$$` is a dollar sign.

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Map, Value};

use super::test_keys::TestKeys;

/// Resolves a `$name(arguments)` that [`Scope`] does not know. `None` if the name is unknown here too.
pub type OtherNames = fn(keys: &TestKeys, name: &str, arguments: &str) -> Result<Option<Vec<u8>>>;

/// The names that a text may use, and their values.
#[derive(Clone)]
pub struct Scope<'a> {
    keys: &'a TestKeys,
    /// Seconds since 1970.
    now: i64,
    /// Names local to a text, such as `$token` in a header. The first of equal names wins.
    local: Vec<(&'a str, Vec<u8>)>,
    others: OtherNames,
}

impl<'a> Scope<'a> {
    /// The built-in names and `others`. `now` is in seconds since 1970.
    pub fn new(keys: &'a TestKeys, now: i64, others: OtherNames) -> Self {
        Scope { keys, now, local: Vec::new(), others }
    }

    /// A scope with additional names, which shadow equal names.
    pub fn with(&self, names: impl IntoIterator<Item = (&'a str, Vec<u8>)>) -> Self {
        let local = names.into_iter().chain(self.local.iter().cloned()).collect();
        Scope { local, ..self.clone() }
    }

    /// The keys for `$jwk` and for tokens.
    pub fn keys(&self) -> &'a TestKeys {
        self.keys
    }

    /// Replaces the names in a text. The result may not be UTF-8.
    pub fn bytes(&self, text: &str) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            out.extend_from_slice(before.as_bytes());
            if let Some(after) = after.strip_prefix('$') {
                out.push(b'$');
                rest = after;
                continue;
            }
            let (name, arguments, after) = split_name(after)
                .with_context(|| format!("`{text}`: `$` without a name; write `$$` for a dollar sign"))?;
            out.extend(self.resolve(name, arguments).with_context(|| format!("`{text}`"))?);
            rest = after;
        }
        out.extend_from_slice(rest.as_bytes());
        Ok(out)
    }

    /// Replaces the names in a text. The result must be UTF-8.
    pub fn text(&self, text: &str) -> Result<String> {
        String::from_utf8(self.bytes(text)?).map_err(|_| anyhow!("`{text}` is not UTF-8 after its names are replaced"))
    }

    /// Replaces the names in JSON strings. A string of only `$now(...)` becomes a number. An object with a member `$jwk`
    /// becomes that public key, overridden by its other members.
    pub fn json(&self, value: &Value) -> Result<Value> {
        Ok(match value {
            Value::String(text) if text.starts_with("$now") && !text.contains(' ') => {
                Value::from(self.text(text)?.parse::<i64>().map_err(|_| anyhow!("`{text}` is not a time"))?)
            }
            Value::String(text) => Value::String(self.text(text)?),
            Value::Array(items) => items.iter().map(|item| self.json(item)).collect::<Result<_>>()?,
            Value::Object(members) => Value::Object(self.object(members)?),
            other => other.clone(),
        })
    }

    /// Replaces the names in a JSON object.
    pub fn object(&self, members: &Map<String, Value>) -> Result<Map<String, Value>> {
        let mut members = members.clone();
        let mut object = match members.remove("$jwk") {
            Some(Value::String(name)) => self.keys.jwk(&name)?,
            Some(name) => bail!("`$jwk` names a key, not {name}"),
            None => Map::new(),
        };
        for name in members.remove("$without").and_then(|names| names.as_array().cloned()).unwrap_or_default() {
            let name = name.as_str().with_context(|| format!("`$without` lists names, not {name}"))?;
            object.remove(name).with_context(|| format!("the key has no member `{name}`"))?;
        }
        for (name, value) in &members {
            object.insert(self.text(name)?, self.json(value)?);
        }
        Ok(object)
    }

    fn resolve(&self, name: &str, arguments: &str) -> Result<Vec<u8>> {
        if let Some((_, value)) = self.local.iter().find(|(local, _)| *local == name) {
            return Ok(value.clone());
        }
        Ok(match name {
            "now" => {
                let offset = if arguments.is_empty() { 0 } else { number(arguments)? };
                (self.now + offset).to_string().into_bytes()
            }
            "hex" => (0..arguments.len())
                .step_by(2)
                .map(|at| arguments.get(at..at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok()))
                .collect::<Option<_>>()
                .with_context(|| format!("`{arguments}` is not hexadecimal"))?,
            "repeat" => {
                let (count, text) = counted(name, arguments)?;
                text.as_bytes().repeat(count)
            }
            // Repeats a text, with `#` replaced by `1`, `2`, ...
            "count" => {
                let (count, text) = counted(name, arguments)?;
                (0..count).flat_map(|n| text.replace('#', &n.to_string()).into_bytes()).collect()
            }
            other => match (self.others)(self.keys, other, arguments)? {
                Some(value) => value,
                None => bail!("unknown name `${other}`"),
            },
        })
    }
}

/// Parses a number in the arguments of a name.
///
/// # Errors
///
/// The text is not a number.
pub fn number(text: &str) -> Result<i64> {
    text.trim_start_matches('+').parse().map_err(|_| anyhow!("`{text}` is not a number"))
}

/// Parses a count and a text, separated by a space.
fn counted<'t>(name: &str, arguments: &'t str) -> Result<(usize, &'t str)> {
    let parts = arguments.split_once(' ').and_then(|(count, text)| Some((count.parse().ok()?, text)));
    parts.with_context(|| format!("expected `${name}(COUNT TEXT)`, found `{arguments}`"))
}

/// The name and the arguments at the start of the text, and the rest.
fn split_name(text: &str) -> Option<(&str, &str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if name.is_empty() {
        return None;
    }
    match rest.strip_prefix('(') {
        Some(rest) => rest.split_once(')').map(|(arguments, rest)| (name, arguments, rest)),
        None => Some((name, "", rest)),
    }
}

/// Replaces every `$each` with an alternative, and `$each.member` with a member of it. In a longer text the replacement is
/// text, else it keeps its type.
///
/// # Errors
///
/// The alternative lacks the member.
pub fn members_with_each(members: &Map<String, Value>, each: &Value) -> Result<Map<String, Value>> {
    members.iter().map(|(name, value)| Ok((name.clone(), with_each(value, each)?))).collect()
}

fn with_each(value: &Value, each: &Value) -> Result<Value> {
    Ok(match value {
        Value::String(text) if text == "$each" => each.clone(),
        Value::String(text) if text.starts_with("$each.") => {
            let member = each.get(&text["$each.".len()..]);
            member.with_context(|| format!("`{text}`: {each} has no such member"))?.clone()
        }
        Value::String(text) => {
            let plain = each.as_str().map_or_else(|| each.to_string(), str::to_owned);
            Value::String(text.replace("$each", &plain))
        }
        Value::Array(items) => items.iter().map(|item| with_each(item, each)).collect::<Result<_>>()?,
        Value::Object(members) => members_with_each(members, each)?.into(),
        other => other.clone(),
    })
}
