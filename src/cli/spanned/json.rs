//! JSON with positions. A `RawValue` borrows from the input, so its address gives its position.

use std::fmt;
use std::ops::Range;

use mfa_gate::wire::json::Json;
use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::node::{Node, Value};
use super::syntax::{MAX_DEPTH, SyntaxError, offset};

pub(super) fn read(text: &str) -> Result<Node, SyntaxError> {
    let raw = serde_json::from_str::<&RawValue>(text).map_err(|error| {
        // serde_json's columns are bytes.
        let at = offset(text, error.line(), error.column(), char::len_utf8);
        SyntaxError { message: without_place(&error.to_string()), span: at..at }
    })?;
    Reader { text }.node(raw.get(), MAX_DEPTH)
}

struct Reader<'t> {
    text: &'t str,
}

impl<'t> Reader<'t> {
    fn place(&self, raw: &str) -> Range<usize> {
        let start = raw.as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
        start..start + raw.len()
    }

    fn wrong(&self, raw: &str, message: impl Into<String>) -> SyntaxError {
        SyntaxError { message: message.into(), span: self.place(raw) }
    }

    fn node(&self, raw: &'t str, depth: usize) -> Result<Node, SyntaxError> {
        let Some(inner) = depth.checked_sub(1) else { return Err(self.wrong(raw, "nested too deeply")) };
        let wrong = |error: serde_json::Error| self.wrong(raw, without_place(&error.to_string()));
        let value = match raw.as_bytes().first() {
            Some(b'{') => {
                let members = serde_json::Deserializer::from_str(raw).deserialize_map(Members).map_err(wrong)?;
                let mut found: Vec<(String, Node)> = Vec::new();
                for (name, raw) in members {
                    if found.iter().any(|(other, _)| *other == name) {
                        return Err(self.wrong(raw.get(), format!("member `{}` appears twice", name.escape_debug())));
                    }
                    found.push((name, self.node(raw.get(), inner)?));
                }
                Value::Object(found)
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(raw).map_err(wrong)?;
                Value::Array(items.into_iter().map(|item| self.node(item.get(), inner)).collect::<Result<_, _>>()?)
            }
            _ => {
                let json = Json::parse(raw.as_bytes(), 0);
                Value::Scalar(json.map_err(|error| self.wrong(raw, without_place(&error.to_string())))?.into_owned())
            }
        };
        Ok(Node { value, span: self.place(raw) })
    }
}

/// The members of an object in order, including duplicates.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

/// Removes the position from a message of serde_json: the output shows the source line.
fn without_place(message: &str) -> String {
    message.rsplit_once(" at line ").map_or(message, |(message, _)| message).to_owned()
}
