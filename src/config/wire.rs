//! The bytes that a host hands over: a `StringValue` arrives as its text, a `Struct` as protobuf.

use std::borrow::Cow;

use prost::{Message, Oneof};

use super::MAX_DEPTH;
use crate::json::{Json, Number, Object};

/// The largest configuration, in bytes: some fifty thousand routes.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// Below this a double holds every whole number exactly.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// Reads the configuration as JSON.
///
/// JSON is tried first. A `Struct` that is not empty is never JSON: it starts with the line feed that is its tag, and
/// the tags and lengths behind it are control characters, which JSON has nowhere inside a value.
pub fn read(bytes: &[u8]) -> Result<Json<'_>, String> {
    if bytes.len() > MAX_BYTES {
        return Err(format!("has {} bytes, at most {MAX_BYTES} are read", bytes.len()));
    }
    if bytes.trim_ascii().is_empty() {
        return Err("is empty; it is an object with at least `issuers` and `default`".to_owned());
    }
    let error = match Json::parse(bytes, MAX_DEPTH) {
        Ok(json) => return Ok(json),
        Err(error) => error,
    };
    match Struct::decode(bytes) {
        Ok(fields) => object(fields).map(Json::Object),
        Err(_) => Err(format!("is neither JSON ({error}) nor a google.protobuf.Struct")),
    }
}

/// `google.protobuf.Struct`, its map as the list of entries that it is on the wire, so that a name that comes twice is
/// seen.
#[derive(Clone, PartialEq, Message)]
struct Struct {
    #[prost(message, repeated, tag = "1")]
    fields: Vec<Field>,
}

#[derive(Clone, PartialEq, Message)]
struct Field {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "2")]
    value: Option<Value>,
}

#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(oneof = "Kind", tags = "1, 2, 3, 4, 5, 6")]
    kind: Option<Kind>,
}

#[derive(Clone, PartialEq, Oneof)]
enum Kind {
    #[prost(int32, tag = "1")]
    Null(i32),
    #[prost(double, tag = "2")]
    Number(f64),
    #[prost(string, tag = "3")]
    Text(String),
    #[prost(bool, tag = "4")]
    Bool(bool),
    #[prost(message, tag = "5")]
    Object(Struct),
    #[prost(message, tag = "6")]
    Array(List),
}

#[derive(Clone, PartialEq, Message)]
struct List {
    #[prost(message, repeated, tag = "1")]
    values: Vec<Value>,
}

fn object(fields: Struct) -> Result<Object<'static>, String> {
    let member = |Field { name, value }| Ok((Cow::Owned(name), json(value.unwrap_or_default())?));
    let members = fields.fields.into_iter().map(member).collect::<Result<_, String>>()?;
    Object::new(members).map_err(|name| format!("member `{}` appears twice", name.escape_debug()))
}

fn json(value: Value) -> Result<Json<'static>, String> {
    Ok(match value.kind {
        None | Some(Kind::Null(_)) => Json::Null,
        Some(Kind::Bool(value)) => Json::Bool(value),
        Some(Kind::Text(text)) => Json::String(Cow::Owned(text)),
        Some(Kind::Number(number)) => Json::Number(whole(number)),
        Some(Kind::Array(list)) => Json::Array(list.values.into_iter().map(json).collect::<Result<_, _>>()?),
        Some(Kind::Object(fields)) => Json::Object(object(fields)?),
    })
}

/// A Struct has doubles alone: whole ones were whole numbers when they were written.
fn whole(number: f64) -> Number {
    if number.fract() == 0.0 && (0.0..MAX_EXACT).contains(&number) {
        Number::Unsigned(number as u64)
    } else {
        Number::Float(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_struct_and_its_json_are_one_configuration() {
        let field = |name: &str, kind| Field { name: name.to_owned(), value: Some(Value { kind: Some(kind) }) };
        let list = Kind::Array(List { values: vec![Value { kind: Some(Kind::Bool(true)) }] });
        let fields = vec![field("a", list), field("n", Kind::Number(16384.0)), field("s", Kind::Text("ä".to_owned()))];
        let bytes = Struct { fields }.encode_to_vec();
        assert_eq!(read(&bytes), read(r#"{"a":[true],"n":16384,"s":"ä"}"#.as_bytes()));
    }

    #[test]
    fn anything_else_is_refused() {
        assert_eq!(read(b" \n").unwrap_err(), "is empty; it is an object with at least `issuers` and `default`");
        assert_eq!(
            read(b"{\"a\":1,\"a\":2}").unwrap_err(),
            "is neither JSON (member `a` appears twice at line 1 column 13) nor a google.protobuf.Struct"
        );
    }
}
