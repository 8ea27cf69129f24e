//! The response to a denied request: status, headers, body. The only place that turns a reason into a response.

use crate::deny_reason::DenyReason;

/// How the operator wants denials worded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The protection space named to a client without a token (RFC 9110 section 11.5).
    pub realm: String,
    /// The kind of body.
    pub body: Body,
    /// Further headers of every denial, names as written.
    pub headers: Vec<(String, String)>,
    /// Whether a denial for want of MFA sets the filter state `wasm.mfa_gate.reason`. The shipped Lua filter reads it to set
    /// the reason phrase, which Wasm cannot.
    pub filter_state: bool,
}

/// The kind of body of a denial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// `application/problem+json` (RFC 9457).
    ProblemJson,
    /// No body.
    None,
}

/// The response to a denied request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body; may be empty.
    pub body: String,
}

impl Answer {
    /// The response to a gRPC request: Envoy sends the body as `grpc-message` and sets the content type.
    pub fn for_grpc(mut self, reason: DenyReason) -> Self {
        self.headers.retain(|(name, _)| name != CONTENT_TYPE);
        reason.title().clone_into(&mut self.body);
        self
    }
}

const CONTENT_TYPE: &str = "Content-Type";

/// How long a client should wait before it retries when keys are missing, in seconds.
const RETRY_AFTER: &str = "5";

/// What a client learns of a reason: a status and an error code of RFC 6750 section 3.1, never more.
struct Wording {
    status: u16,
    challenge: Scheme,
}

/// The content of `WWW-Authenticate`.
enum Scheme {
    /// No challenge: another token would not help.
    Silent,
    /// The realm without an error code, as the request carried no token (RFC 6750 section 3.1).
    Realm,
    /// This error code.
    Error(&'static str),
}

impl DenyReason {
    /// Whether the token is valid but lacks proof of MFA. On HTTP/1.1 the status line says so.
    pub fn is_about_mfa(self) -> bool {
        matches!(self, Self::MfaMissing | Self::MfaUnknowable)
    }

    /// The reason phrase of the status (RFC 9110).
    pub fn title(self) -> &'static str {
        match self.wording().status {
            400 => "Bad Request",
            401 => "Unauthorized",
            403 => "Forbidden",
            503 => "Service Unavailable",
            _ => "Internal Server Error",
        }
    }

    fn wording(self) -> Wording {
        let (status, challenge) = match self {
            Self::PathUnreadable => (400, Scheme::Silent),
            Self::PolicyUnknown => (500, Scheme::Silent),
            Self::TokenMissing => (401, Scheme::Realm),
            Self::TokenAmbiguous => (400, Scheme::Error("invalid_request")),
            Self::TokenTooLarge
            | Self::TokenMalformed
            | Self::AlgorithmNotAllowed
            | Self::KeyUnknown
            | Self::SignatureInvalid
            | Self::IssuerUntrusted
            | Self::TenantNotAllowed
            | Self::AudienceMismatch
            | Self::TokenExpired
            | Self::TokenNotYetValid
            | Self::ClaimMalformed
            | Self::MfaMissing
            | Self::MfaUnknowable => (401, Scheme::Error("invalid_token")),
            Self::KeysUnavailable => (503, Scheme::Silent),
            Self::AppOnlyNotAllowed => (403, Scheme::Silent),
            Self::ClaimNotMet => (403, Scheme::Error("insufficient_scope")),
        };
        Wording { status, challenge }
    }
}

/// The response to a denial.
pub fn answer(challenge: &Challenge, reason: DenyReason) -> Answer {
    let Wording { status, challenge: scheme } = reason.wording();
    let mut headers = challenge.headers.clone();
    let mut header = |name: &str, value: String| headers.push((name.to_owned(), value));
    let mut error = String::new();
    match scheme {
        Scheme::Silent => {}
        Scheme::Realm => header("WWW-Authenticate", format!("Bearer realm=\"{}\"", challenge.realm)),
        Scheme::Error(code) => {
            header("WWW-Authenticate", format!("Bearer error=\"{code}\""));
            error = format!(",\"error\":\"{code}\"");
        }
    }
    if reason == DenyReason::KeysUnavailable {
        header("Retry-After", RETRY_AFTER.to_owned());
    }
    let body = match challenge.body {
        Body::None => String::new(),
        Body::ProblemJson => {
            header(CONTENT_TYPE, "application/problem+json".to_owned());
            format!("{{\"type\":\"about:blank\",\"title\":\"{}\",\"status\":{status}{error}}}", reason.title())
        }
    };
    Answer { status, headers, body }
}

/// The text of `%RESPONSE_CODE_DETAILS%` in Envoy's access log. Stable.
pub fn details(reason: DenyReason) -> String {
    format!("mfa_gate{{{}}}", reason.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> Challenge {
        Challenge { realm: "mfa-gate".to_owned(), body: Body::ProblemJson, headers: Vec::new(), filter_state: false }
    }

    fn header(answer: &Answer, name: &str) -> Option<String> {
        answer.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone())
    }

    #[test]
    fn partner_centers_bytes() {
        let request_context =
            ("Request-Context".to_owned(), "appId=cid-v1:03ce8ca8-8373-4021-8f25-d5dd45c7b12f".to_owned());
        let challenge = Challenge { headers: vec![request_context.clone()], body: Body::None, ..plain() };
        let answer = answer(&challenge, DenyReason::MfaMissing);
        assert_eq!(answer.status, 401);
        assert_eq!(
            answer.headers,
            [request_context, ("WWW-Authenticate".to_owned(), r#"Bearer error="invalid_token""#.to_owned())]
        );
        assert_eq!(answer.body, "");
    }

    #[test]
    fn a_request_without_a_token_gets_no_error_code() {
        let answer = answer(&plain(), DenyReason::TokenMissing);
        assert_eq!(header(&answer, "WWW-Authenticate").as_deref(), Some(r#"Bearer realm="mfa-gate""#));
        assert_eq!(answer.body, r#"{"type":"about:blank","title":"Unauthorized","status":401}"#);
    }

    // catalogue: K11
    #[test]
    fn a_response_reveals_its_error_code_alone() {
        // Every fault of a token has the same bytes.
        let of = |reason| answer(&plain(), reason);
        for reason in DenyReason::ALL {
            let answer = of(reason);
            assert!(!answer.body.contains(reason.as_str()), "{reason:?}");
            if header(&answer, "WWW-Authenticate").as_deref() == Some(r#"Bearer error="invalid_token""#) {
                assert_eq!(answer, of(DenyReason::SignatureInvalid));
            }
        }
    }

    #[test]
    fn missing_keys_do_not_blame_the_token() {
        let answer = answer(&plain(), DenyReason::KeysUnavailable);
        assert_eq!((answer.status, header(&answer, "Retry-After").as_deref()), (503, Some("5")));
        assert_eq!(header(&answer, "WWW-Authenticate"), None);
    }
}
