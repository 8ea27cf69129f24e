//! A value of the configuration and its path, so that an error can name the place.

use super::error::ConfigError;
use crate::time::Span;
use crate::wire::json::{Json, Number, Object};

/// The errors found so far.
#[derive(Debug, Default)]
pub struct Problems(Vec<ConfigError>);

impl Problems {
    pub fn add(&mut self, path: &str, message: impl Into<String>) {
        self.0.push(ConfigError { path: path.to_owned(), message: message.into() });
    }

    pub fn into_errors(self) -> Vec<ConfigError> {
        self.0
    }
}

/// A value and its path.
#[derive(Debug, Clone)]
pub struct Node<'a> {
    path: String,
    value: &'a Json<'a>,
}

impl<'a> Node<'a> {
    pub fn root(value: &'a Json<'a>) -> Self {
        Node { path: String::new(), value }
    }

    /// The value at a path.
    pub fn at(path: String, value: &'a Json<'a>) -> Self {
        Node { path, value }
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn json(&self) -> &'a Json<'a> {
        self.value
    }

    pub fn wrong(&self, problems: &mut Problems, message: impl Into<String>) {
        problems.add(&self.path, message);
    }

    fn mismatch<T>(&self, problems: &mut Problems, expected: &str) -> Option<T> {
        self.wrong(problems, format!("is {}, should be {expected}", self.value.kind()));
        None
    }

    /// The members of an object. Each unknown member is an error.
    pub fn members(&self, problems: &mut Problems, known: &[&str]) -> Option<&'a Object<'a>> {
        let Json::Object(members) = self.value else {
            return self.mismatch(problems, &format!("an object with {}", known.join(", ")));
        };
        for (name, _) in members.iter().filter(|(name, _)| !known.contains(name)) {
            let place = join(&self.path, name);
            problems.add(&place, format!("unknown field `{}`; known: {}", name.escape_debug(), known.join(", ")));
        }
        Some(members)
    }

    /// The members of an object, under names that the operator chooses.
    pub fn entries(&self, problems: &mut Problems) -> Option<Vec<(&'a str, Self)>> {
        let Json::Object(members) = self.value else { return self.mismatch(problems, "an object") };
        Some(members.iter().map(|(name, value)| (name, Node { path: join(&self.path, name), value })).collect())
    }

    /// The items of an array.
    pub fn items(&self, problems: &mut Problems) -> Option<Vec<Self>> {
        let Json::Array(items) = self.value else { return self.mismatch(problems, "an array") };
        let item = |(index, value)| Node { path: format!("{}[{index}]", self.path), value };
        Some(items.iter().enumerate().map(item).collect())
    }

    /// The strings of a non-empty array without duplicates.
    pub fn texts(&self, problems: &mut Problems) -> Option<Vec<&'a str>> {
        let items = self.items(problems)?;
        if items.is_empty() {
            self.wrong(problems, "is empty, should list at least one");
            return None;
        }
        let mut texts = Vec::new();
        let mut whole = true;
        for item in &items {
            match item.text(problems) {
                Some(text) if texts.contains(&text) => {
                    item.wrong(problems, format!("`{}` appears twice", text.escape_debug()))
                }
                Some(text) => texts.push(text),
                None => whole = false,
            }
        }
        whole.then_some(texts)
    }

    /// A string that is not empty.
    pub fn text(&self, problems: &mut Problems) -> Option<&'a str> {
        match self.value {
            Json::String(text) if text.is_empty() => {
                self.wrong(problems, "is empty");
                None
            }
            Json::String(text) => Some(text.as_ref()),
            _ => self.mismatch(problems, "a string"),
        }
    }

    pub fn boolean(&self, problems: &mut Problems) -> Option<bool> {
        match self.value {
            Json::Bool(value) => Some(*value),
            _ => self.mismatch(problems, "true or false"),
        }
    }

    /// An integer from `min` to `max`.
    pub fn integer(&self, problems: &mut Problems, min: u64, max: u64) -> Option<usize> {
        let Json::Number(Number::Unsigned(value)) = self.value else {
            return self.mismatch(problems, &format!("a whole number from {min} to {max}"));
        };
        if !(min..=max).contains(value) {
            self.wrong(problems, format!("is {value}, should be from {min} to {max}"));
            return None;
        }
        usize::try_from(*value).ok()
    }

    /// A duration such as `60s`, `10m` or `1h`, from `min` to `max` seconds.
    pub fn duration(&self, problems: &mut Problems, min: u32, max: u32) -> Option<Span> {
        let text = self.text(problems)?;
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = match text.strip_prefix(digits) {
            Some("s") => Some(1),
            Some("m") => Some(60),
            Some("h") => Some(3600),
            _ => None,
        };
        let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let seconds = if is_number { digits.parse::<u32>().ok() } else { None };
        let Some(seconds) = seconds.zip(unit).and_then(|(seconds, unit)| seconds.checked_mul(unit)) else {
            self.wrong(
                problems,
                format!("`{}` is not a duration; use for example `60s`, `10m` or `1h`", text.escape_debug()),
            );
            return None;
        };
        if !(min..=max).contains(&seconds) {
            self.wrong(problems, format!("`{text}` should be from {min}s to {max}s"));
            return None;
        }
        Some(Span::from_seconds(seconds))
    }

    /// The index of the value in a list of names.
    pub fn one_of(&self, problems: &mut Problems, what: &str, names: &[&str]) -> Option<usize> {
        let text = self.text(problems)?;
        let index = names.iter().position(|name| *name == text);
        if index.is_none() {
            self.wrong(problems, format!("unknown {what} `{}`; known: {}", text.escape_debug(), names.join(", ")));
        }
        index
    }
}

/// The path of a field of an object, in the notation of [`ConfigError::path`].
pub fn join(path: &str, name: &str) -> String {
    let name = name.escape_debug();
    if path.is_empty() { name.to_string() } else { format!("{path}.{name}") }
}
