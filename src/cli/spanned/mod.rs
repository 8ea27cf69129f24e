//! YAML and JSON together with the place of every value in its file, so that a message can point at a line.

mod embedded;
mod json;
mod node;
mod yaml;

use std::collections::BTreeMap;
use std::ops::Range;

use mfa_gate::config::join;
use mfa_gate::wire::json::{Json, Object};

use node::{Node, Value};

/// How deep a file may nest. Envoy's own come to some thirty levels.
const MAX_DEPTH: usize = 64;

/// A value that was read from a file, and where everything in it stands.
#[derive(Debug, Clone)]
pub struct Located {
    json: Json<'static>,
    places: BTreeMap<String, Range<usize>>,
}

/// Why a file is not what it should be, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Syntax {
    /// What is wrong.
    pub message: String,
    /// Where, in bytes of the file.
    pub span: Range<usize>,
}

impl Located {
    /// Reads the documents of a text: YAML, of which JSON is nearly a part.
    ///
    /// # Errors
    ///
    /// What a parser says, a key twice, or nesting beyond any use.
    pub fn read(text: &str) -> Result<Vec<Self>, Syntax> {
        if !text.trim_start().starts_with(['{', '[']) {
            return yaml::read(text).map(|documents| documents.into_iter().map(Located::from).collect());
        }
        // What is no JSON may still be YAML's flow style; what is neither was meant to be JSON.
        let not_json = match Located::read_json(text) {
            Ok(located) => return Ok(vec![located]),
            Err(syntax) => syntax,
        };
        let documents = yaml::read(text).map_err(|_| not_json)?;
        Ok(documents.into_iter().map(Located::from).collect())
    }

    /// Reads JSON.
    ///
    /// # Errors
    ///
    /// Not JSON, a member twice, or nesting beyond any use.
    pub fn read_json(text: &str) -> Result<Self, Syntax> {
        json::read(text).map(Located::from)
    }

    /// Reads the JSON in one of the strings of a YAML or JSON file.
    ///
    /// `within` is where the string stands in `file`. The places are those in the file, as exact as its quoting lets them
    /// be: in a block (`|`) and in a string without escapes on one line to the byte, else the whole string.
    ///
    /// # Errors
    ///
    /// As for [`Located::read_json`].
    pub fn read_embedded(text: &str, file: &str, within: Range<usize>) -> Result<Self, Syntax> {
        embedded::read(text, file, within)
    }

    /// The value.
    pub fn json(&self) -> &Json<'static> {
        &self.json
    }

    /// Where the field at a path stands, such as `routes[2].policy`; the nearest around it where it is missing.
    pub fn place(&self, path: &str) -> Range<usize> {
        let mut path = path;
        loop {
            match self.places.get(path) {
                Some(place) => return place.clone(),
                None if path.is_empty() => return 0..0,
                // The path of a member with a dot in its name is shortened once more than others.
                None => path = &path[..path.rfind(['.', '[']).unwrap_or(0)],
            }
        }
    }

    /// The same, but none where nothing on the way to the field is there.
    pub fn place_on_the_way(&self, path: &str) -> Option<Range<usize>> {
        let first = path.find(['.', '[']).map_or(path, |end| &path[..end]);
        self.places.contains_key(first).then(|| self.place(path))
    }

    /// The value at a path as one of its own, with paths that start there.
    pub fn below(&self, path: &str, json: &Json<'static>) -> Self {
        let relative = |at: &str| match at.strip_prefix(path)? {
            rest if rest.is_empty() || path.is_empty() || rest.starts_with('[') => Some(rest.to_owned()),
            rest => rest.strip_prefix('.').map(str::to_owned),
        };
        let places = self.places.iter().filter_map(|(at, place)| Some((relative(at)?, place.clone())));
        Located { json: json.clone(), places: places.collect() }
    }
}

impl From<Node> for Located {
    fn from(node: Node) -> Self {
        let mut places = BTreeMap::new();
        let json = settle(node, String::new(), &mut places);
        Located { json, places }
    }
}

fn settle(node: Node, path: String, places: &mut BTreeMap<String, Range<usize>>) -> Json<'static> {
    let json = match node.value {
        Value::Scalar(json) => json,
        Value::Array(items) => {
            let item = |(index, item)| settle(item, format!("{path}[{index}]"), places);
            Json::Array(items.into_iter().enumerate().map(item).collect())
        }
        Value::Object(members) => {
            let member = |(name, value): (String, Node)| {
                let value = settle(value, join(&path, &name), places);
                (name.into(), value)
            };
            let object = Object::new(members.into_iter().map(member).collect());
            Json::Object(object.unwrap_or_else(|name| unreachable!("a reader let `{name}` pass twice")))
        }
    };
    places.insert(path, node.span);
    json
}

/// The byte at a line and a column, counted from 1; the nearest before it where there is none.
fn offset(text: &str, line: usize, column: usize, bytes_of: impl Fn(char) -> usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let line = text.get(start..).unwrap_or_default().lines().next().unwrap_or_default();
    let mut left = column.saturating_sub(1);
    let before = line.chars().take_while(|&c| {
        let passed = left >= bytes_of(c);
        left = left.saturating_sub(bytes_of(c));
        passed
    });
    start + before.map(char::len_utf8).sum::<usize>()
}

/// The line and the column of a byte, counted from 1; columns are characters.
pub fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line..].chars().count() + 1)
}

#[cfg(test)]
mod tests;
