//! `google.protobuf.Struct`, protobuf's encoding of a JSON object.

use std::borrow::Cow;
use std::fmt;

use super::json::{Json, Number, Object};
use super::protobuf::{DecodeError, Fields, Value, put, put_head, size};

/// Below 2^53 a double represents every integer exactly.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// Why bytes were rejected as a Struct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StructError {
    /// They are not a Struct.
    NotAStruct,
    /// This name appears twice.
    Twice(String),
    /// The Struct nests too deeply.
    TooDeep,
    /// A number is not finite.
    NotFinite,
}

impl std::error::Error for StructError {}

impl fmt::Display for StructError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAStruct => f.write_str("not a google.protobuf.Struct"),
            Self::Twice(name) => write!(f, "member `{}` appears twice", name.escape_debug()),
            Self::TooDeep => f.write_str("nested too deeply"),
            Self::NotFinite => f.write_str("a number that is not finite"),
        }
    }
}

impl From<DecodeError> for StructError {
    fn from(_: DecodeError) -> Self {
        Self::NotAStruct
    }
}

/// Reads an encoded Struct with at most `max_depth` nested objects and lists.
///
/// # Errors
///
/// The bytes are not a Struct, a name appears twice, or the Struct nests too deeply.
pub fn read(bytes: &[u8], max_depth: usize) -> Result<Object<'_>, StructError> {
    let depth = max_depth.checked_sub(1).ok_or(StructError::TooDeep)?;
    let mut members = Vec::new();
    for field in Fields::of(bytes) {
        // On the wire a map is a list of entries.
        if let (1, Value::Bytes(entry)) = field? {
            members.push(member(entry, depth)?);
        }
    }
    Object::new(members).map_err(|name| StructError::Twice(name.into_owned()))
}

fn member(entry: &[u8], max_depth: usize) -> Result<(Cow<'_, str>, Json<'_>), StructError> {
    let (mut name, mut value) = (Cow::Borrowed(""), Json::Null);
    for field in Fields::of(entry) {
        match field? {
            (1, Value::Bytes(bytes)) => name = Cow::Borrowed(text(bytes)?),
            (2, Value::Bytes(bytes)) => value = json(bytes, max_depth)?,
            _ => {}
        }
    }
    Ok((name, value))
}

/// A `google.protobuf.Value`.
fn json(bytes: &[u8], max_depth: usize) -> Result<Json<'_>, StructError> {
    let mut value = Json::Null;
    for field in Fields::of(bytes) {
        value = match field? {
            (1, Value::Varint(_)) => Json::Null,
            (2, Value::Double(bytes)) => Json::Number(number(f64::from_le_bytes(bytes))?),
            (3, Value::Bytes(bytes)) => Json::String(Cow::Borrowed(text(bytes)?)),
            (4, Value::Varint(is)) => Json::Bool(is != 0),
            (5, Value::Bytes(bytes)) => Json::Object(read(bytes, max_depth)?),
            (6, Value::Bytes(bytes)) => Json::Array(list(bytes, max_depth)?),
            _ => return Err(StructError::NotAStruct),
        };
    }
    Ok(value)
}

fn list(bytes: &[u8], max_depth: usize) -> Result<Vec<Json<'_>>, StructError> {
    let depth = max_depth.checked_sub(1).ok_or(StructError::TooDeep)?;
    let mut items = Vec::new();
    for field in Fields::of(bytes) {
        if let (1, Value::Bytes(item)) = field? {
            items.push(json(item, depth)?);
        }
    }
    Ok(items)
}

fn text(bytes: &[u8]) -> Result<&str, StructError> {
    std::str::from_utf8(bytes).map_err(|_| StructError::NotAStruct)
}

