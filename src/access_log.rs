//! What the access log tells of a request: the members of a `google.protobuf.Struct`, which Envoy writes as JSON
//! (`%FILTER_STATE(wasm.mfa_gate:TYPED)%`).
//!
//! Protobuf's messages are merged by putting their bytes one behind another. So what a token adds is worded once, when it is
//! verified, and remembered with it.

use sha2::{Digest as _, Sha256};

use crate::decision::Decision;
use crate::protobuf::{put, put_head, size};
use crate::subject::Subject;
use crate::token::Claims;

/// How much the access log tells of whom and with what. A token is never in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessLog {
    /// How a user is named.
    pub user: LoggedUser,
    /// Whether the key that verified the token is told.
    pub key: LoggedKey,
}

/// How a user is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoggedUser {
    /// By object id, and by the name that people know.
    Name,
    /// By object id.
    Id,
    /// Not at all.
    None,
}

/// Whether the key that verified a token is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoggedKey {
    /// By the start of its id's SHA-256, in hexadecimal.
    Hash,
    /// Not at all.
    None,
}

/// The claims that name the application a token was issued to: Entra's v1.0, its v2.0 (OpenID Connect), RFC 9068's.
const APP_CLAIMS: [&str; 3] = ["appid", "azp", "client_id"];

/// The claims that name a user for people: Entra's v1.0, what guests have there instead, its v2.0.
const USER_NAME_CLAIMS: [&str; 3] = ["upn", "unique_name", "preferred_username"];

/// The longest value, in bytes: what names a user or an application is shorter, and a log line is no place for more.
const MAX_VALUE_BYTES: usize = 256;

/// How many bytes of a key id's hash tell keys apart.
const KEY_HASH_BYTES: usize = 8;

impl AccessLog {
    /// What a verified token adds to the line of each of its requests.
    pub fn token(self, claims: &Claims<'_>, subject: Subject, key_id: Option<&str>) -> Vec<u8> {
        let mut members = Vec::new();
        let mut tell = |name: &str, claims_of_it: &[&str]| {
            // A claim that is no string names nothing; what a decision needs of it was checked already.
            let told = claims_of_it.iter().find_map(|claim| claims.text(claim).ok().flatten());
            if let Some(value) = told.filter(|value| value.len() <= MAX_VALUE_BYTES) {
                add(&mut members, name, value);
            }
        };
        tell("issuer", &["iss"]);
        tell("tenant", &["tid"]);
        tell("app", &APP_CLAIMS);
        tell("app_name", &["app_displayname"]);
        if subject == Subject::User {
            if self.user != LoggedUser::None {
                tell("user", &["oid", "sub"]);
            }
            if self.user == LoggedUser::Name {
                tell("upn", &USER_NAME_CLAIMS);
            }
        }
        add(&mut members, "subject", subject.as_str());
        if let (LoggedKey::Hash, Some(id)) = (self.key, key_id) {
            let hash = Sha256::digest(id.as_bytes());
            add(&mut members, "key", &hexadecimal(hash.get(..KEY_HASH_BYTES).unwrap_or_default()));
        }
        members
    }
}

/// The whole of what is told of a request.
pub fn entry(decision: &Decision<'_>) -> Vec<u8> {
    let of_token = decision.token.as_ref().map(|seen| seen.verified.logged()).unwrap_or_default();
    let mut members = Vec::with_capacity(of_token.len().saturating_add(256));
    members.extend_from_slice(of_token);
    match &decision.outcome {
        Ok(_) => add(&mut members, "decision", "allow"),
        Err(denial) => {
            add(&mut members, "decision", "deny");
            add(&mut members, "reason", denial.reason.as_str());
        }
    }
    if let Some(route) = decision.route {
        add(&mut members, "route", &route.name);
    }
    if let Some(policy) = decision.policy {
        add(&mut members, "policy", &policy.name);
    }
    if let Some(mfa) = decision.mfa {
        add(&mut members, "mfa", mfa.as_str());
    }
    members
}

/// Adds `fields[name] = Value {string_value: text}`.
fn add(members: &mut Vec<u8>, name: &str, text: &str) {
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

fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}
