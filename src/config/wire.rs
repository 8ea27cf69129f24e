//! The bytes that a host hands over: a `StringValue` arrives as its text, a `Struct` as protobuf.

use std::borrow::Cow;

use prost::Message as _;
use prost_types::value::Kind;
use prost_types::{Struct, Value};

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

fn object(fields: Struct) -> Result<Object<'static>, String> {
    // A map on the wire may repeat a key; prost keeps the last, as protobuf demands. Envoy writes none twice.
    fields.fields.into_iter().map(|(name, value)| Ok((Cow::Owned(name), json(value)?))).collect()
}

fn json(value: Value) -> Result<Json<'static>, String> {
    Ok(match value.kind {
        None | Some(Kind::NullValue(_)) => Json::Null,
        Some(Kind::BoolValue(value)) => Json::Bool(value),
        Some(Kind::StringValue(text)) => Json::String(Cow::Owned(text)),
        Some(Kind::NumberValue(number)) => Json::Number(whole(number)),
        Some(Kind::ListValue(list)) => Json::Array(list.values.into_iter().map(json).collect::<Result<_, _>>()?),
        Some(Kind::StructValue(fields)) => Json::Object(object(fields)?),
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
        let list = Value {
            kind: Some(Kind::ListValue(prost_types::ListValue {
                values: vec![Value { kind: Some(Kind::BoolValue(true)) }],
            })),
        };
        let fields = [
            ("a".to_owned(), list),
            ("n".to_owned(), Value { kind: Some(Kind::NumberValue(16384.0)) }),
            ("s".to_owned(), Value { kind: Some(Kind::StringValue("ä".to_owned())) }),
        ];
        let bytes = Struct { fields: fields.into() }.encode_to_vec();
        assert_eq!(read(&bytes), read(r#"{"a":[true],"n":16384,"s":"ä"}"#.as_bytes()));
    }

    #[test]
    fn anything_else_is_refused() {
        assert_eq!(read(b" \n").unwrap_err(), "is empty; it is an object with at least `issuers` and `default`");
        assert_eq!(
            read(b"{\"a\":1,\"a\":2}").unwrap_err(),
            "is neither JSON (member `a` appears twice at line 1 column 10) nor a google.protobuf.Struct"
        );
    }
}