/// A Struct has doubles only; an integral one was an integer in the JSON.
#[expect(clippy::as_conversions, reason = "exact below 2^53, and there is no `TryFrom<f64>`")]
fn number(number: f64) -> Result<Number, StructError> {
    if !number.is_finite() {
        return Err(StructError::NotFinite);
    }
    let is_exact = number.fract() == 0.0 && number.abs() < MAX_EXACT;
    Ok(match is_exact {
        true if number < 0.0 => Number::Negative(number as i64),
        true => Number::Unsigned(number as u64),
        false => Number::Float(number),
    })
}

/// Adds the member `name` with a string value to an encoded Struct.
pub fn add_text(members: &mut Vec<u8>, name: &str, text: &str) {
    const FIELDS: u32 = 1;
    const KEY: u32 = 1;
    const VALUE: u32 = 2;
    const STRING_VALUE: u32 = 3;
    let value_size = size(text.len());
    put_head(members, FIELDS, size(name.len()).saturating_add(size(value_size)));
    put(members, KEY, name.as_bytes());
    put_head(members, VALUE, value_size);
    put(members, STRING_VALUE, text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::protobuf::put_number;

    #[test]
    fn what_is_added_is_read_back() {
        let mut members = Vec::new();
        let long = "x".repeat(300);
        for (name, text) in [("a", ""), ("b", "\u{fc}"), ("c", long.as_str())] {
            add_text(&mut members, name, text);
        }
        let object = read(&members, 1).unwrap();
        assert_eq!(object.get("a").and_then(Json::as_str), Some(""));
        assert_eq!(object.get("b").and_then(Json::as_str), Some("\u{fc}"));
        assert_eq!(object.get("c").and_then(Json::as_str), Some(long.as_str()));
    }

    fn message(fields: &[(u32, &[u8])]) -> Vec<u8> {
        let mut message = Vec::new();
        fields.iter().for_each(|(number, value)| put(&mut message, *number, value));
        message
    }

    fn double(number: f64) -> Vec<u8> {
        [&[2 << 3 | 1][..], &number.to_le_bytes()].concat()
    }

    fn member(name: &str, value: &[u8]) -> Vec<u8> {
        message(&[(1, &message(&[(1, name.as_bytes()), (2, value)]))])
    }

    #[test]
    fn values_keep_their_kinds() {
        let (mut yes, mut null) = (Vec::new(), Vec::new());
        put_number(&mut yes, 4, 1);
        put_number(&mut null, 1, 0);
        let bytes = [
            member("a", &message(&[(6, &message(&[(1, &yes), (1, b"")]))])),
            member("n", &double(1_768_478_400.0)),
            member("m", &double(-1.0)),
            member("f", &double(0.5)),
            member("h", &double(1e300)),
            member("s", &message(&[(3, "ä".as_bytes())])),
            member("o", &message(&[(5, &member("x", &null))])),
        ];
        let text = r#"{"a":[true,null],"n":1768478400,"m":-1,"f":0.5,"h":1e300,"s":"ä","o":{"x":null}}"#;
        assert_eq!(read(&bytes.concat(), 2).map(Json::Object), Ok(Json::parse(text.as_bytes(), 2).unwrap()));
    }

    #[test]
    fn invalid_structs_are_rejected() {
        let refused = |bytes: &[u8]| read(bytes, 2).unwrap_err().to_string();
        assert_eq!(refused(&[member("a", b""), member("a", b"")].concat()), "member `a` appears twice");
        assert_eq!(refused(&member("a", &double(f64::NAN))), "a number that is not finite");
        for bytes in [&b"{}"[..], b"\x0a\x01", &member("a", b"\x18\x01"), &member("a", &message(&[(3, b"\xff")]))] {
            assert_eq!(refused(bytes), "not a google.protobuf.Struct", "{}", bytes.escape_ascii());
        }
        let list = |value: &[u8]| message(&[(6, &message(&[(1, value)]))]);
        let deep = member("a", &list(&list(b"")));
        assert_eq!(refused(&deep), "nested too deeply");
        assert!(read(&deep, 3).is_ok());
    }
}
