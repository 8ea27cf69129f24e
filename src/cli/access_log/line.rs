//! One line of the access log, as the shipped Envoy configuration writes it.
//!
//! Only the members that the report needs are read, and borrowed from the line unless they have escapes. Others are skipped,
//! so that an operator can log more.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use chrono::{DateTime, Utc};
use mfa_gate::deny_reason::{ALLOW, DENY};
use mfa_gate::mfa::MfaState;
use mfa_gate::telemetry::access_log::{DECISION, MFA, POLICY, REASON, ROUTE};
use mfa_gate::token::Subject;
use mfa_gate::token::log_fields::{APP, APP_NAME, SUBJECT, TENANT, UPN, USER};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::error::{LineError, LineErrorKind};

/// Member: the status of the response. The report does not read it.
pub const STATUS: &str = "status";
/// Member: Envoy's response code details. The report does not read them.
pub const DETAILS: &str = "details";

/// The longest line that is read, in bytes. Envoy takes 60 KiB of headers unless told otherwise, and writes no byte of
/// them with more than six (`\u0000`); beyond that a line is no request of this log.
pub const MAX_LINE: usize = 512 * 1024;

/// A line: Envoy's own members, and those of the gate.
#[derive(Debug, Deserialize)]
pub struct LogLine<'a> {
    /// The start of the request.
    #[serde(deserialize_with = "time")]
    pub time: DateTime<Utc>,
    /// Envoy's id of the request.
    #[serde(borrow, default)]
    pub request_id: Option<Text<'a>>,
    /// The client's id of the request.
    #[serde(borrow, default)]
    pub correlation_id: Option<Text<'a>>,
    /// The client's address.
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

/// The gate's fields are logged as a `google.protobuf.Any`.
#[derive(Debug, Deserialize)]
struct Packed<'a> {
    #[serde(borrow)]
    value: GateRecord<'a>,
}

/// The gate's fields of an access-log line.
#[derive(Debug)]
pub struct GateRecord<'a> {
    /// Whether the request was allowed.
    pub decision: Outcome,
    /// The deny reason.
    pub reason: Option<Text<'a>>,
    /// The route that decided.
    pub route: Option<Text<'a>>,
    /// The policy that decided.
    pub policy: Option<Text<'a>>,
    /// Who stands behind the token; `None` if no token was verified.
    pub subject: Option<Subject>,
    /// What a user's token proves.
    pub mfa: Option<MfaState>,
    /// The token's tenant.
    pub tenant: Option<Text<'a>>,
    /// The id of the application that the token was issued to.
    pub app: Option<Text<'a>>,
    /// The display name of that application.
    pub app_name: Option<Text<'a>>,
    /// The user's object id.
    pub user: Option<Text<'a>>,
    /// The user's sign-in name.
    pub upn: Option<Text<'a>>,
}

/// The outcome of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Allowed.
    Allow,
    /// Denied.
    Deny,
}

impl Outcome {
    /// The name in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Allow => ALLOW,
            Outcome::Deny => DENY,
        }
    }
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

impl<'a> LogLine<'a> {
    /// Reads a line, its newline left out.
    ///
    /// # Errors
    ///
    /// Too long, not UTF-8, not JSON, not an object with the members above in their types, or one of them twice.
    pub fn parse(line: &'a [u8]) -> Result<Self, LineError> {
        if line.len() > MAX_LINE {
            return Err(LineError::new(LineErrorKind::TooLong, format!("longer than {MAX_LINE} bytes")));
        }
        // At once and whole: what is passed over would be left unchecked else.
        let text = std::str::from_utf8(line).map_err(|error| {
            LineError::new(
                LineErrorKind::NotUtf8,
                format!("column {}: not UTF-8", error.valid_up_to().saturating_add(1)),
            )
        })?;
        let line = serde_json::from_str::<Object<LogLine<'_>>>(text).map_err(LineError::from)?;
        Ok(line.0)
    }

    /// The gate's fields; `None` if the request did not reach the gate.
    pub fn gate(&self) -> Option<&GateRecord<'a>> {
        self.mfa_gate.as_ref().map(|packed| &packed.0.value)
    }
}

