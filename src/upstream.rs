//! Headers added to allowed requests for the upstream, under names that the operator chooses.

use crate::deny_reason::ALLOW;
use crate::token::{Claims, Subject};
use crate::wire::json::{Json, Number};

/// The configured headers. None by default: each costs a host call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpstreamHeaders {
    /// The header with the value `allow`.
    pub decision: Option<String>,
    /// The header with the value `user` or `app`.
    pub subject: Option<String>,
    /// Claims, and the headers that carry them.
    pub claims: Vec<(String, String)>,
}

/// The headers of one request, names in lower case, and their values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpstreamValues(Vec<(String, String)>);

/// Maximum length of a value, in bytes.
const MAX_VALUE_BYTES: usize = 1024;

impl UpstreamHeaders {
    /// The configured header names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let claims = self.claims.iter().map(|(_, header)| header);
        self.decision.iter().chain(&self.subject).chain(claims).map(String::as_str)
    }

    /// Whether no headers are configured.
    pub fn is_empty(&self) -> bool {
        self.names().next().is_none()
    }

    /// Whether an upstream could mistake a client's header of this name for a configured one. Servers in CGI's tradition see
    /// one name in `x-user`, `X_User` and `x.user` (CVE-2025-64484).
    pub fn could_be(&self, name: &str) -> bool {
        self.names()
            .any(|own| own.len() == name.len() && own.bytes().zip(name.bytes()).all(|(a, b)| fold(a) == fold(b)))
    }

    /// The headers of a request with a token.
    pub fn values(&self, subject: Subject, claims: &Claims<'_>) -> UpstreamValues {
        let claims =
            self.claims.iter().filter_map(|(claim, header)| Some((header.clone(), value(claims.get(claim)?)?)));
        UpstreamValues(
            self.decision_value()
                .into_iter()
                .chain(self.subject.iter().map(|name| (name.clone(), subject.as_str().to_owned())))
                .chain(claims)
                .collect(),
        )
    }

    fn decision_value(&self) -> Option<(String, String)> {
        self.decision.as_ref().map(|name| (name.clone(), ALLOW.to_owned()))
    }

    /// The headers of a request that needed no token.
    pub fn public_values(&self) -> UpstreamValues {
        UpstreamValues(self.decision_value().into_iter().collect())
    }
}

impl UpstreamValues {
    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

fn fold(byte: u8) -> u8 {
    if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'-' }
}

/// A claim as a header value; `None` if it would have to be changed, or could be read as something else (CVE-2023-27493).
fn value(claim: &Json<'_>) -> Option<String> {
    let value = match claim {
        Json::String(text) => text.to_string(),
        Json::Bool(value) => value.to_string(),
        Json::Number(Number::Unsigned(value)) => value.to_string(),
        Json::Number(Number::Negative(value)) => value.to_string(),
        Json::Array(_) => {
            let items = claim.as_strings()?;
            let separable = items.iter().all(|item| !item.contains(','));
            separable.then(|| items.join(","))?
        }
        Json::Number(Number::Float(_)) | Json::Null | Json::Object(_) => return None,
    };
    let fits = value.len() <= MAX_VALUE_BYTES && value.bytes().all(|b| matches!(b, b' '..=b'~'));
    (fits && value.trim_ascii() == value).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forwarded(claim: &str) -> Option<String> {
        value(&Json::parse(claim.as_bytes(), 4).unwrap())
    }

    #[test]
    fn a_claim_that_a_header_would_change_is_left_out() {
        for claim in
            [r#""a\r\nx: y""#, r#""a\u0000""#, r#""José""#, r#"" a""#, r#"["a,b"]"#, r#"["a",1]"#, "null", "{}", "1.5"]
        {
            assert_eq!(forwarded(claim), None, "{claim}");
        }
        assert_eq!(forwarded(&format!("\"{}\"", "a".repeat(1025))), None);
        assert_eq!(forwarded(r#"["AdminAgents","SalesAgents"]"#).as_deref(), Some("AdminAgents,SalesAgents"));
        assert_eq!(forwarded("7").as_deref(), Some("7"));
    }

    #[test]
    fn a_name_is_recognized_in_every_spelling() {
        let headers = UpstreamHeaders { subject: Some("x-mfa-user".to_owned()), ..UpstreamHeaders::default() };
        for name in ["x-mfa-user", "X_MFA_User", "x-mfa_user", "x.mfa.user"] {
            assert!(headers.could_be(name), "{name}");
        }
        assert!(!headers.could_be("x-mfa-users") && !headers.could_be("y-mfa-user"));
    }
}
