//! YAML with positions.

use std::fmt;
use std::ops::Range;

use mfa_gate::wire::json::Json;
use serde::de::{Deserialize, Deserializer, Error as _, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use super::node::{Node, Value};
use super::syntax::{SyntaxError, offset};
use mfa_gate::cases::yaml;

/// Parses every document that is not empty.
pub(super) fn read(text: &str) -> Result<Vec<Node>, SyntaxError> {
    let documents = serde_saphyr::from_multiple_with_options::<Spanned<Tree>>(text, yaml::options());
    let documents = documents.map_err(|error| {
        let span = error.location().map(|location| place(location, text)).unwrap_or_default();
        // The output shows the source line.
        let message = error.render_with_formatter(&serde_saphyr::UserMessageFormatter);
        let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
        SyntaxError { message: message.to_owned(), span }
    })?;
    Ok(documents.into_iter().map(|document| node(document, text)).collect())
}

/// A value with the positions of its parts.
enum Tree {
    Scalar(Json<'static>),
    Array(Vec<Spanned<Self>>),
    Object(Vec<(String, Spanned<Self>)>),
}

fn node(tree: Spanned<Tree>, text: &str) -> Node {
    // The position of the anchor, not of an alias.
    let start = bytes(tree.defined);
    let inside = |parts: &mut dyn Iterator<Item = &Node>| parts.map(|part| part.span.end).max().unwrap_or(start.end);
    let (value, end) = match tree.value {
        Tree::Scalar(json) => (Value::Scalar(json), start.end),
        Tree::Array(items) => {
            let items: Vec<_> = items.into_iter().map(|item| node(item, text)).collect();
            let end = inside(&mut items.iter());
            (Value::Array(items), closed(text, start.start, end, '[', ']'))
        }
        Tree::Object(members) => {
            let members: Vec<_> = members.into_iter().map(|(name, value)| (name, node(value, text))).collect();
            let end = inside(&mut members.iter().map(|(_, value)| value));
            (Value::Object(members), closed(text, start.start, end, '{', '}'))
        }
    };
    Node { value, span: start.start..end.max(start.end) }
}

/// The end of a collection: the parser reports only its start. It ends after its last part, in flow style after the bracket.
fn closed(text: &str, start: usize, end: usize, open: char, close: char) -> usize {
    let is_flow = text.get(start..).is_some_and(|rest| rest.starts_with(open));
    let rest = text.get(end..).unwrap_or_default();
    match rest.find(close) {
        Some(at) if is_flow => end + at + 1,
        _ => end,
    }
}

/// The position of an error. Some errors have only line and column.
fn place(location: Location, text: &str) -> Range<usize> {
    if location.span().byte_offset().is_some() {
        return bytes(location);
    }
    let number = |part: u64| usize::try_from(part).unwrap_or_default();
    let at = offset(text, number(location.line()), number(location.column()), |_| 1);
    at..at
}

fn bytes(location: Location) -> Range<usize> {
    let span = location.span();
    let number = |part: Option<u64>| part.and_then(|part| usize::try_from(part).ok()).unwrap_or_default();
    let start = number(span.byte_offset());
    start..start + number(span.byte_len())
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Parts)
    }
}

struct Parts;

/// A scalar, converted by the filter's own parser.
fn scalar<'de, E: serde::de::Error>(value: impl IntoDeserializer<'de, E>) -> Result<Tree, E> {
    Json::deserialize(value.into_deserializer(), 0).map(|json| Tree::Scalar(json.into_owned()))
}

impl<'de> Visitor<'de> for Parts {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Tree, E> {
        scalar(())
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Tree, E> {
        scalar(value)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Tree, E> {
        scalar(value)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Tree, E> {
        scalar(value)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Tree, E> {
        scalar(value)
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Tree, E> {
        scalar(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Tree::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let mut members: Vec<(String, Spanned<Tree>)> = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, _>()? {
            if members.iter().any(|(other, _)| *other == name) {
                return Err(A::Error::custom(format_args!("member `{}` appears twice", name.escape_debug())));
            }
            members.push((name, value));
        }
        Ok(Tree::Object(members))
    }
}