impl GateRecord<'_> {
    /// Whether a user's token proved MFA, as Partner Center counts; `None` for an application, or without a verified token.
    pub fn mfa_compliant(&self) -> Option<bool> {
        (self.subject == Some(Subject::User)).then_some(self.mfa == Some(MfaState::Proven))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for GateRecord<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(GateVisitor(PhantomData))
    }
}

/// By hand, as serde's own takes the members' names as literals alone; these are the constants that the gate writes.
struct GateVisitor<'a>(PhantomData<&'a str>);

impl<'de: 'a, 'a> Visitor<'de> for GateVisitor<'a> {
    type Value = GateRecord<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<GateRecord<'a>, A::Error> {
        let (mut decision, mut subject, mut mfa) = (None, None, None);
        let (mut reason, mut route, mut policy) = (None, None, None);
        let (mut tenant, mut app, mut app_name) = (None, None, None);
        let (mut user, mut upn) = (None, None);
        while let Some(name) = map.next_key::<Text<'de>>()? {
            match &*name {
                DECISION => read(&mut decision, DECISION, &mut map)?,
                REASON => read(&mut reason, REASON, &mut map)?,
                ROUTE => read(&mut route, ROUTE, &mut map)?,
                POLICY => read(&mut policy, POLICY, &mut map)?,
                SUBJECT => read(&mut subject, SUBJECT, &mut map)?,
                MFA => read(&mut mfa, MFA, &mut map)?,
                TENANT => read(&mut tenant, TENANT, &mut map)?,
                APP => read(&mut app, APP, &mut map)?,
                APP_NAME => read(&mut app_name, APP_NAME, &mut map)?,
                USER => read(&mut user, USER, &mut map)?,
                UPN => read(&mut upn, UPN, &mut map)?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let Known(decision) = decision.ok_or_else(|| A::Error::missing_field(DECISION))?;
        Ok(GateRecord {
            decision,
            reason: reason.flatten(),
            route: route.flatten(),
            policy: policy.flatten(),
            subject: subject.flatten().map(|Known(subject)| subject),
            mfa: mfa.flatten().map(|Known(mfa)| mfa),
            tenant: tenant.flatten(),
            app: app.flatten(),
            app_name: app_name.flatten(),
            user: user.flatten(),
            upn: upn.flatten(),
        })
    }
}

/// Reads a member's value, once.
fn read<'de, A: MapAccess<'de>, T: Deserialize<'de>>(
    slot: &mut Option<T>,
    name: &'static str,
    map: &mut A,
) -> Result<(), A::Error> {
    if slot.is_some() {
        return Err(A::Error::duplicate_field(name));
    }
    *slot = Some(map.next_value()?);
    Ok(())
}

/// One of the words of a closed set. What serde derives takes `{"allow": null}` as well.
struct Known<T>(T);

/// A closed set of words.
trait Words: Copy + 'static {
    const ALL: &[Self];

    fn word(self) -> &'static str;
}

impl Words for Outcome {
    const ALL: &[Self] = &[Outcome::Allow, Outcome::Deny];

    fn word(self) -> &'static str {
        self.as_str()
    }
}

impl Words for Subject {
    const ALL: &[Self] = &[Subject::User, Subject::App];

    fn word(self) -> &'static str {
        self.as_str()
    }
}

impl Words for MfaState {
    const ALL: &[Self] = &[MfaState::Proven, MfaState::Missing, MfaState::Unknowable];

    fn word(self) -> &'static str {
        self.as_str()
    }
}

impl<'de, T: Words> Deserialize<'de> for Known<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(deserializer)?;
        let found = T::ALL.iter().find(|value| value.word() == &*text);
        found.map(|value| Known(*value)).ok_or_else(|| {
            let known: Vec<_> = T::ALL.iter().map(|value| format!("`{}`", value.word())).collect();
            D::Error::custom(format_args!("found `{}`, expected {}", &*text, known.join(" or ")))
        })
    }
}

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    let text = Text::deserialize(deserializer)?;
    let time = DateTime::parse_from_rfc3339(&text).map_err(|_| {
        serde::de::Error::custom(format_args!("`time` is `{}`, no time such as `2026-01-31T12:00:00.000Z`", &*text))
    })?;
    Ok(time.to_utc())
}
