//! `google.protobuf.Struct`, which is how protobuf writes JSON, read as such.

use std::borrow::Cow;
use std::fmt;

use crate::json::{Json, Number, Object};
use crate::protobuf::{Fields, NoMessage, Value};

/// Below this a double holds every whole number exactly.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// Why bytes are no Struct, or one that is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// They are not that message.
    NoStruct,
    /// They are, but have a name twice; this one.
    Twice(String),
    /// They are, but nest too deeply.
    TooDeep,
    /// They are, but have a number that is not finite.
    NotFinite,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::NoStruct => f.write_str("not a google.protobuf.Struct"),
            Unreadable::Twice(name) => write!(f, "member `{}` appears twice", name.escape_debug()),
            Unreadable::TooDeep => f.write_str("nested too deeply"),
            Unreadable::NotFinite => f.write_str("a number that is not finite"),
        }
    }
}

impl From<NoMessage> for Unreadable {
    fn from(_: NoMessage) -> Self {
        Unreadable::NoStruct
    }
}

/// Reads the Struct that is these bytes, with at most `max_depth` objects and lists within one another.
///
/// # Errors
///
/// It is none, has a name twice, or nests more deeply.
pub fn read(bytes: &[u8], max_depth: usize) -> Result<Object<'_>, Unreadable> {
    let depth = max_depth.checked_sub(1).ok_or(Unreadable::TooDeep)?;
    let mut members = Vec::new();
    for field in Fields::of(bytes) {
        // A map is a list of entries on the wire.
        if let (1, Value::Bytes(entry)) = field? {
            members.push(member(entry, depth)?);
        }
    }
    Object::new(members).map_err(|name| Unreadable::Twice(name.into_owned()))
}

fn member(entry: &[u8], max_depth: usize) -> Result<(Cow<'_, str>, Json<'_>), Unreadable> {
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
fn json(bytes: &[u8], max_depth: usize) -> Result<Json<'_>, Unreadable> {
    let mut value = Json::Null;
    for field in Fields::of(bytes) {
        value = match field? {
            (1, Value::Varint(_)) => Json::Null,
            (2, Value::Double(bytes)) => Json::Number(number(f64::from_le_bytes(bytes))?),
            (3, Value::Bytes(bytes)) => Json::String(Cow::Borrowed(text(bytes)?)),
            (4, Value::Varint(is)) => Json::Bool(is != 0),
            (5, Value::Bytes(bytes)) => Json::Object(read(bytes, max_depth)?),
            (6, Value::Bytes(bytes)) => Json::Array(list(bytes, max_depth)?),
            _ => return Err(Unreadable::NoStruct),
        };
    }
    Ok(value)
}

fn list(bytes: &[u8], max_depth: usize) -> Result<Vec<Json<'_>>, Unreadable> {
    let depth = max_depth.checked_sub(1).ok_or(Unreadable::TooDeep)?;
    let mut items = Vec::new();
    for field in Fields::of(bytes) {
        if let (1, Value::Bytes(item)) = field? {
            items.push(json(item, depth)?);
        }
    }
    Ok(items)
}

fn text(bytes: &[u8]) -> Result<&str, Unreadable> {
    std::str::from_utf8(bytes).map_err(|_| Unreadable::NoStruct)
}

/// A Struct has doubles alone: whole ones were whole numbers when they were written.
fn number(number: f64) -> Result<Number, Unreadable> {
    if !number.is_finite() {
        return Err(Unreadable::NotFinite);
    }
    let is_exact = number.fract() == 0.0 && number.abs() < MAX_EXACT;
    Ok(match is_exact {
        true if number < 0.0 => Number::Negative(number as i64),
        true => Number::Unsigned(number as u64),
        false => Number::Float(number),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protobuf::{put, put_number};

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
    fn what_no_json_is_is_refused() {
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
