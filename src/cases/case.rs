//! The format of a file of cases.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use crate::deny_reason::{ALLOW, DenyReason};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

use super::token::TokenSpec;

/// One file: a configuration, and its expected decisions. `T` describes a token.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, bound = "T: DeserializeOwned")]
pub struct File<T = TokenSpec> {
    /// A file in the neighbouring directory `shared`. This file's configuration, tokens and `every_case` override its own.
    #[serde(default)]
    pub like: Option<String>,
    /// The time of every case, in RFC 3339 format; by default the time of the run.
    #[serde(default)]
    pub now: Option<String>,
    /// The filter's configuration, or the name of a file with it.
    #[serde(default)]
    pub config: Value,
    /// Tokens that cases share, by name.
    #[serde(default)]
    pub tokens: BTreeMap<String, T>,
    /// Default members of every case.
    #[serde(default)]
    pub every_case: Map<String, Value>,
    /// The cases. Each is parsed separately, so that an error names its case.
    #[serde(default)]
    pub cases: Vec<Spanned<Map<String, Value>>>,
}

/// One case: a request and its expected decision.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, bound = "T: DeserializeOwned")]
pub struct Case<T = TokenSpec> {
    /// The id in the attack catalogue, if any.
    #[serde(default)]
    pub id: Option<String>,
    /// The name in reports.
    pub name: String,
    /// Changes to the file's configuration (RFC 7386, JSON Merge Patch).
    #[serde(default, rename = "with")]
    pub config_patch: Option<Value>,
    /// The request.
    #[serde(default)]
    pub request: RequestSpec,
    /// The token. Without `token` and `claims` the request has no token.
    #[serde(default)]
    pub token: Option<TokenChoice<T>>,
    /// The claims of an otherwise valid token.
    #[serde(default)]
    pub claims: Option<Map<String, Value>>,
    /// Claims to omit from that token.
    #[serde(default)]
    pub without: Vec<String>,
    /// Tokens that jwt_authn has verified, by the metadata name of their claims.
    #[serde(default)]
    pub metadata: BTreeMap<String, TokenChoice<T>>,
    /// The expected decision.
    pub expect: Expected,
    /// The route that decides.
    #[serde(default)]
    pub route: Option<String>,
    /// The policy that decides.
    #[serde(default)]
    pub policy: Option<String>,
    /// Requirements on the answer, in addition to those of its reason.
    #[serde(default)]
    pub answer: AnswerSpec,
    /// Request headers that the upstream receives; null for an absent header.
    #[serde(default)]
    pub upstream: BTreeMap<String, Option<String>>,
}

/// A token: the name of one in the file, the token itself, the name of its file, or a description.
#[derive(Debug, Clone)]
pub enum TokenChoice<T = TokenSpec> {
    /// The name of a token in the file, a token in compact form, or a token's file.
    Named(String),
    /// The description of a token.
    Described(Box<T>),
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for TokenChoice<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Not `serde(untagged)`, which discards the errors of both variants.
        struct Choice<T>(PhantomData<T>);

        impl<'de, T: DeserializeOwned> Visitor<'de> for Choice<T> {
            type Value = TokenChoice<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a token, a token, its file, or its description")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<TokenChoice<T>, E> {
                Ok(TokenChoice::Named(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<TokenChoice<T>, A::Error> {
                let spec = T::deserialize(MapAccessDeserializer::new(members))?;
                Ok(TokenChoice::Described(Box::new(spec)))
            }
        }

        deserializer.deserialize_any(Choice(PhantomData))
    }
}

/// The request.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequestSpec {
    /// The method.
    pub method: String,
    /// The request target.
    pub path: String,
    /// The Host header; null for none.
    pub host: Option<String>,
    /// Header lines in order. The token follows in the first header of the configuration's `token.headers`, unless the
    /// request already has that header or contains `$token`.
    pub headers: Vec<HeaderLine>,
    /// The body.
    pub body: Option<String>,
    /// The policy in the metadata of Envoy's route.
    pub route_policy: Option<Value>,
}

/// A header's name and its value.
#[derive(Debug, Clone, Deserialize)]
#[serde(expecting = "a header's name and its value, such as [x-id, a]")]
pub struct HeaderLine(pub String, pub String);

impl Default for RequestSpec {
    fn default() -> Self {
        Self {
            method: "GET".to_owned(),
            path: "/".to_owned(),
            host: Some("example.com".to_owned()),
            headers: Vec::new(),
            body: None,
            route_policy: None,
        }
    }
}

/// The expected decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// Allowed.
    Allow,
    /// Denied for this reason.
    Deny(String),
    /// Denied for any reason.
    DenyAny,
}

impl Expected {
    /// The text in a case.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Allow => ALLOW,
            Self::Deny(reason) => reason,
            Self::DenyAny => "any denial",
        }
    }
}

impl<'de> Deserialize<'de> for Expected {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let is_reason = |text: &str| DenyReason::ALL.iter().any(|reason| reason.as_str() == text);
        match text.as_str() {
            ALLOW => Ok(Self::Allow),
            "any denial" => Ok(Self::DenyAny),
            reason if is_reason(reason) => Ok(Self::Deny(text)),
            _ => {
                let reasons: Vec<_> = DenyReason::ALL.iter().map(|reason| reason.as_str()).collect();
                Err(D::Error::custom(format!(
                    "unknown outcome `{}`; known: allow, any denial, {}",
                    text.escape_debug(),
                    reasons.join(", ")
                )))
            }
        }
    }
}

/// The expected headers and body of the answer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AnswerSpec {
    /// Headers by name; null for an absent header.
    pub headers: BTreeMap<String, Option<String>>,
    /// Whether the body must be empty.
    pub no_body: bool,
}
