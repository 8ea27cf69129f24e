//! One line of the access log, as the shipped Envoy configuration writes it.
//!
//! Only what the report asks for is read, and borrowed from the line where it has no escapes. What else a line holds
//! is passed over, so that an operator may log more.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use chrono::{DateTime, Utc};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::error::{Kind, LineError};

/// The longest line that is read, in bytes. Envoy takes 60 KiB of headers unless told otherwise, and writes no byte of
/// them with more than six (`\u0000`); beyond that a line is no request of this log.
pub const MAX_LINE: usize = 512 * 1024;

/// What a line says of a request.
#[derive(Debug, Deserialize)]
pub struct LogLine<'a> {
    /// When it came.
    #[serde(deserialize_with = "time")]
    pub time: DateTime<Utc>,
    /// Envoy's own id of it.
    #[serde(borrow, default)]
    pub request_id: Option<Text<'a>>,
    /// The id that the client gave it.
    #[serde(borrow, default)]
    pub correlation_id: Option<Text<'a>>,
    /// Where it came from.
    #[serde(borrow, default)]
    pub address: Option<Text<'a>>,
    /// The method.
    #[serde(borrow, default)]
    pub method: Option<Text<'a>>,
    /// The path, without the query.
    #[serde(borrow, default)]
    pub path: Option<Text<'a>>,
    #[serde(borrow, default)]
    mfa_gate: Option<Object<Packed<'a>>>,
}

/// The gate's word is logged as a `google.protobuf.Any`.
#[derive(Debug, Deserialize)]
struct Packed<'a> {
    #[serde(borrow)]
    value: Object<Word<'a>>,
}

/// What the gate said of a request.
#[derive(Debug, Deserialize)]
pub struct Word<'a> {
    /// Whether it passed.
    pub decision: Outcome,
    /// Why it did not.
    #[serde(borrow, default)]
    pub reason: Option<Text<'a>>,
    /// Who stands behind the token; none where none was verified.
    #[serde(default)]
    pub subject: Option<Subject>,
    /// What a user's token proves.
    #[serde(default)]
    pub mfa: Option<Mfa>,
    /// The token's tenant.
    #[serde(borrow, default)]
    pub tenant: Option<Text<'a>>,
    /// The application that the token was issued to.
    #[serde(borrow, default)]
    pub app: Option<Text<'a>>,
    /// Its name for people.
    #[serde(borrow, default)]
    pub app_name: Option<Text<'a>>,
    /// The user's object id.
    #[serde(borrow, default)]
    pub user: Option<Text<'a>>,
    /// The user's name for people.
    #[serde(borrow, default)]
    pub upn: Option<Text<'a>>,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It passed.
    Allow,
    /// It did not.
    Deny,
}

/// Whose token it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A user's.
    User,
    /// An application's own.
    App,
}

/// What a user's token proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mfa {
    /// MFA.
    Proven,
    /// Nothing.
    Missing,
    /// Nothing, as tokens of its kind cannot.
    Unknowable,
}

/// What is written as an object. What serde derives takes an array of the members' values as well.
#[derive(Debug)]
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

/// Text, borrowed where it has no escapes: serde borrows a bare `Cow` of a struct's own, never one in an `Option`.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Subject {
    /// As the log has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Subject::User => "user",
            Subject::App => "app",
        }
    }
}

impl Mfa {
    /// As the log has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Mfa::Proven => "proven",
            Mfa::Missing => "missing",
            Mfa::Unknowable => "unknowable",
        }
    }
}

impl<'a> LogLine<'a> {
    /// Reads a line, its newline left out.
    ///
    /// # Errors
    ///
    /// Too long, not UTF-8, not JSON, not an object with the members above in their types, or one of them twice.
    pub fn parse(line: &'a [u8]) -> Result<Self, LineError> {
        if line.len() > MAX_LINE {
            return Err(LineError::new(Kind::TooLong, format!("longer than {MAX_LINE} bytes")));
        }
        // At once and whole: what is passed over would be left unchecked else.
        let text = std::str::from_utf8(line).map_err(|error| {
            LineError::new(Kind::NotUtf8, format!("column {}: not UTF-8", error.valid_up_to().saturating_add(1)))
        })?;
        let line = serde_json::from_str::<Object<LogLine<'_>>>(text).map_err(LineError::from)?;
        Ok(line.0)
    }

    /// What the gate said of it; none where it did not come to a word.
    pub fn word(&self) -> Option<&Word<'a>> {
        self.mfa_gate.as_ref().map(|packed| &packed.0.value.0)
    }
}

impl Word<'_> {
    /// Whether a user's token proved MFA, as Partner Center counts: none for an application, or without a verified
    /// token.
    pub fn mfa_compliant(&self) -> Option<bool> {
        (self.subject == Some(Subject::User)).then_some(self.mfa == Some(Mfa::Proven))
    }
}

impl<'de> Deserialize<'de> for Outcome {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        one_of(deserializer, [("allow", Outcome::Allow), ("deny", Outcome::Deny)])
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        one_of(deserializer, [Subject::User, Subject::App].map(|subject| (subject.as_str(), subject)))
    }
}

impl<'de> Deserialize<'de> for Mfa {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        one_of(deserializer, [Mfa::Proven, Mfa::Missing, Mfa::Unknowable].map(|mfa| (mfa.as_str(), mfa)))
    }
}

/// One of these words. What serde derives takes `{"allow": null}` as well.
fn one_of<'de, D: Deserializer<'de>, T: Copy, const N: usize>(
    deserializer: D,
    known: [(&'static str, T); N],
) -> Result<T, D::Error> {
    let text = Text::deserialize(deserializer)?;
    let found = known.iter().find(|(word, _)| *word == &*text);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let known = known.map(|(word, _)| format!("`{word}`")).join(" or ");
        serde::de::Error::custom(format_args!("found `{}`, expected {known}", &*text))
    })
}

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    let text = Text::deserialize(deserializer)?;
    let time = DateTime::parse_from_rfc3339(&text).map_err(|_| {
        serde::de::Error::custom(format_args!("`time` is `{}`, no time such as `2026-01-31T12:00:00.000Z`", &*text))
    })?;
    Ok(time.to_utc())
}
