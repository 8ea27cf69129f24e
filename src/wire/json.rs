//! JSON, read strictly: no member twice at any depth, a bound on nesting, nothing after the value.
//!
//! `serde_json::Value` keeps the last of two members with one name, other parsers the first: two readers of one token would
//! see two tokens (CVE-2022-39227). Tokens, key sets and configuration are all read here.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::prefix_key::{order, start};

/// A JSON value. Text without escapes is borrowed from the input.
#[derive(Debug, Clone, PartialEq)]
pub enum Json<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number; an integer in the text stays an integer.
    Number(Number),
    /// A string.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Self>),
    /// An object.
    Object(Object<'a>),
}

/// The members of a JSON object, sorted by name and unique.
#[derive(Debug, Clone, PartialEq)]
pub struct Object<'a>(Vec<Member<'a>>);

#[derive(Debug, Clone, PartialEq)]
struct Member<'a> {
    start: u64,
    name: Cow<'a, str>,
    value: Json<'a>,
}

impl<'a> Object<'a> {
    /// The object with these members.
    ///
    /// # Errors
    ///
    /// The name that appears twice.
    pub fn new(members: Vec<(Cow<'a, str>, Json<'a>)>) -> Result<Self, Cow<'a, str>> {
        let member = |(name, value): (Cow<'a, str>, _)| Member { start: start(&name), name, value };
        Self::of(members.into_iter().map(member).collect())
    }

    fn of(mut members: Vec<Member<'a>>) -> Result<Self, Cow<'a, str>> {
        members.sort_unstable_by(|a, b| order((a.start, &a.name), (b.start, &b.name)));
        let is_twice = |(a, b): &(&Member<'_>, &Member<'_>)| a.start == b.start && a.name == b.name;
        match members.iter().zip(members.iter().skip(1)).find(is_twice) {
            Some((member, _)) => Err(member.name.clone()),
            None => Ok(Object(members)),
        }
    }

    /// The value of a member.
    pub fn get(&self, name: &str) -> Option<&Json<'a>> {
        self.0.get(self.place(name)?).map(|member| &member.value)
    }

    fn place(&self, name: &str) -> Option<usize> {
        let start = start(name);
        self.0.binary_search_by(|own| order((own.start, &own.name), (start, name))).ok()
    }

    /// Whether the object has a member of this name.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Names and values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Json<'a>)> {
        self.0.iter().map(|member| (member.name.as_ref(), &member.value))
    }

    /// Removes a member and returns its value.
    pub fn take(&mut self, name: &str) -> Option<Json<'a>> {
        let place = self.place(name)?;
        Some(self.0.remove(place).value)
    }

    /// An owned copy of the members with these names. `names` must be sorted and unique.
    pub fn keep(&self, names: &[String]) -> Object<'static> {
        let kept = |name: &String| {
            let value = self.get(name)?.clone().into_owned();
            Some(Member { start: start(name), name: name.clone().into(), value })
        };
        let mut members = Vec::with_capacity(names.len());
        members.extend(names.iter().filter_map(kept));
        Object(members)
    }
}

/// A finite JSON number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// An integer from 0 to 2^64 - 1.
    Unsigned(u64),
    /// An integer from -2^63 to -1.
    Negative(i64),
    /// Any other number.
    Float(f64),
}

impl Number {
    /// The nearest double: the value that a reader without integers sees.
    #[expect(clippy::as_conversions, reason = "rounding is intended")]
    pub fn to_f64(self) -> f64 {
        match self {
            Self::Unsigned(value) => value as f64,
            Self::Negative(value) => value as f64,
            Self::Float(value) => value,
        }
    }
}

/// Why a text was rejected: invalid JSON, a duplicate member, or too deep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError(String);

impl std::error::Error for JsonError {}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'a> Json<'a> {
    /// Parses one JSON text with at most `max_depth` nested arrays and objects.
    ///
    /// # Errors
    ///
    /// The text is not UTF-8, not JSON (RFC 8259), has a duplicate member, nests too deeply, or continues after the value.
    pub fn parse(text: &'a [u8], max_depth: usize) -> Result<Self, JsonError> {
        // The whole text is checked first, so no string inside can hide another encoding.
        let text = std::str::from_utf8(text).map_err(|error| JsonError(error.to_string()))?;
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let value = Strict { depth: max_depth }
            .deserialize(&mut deserializer)
            .and_then(|value| deserializer.end().map(|()| value))
            .map_err(|error| JsonError(error.to_string()))?;
        Ok(value)
    }

