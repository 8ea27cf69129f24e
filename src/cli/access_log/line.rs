//! One line of the access log, in the format of the shipped Envoy configuration.
//!
//! Text is borrowed from the line unless it contains escapes. Unknown members are ignored, so an operator may log more.

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
pub(crate) const STATUS: &str = "status";
/// Member: Envoy's response code details. The report does not read them.
pub(crate) const DETAILS: &str = "details";

/// Maximum length of a line, in bytes. By default Envoy accepts 60 KiB of headers, and it escapes a byte with at most
/// six characters (`\u0000`). A longer line does not come from this log.
pub(crate) const MAX_LINE: usize = 512 * 1024;

/// A line: Envoy's own members, and those of the gate.
#[derive(Debug, Deserialize)]
pub(crate) struct LogLine<'a> {
    /// When the request started.
    #[serde(deserialize_with = "time")]
    pub time: DateTime<Utc>,
    /// Envoy's request id.
    #[serde(borrow, default)]
    pub request_id: Option<Text<'a>>,
    /// The client's correlation id.
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

/// Envoy logs the gate's record as a `google.protobuf.Any`.
#[derive(Debug, Deserialize)]
struct Packed<'a> {
    #[serde(borrow)]
    value: GateRecord<'a>,
}

/// The gate's members of a line.
#[derive(Debug)]
pub(crate) struct GateRecord<'a> {
    /// Whether the request was allowed.
    pub decision: Outcome,
    /// The deny reason.
    pub reason: Option<Text<'a>>,
    /// The route that decided.
    pub route: Option<Text<'a>>,
    /// The policy that decided.
    pub policy: Option<Text<'a>>,
    /// The subject of the token; `None` without a verified token.
    pub subject: Option<Subject>,
    /// Whether a user's token proves MFA.
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

/// The decision on a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Allowed.
    Allow,
    /// Denied.
    Deny,
}

impl Outcome {
    /// The name in the log.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Allow => ALLOW,
            Self::Deny => DENY,
        }
    }
}

/// A value that must be a JSON object. Derived implementations also accept an array of the members' values.
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

/// Text, borrowed unless it contains escapes. serde borrows a `Cow` only as a direct field, not inside an `Option`.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl std::ops::Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'a> LogLine<'a> {
    /// Parses a line without its newline.
    ///
    /// # Errors
    ///
    /// The line is too long, not UTF-8, not JSON or not an object; or a member is missing, repeated or of a wrong type.
    pub(crate) fn parse(line: &'a [u8]) -> Result<Self, LineError> {
        if line.len() > MAX_LINE {
            return Err(LineError::new(LineErrorKind::TooLong, format!("longer than {MAX_LINE} bytes")));
        }
        // The whole line is validated here: serde_json does not validate ignored members.
        let text = std::str::from_utf8(line).map_err(|error| {
            LineError::new(
                LineErrorKind::NotUtf8,
                format!("column {}: not UTF-8", error.valid_up_to().saturating_add(1)),
            )
        })?;
        let line = serde_json::from_str::<Object<LogLine<'_>>>(text).map_err(LineError::from)?;
        Ok(line.0)
    }

    /// The gate's record; `None` if the request did not reach the gate.
    pub(crate) fn gate(&self) -> Option<&GateRecord<'a>> {
        self.mfa_gate.as_ref().map(|packed| &packed.0.value)
    }
}

impl GateRecord<'_> {
    /// Whether a user's token proves MFA, as Partner Center counts; `None` for an application or without a verified
    /// token.
    pub(crate) fn mfa_compliant(&self) -> Option<bool> {
        (self.subject == Some(Subject::User)).then_some(self.mfa == Some(MfaState::Proven))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for GateRecord<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(GateVisitor(PhantomData))
    }
}

/// Not derived: `#[serde(rename)]` takes no constants, and the names are the constants that the gate writes.
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

/// Reads the value of a member; rejects a repeated member.
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

/// A value of a closed vocabulary, written as its name. A derived enum also accepts `{"allow": null}`.
struct Known<T>(T);

/// A closed vocabulary.
trait Vocabulary: Copy + 'static {
    const ALL: &[Self];

    fn name(self) -> &'static str;
}

impl Vocabulary for Outcome {
    const ALL: &[Self] = &[Self::Allow, Self::Deny];

    fn name(self) -> &'static str {
        self.as_str()
    }
}

impl Vocabulary for Subject {
    const ALL: &[Self] = &[Self::User, Self::App];

    fn name(self) -> &'static str {
        self.as_str()
    }
}

impl Vocabulary for MfaState {
    const ALL: &[Self] = &[Self::Proven, Self::Missing, Self::Unknowable];

    fn name(self) -> &'static str {
        self.as_str()
    }
}

impl<'de, T: Vocabulary> Deserialize<'de> for Known<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(deserializer)?;
        let found = T::ALL.iter().find(|value| value.name() == &*text);
        found.map(|value| Self(*value)).ok_or_else(|| {
            let known: Vec<_> = T::ALL.iter().map(|value| format!("`{}`", value.name())).collect();
            D::Error::custom(format_args!("found `{}`, expected {}", &*text, known.join(" or ")))
        })
    }
}

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    let text = Text::deserialize(deserializer)?;
    let time = DateTime::parse_from_rfc3339(&text).map_err(|_| {
        serde::de::Error::custom(format_args!(
            "`time` is `{}`, expected a time such as `2026-01-31T12:00:00.000Z`",
            &*text
        ))
    })?;
    Ok(time.to_utc())
}