    /// Reads a value of any self-describing format, as strictly as [`Json::parse`] reads JSON.
    ///
    /// # Errors
    ///
    /// An error of the format, a duplicate member, or nesting beyond `max_depth`.
    pub fn deserialize<D: Deserializer<'a>>(deserializer: D, max_depth: usize) -> Result<Self, D::Error> {
        Strict { depth: max_depth }.deserialize(deserializer)
    }

    /// An owned copy of the value.
    pub fn into_owned(self) -> Json<'static> {
        match self {
            Json::Null => Json::Null,
            Json::Bool(value) => Json::Bool(value),
            Json::Number(number) => Json::Number(number),
            Json::String(text) => Json::String(Cow::Owned(text.into_owned())),
            Json::Array(items) => Json::Array(items.into_iter().map(Json::into_owned).collect()),
            Json::Object(Object(members)) => {
                let owned = |Member { start, name, value }: Member<'_>| Member {
                    start,
                    name: Cow::Owned(name.into_owned()),
                    value: value.into_owned(),
                };
                Json::Object(Object(members.into_iter().map(owned).collect()))
            }
        }
    }

    /// The text, if this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Json::String(text) => Some(text),
            _ => None,
        }
    }

    /// The kind of value with its article, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "a boolean",
            Json::Number(_) => "a number",
            Json::String(_) => "a string",
            Json::Array(_) => "an array",
            Json::Object(_) => "an object",
        }
    }

    /// The items, if this is an array of strings.
    pub fn as_strings(&self) -> Option<Vec<&str>> {
        match self {
            Json::Array(items) => items.iter().map(Json::as_str).collect(),
            _ => None,
        }
    }
}

/// Deserializes [`Json`] with at most `depth` more levels.
struct Strict {
    depth: usize,
}

impl Strict {
    fn inner<E: serde::de::Error>(&self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1);
        depth.map(|depth| Self { depth }).ok_or_else(|| E::custom("nested too deeply"))
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(Json::Number(Number::Unsigned(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number(match u64::try_from(value) {
            Ok(value) => Number::Unsigned(value),
            Err(_) => Number::Negative(value),
        }))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Json<'de>, E> {
        if !value.is_finite() {
            return Err(E::custom("a number that is not finite"));
        }
        Ok(Json::Number(Number::Float(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json<'de>, E> {
        Ok(Json::String(Cow::Owned(value.to_owned())))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::String(Cow::Borrowed(value)))
    }

    fn visit_string<E>(self, value: String) -> Result<Json<'de>, E> {
        Ok(Json::String(Cow::Owned(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self.inner()?)? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some(name) = map.next_key_seed(Name)? {
            members.push(Member { start: start(&name), name, value: map.next_value_seed(self.inner()?)? });
        }
        let twice =
            |name: Cow<'_, str>| A::Error::custom(format_args!("member `{}` appears twice", name.escape_debug()));
        Object::of(members).map(Json::Object).map_err(twice)
    }
}

/// Deserializes a member's name, borrowed if it has no escapes.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member name")
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(value.to_owned()))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Json::parse(text.as_bytes(), 4).unwrap_err().to_string()
    }

    #[test]
    fn members_that_appear_twice_are_refused_at_any_depth() {
        assert_eq!(refused(r#"{"a":1,"a":1}"#), "member `a` appears twice at line 1 column 13");
        assert_eq!(refused(r#"{"x":[{"amr":1,"\u0061mr":2}]}"#), "member `amr` appears twice at line 1 column 28");
    }

    #[test]
    fn members_are_ordered_and_found_by_their_whole_names() {
        let text = r#"{"appidacr":1,"appid":2,"\u0000":3,"":4,"unique_name":5,"unique_nam":6,"a\u0000":7,"a":8,"é":9}"#;
        let Ok(Json::Object(object)) = Json::parse(text.as_bytes(), 1) else { panic!("{text}") };
        let names: Vec<_> = object.iter().map(|(name, _)| name).collect();
        assert!(names.is_sorted() && names.len() == 9, "{names:?}");
        for (name, value) in object.iter() {
            assert_eq!(object.get(name), Some(value), "{name:?}");
        }
        assert_eq!((object.get("unique"), object.get("a\0\0")), (None, None));
    }

    #[test]
    fn nesting_is_bounded() {
        assert!(Json::parse(b"[[[[1]]]]", 4).is_ok());
        assert_eq!(refused("[[[[[1]]]]]"), "nested too deeply at line 1 column 5");
        assert!(Json::parse("[".repeat(100_000).as_bytes(), 64).is_err());
    }

    #[test]
    fn encodings_and_leftovers_are_refused() {
        for text in [
            &b"{}x"[..],
            b"{}{}",
            b"{}\0",
            b"\xef\xbb\xbf{}",
            b"{\0}\0",
            b"\"\xff\"",
            b"\"\\ud800\"",
            b"1e400",
            b"NaN",
            b"",
        ] {
            assert!(Json::parse(text, 4).is_err(), "{text:?}");
        }
    }

    #[test]
    fn numbers_keep_their_kind() {
        assert_eq!(Json::parse(b"18446744073709551615", 1), Ok(Json::Number(Number::Unsigned(u64::MAX))));
        assert_eq!(Json::parse(b"-1", 1), Ok(Json::Number(Number::Negative(-1))));
        assert_eq!(Json::parse(b"4.1e9", 1), Ok(Json::Number(Number::Float(4.1e9))));
    }
}
