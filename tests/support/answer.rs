//! The expected answer to a denial, by reason. The table is written from the design and independent of the filter's code, so
//! that the filter is not its own oracle.

use serde_json::{Value, json};

/// One row of the decision table.
pub(crate) struct Row {
    pub reason: &'static str,
    pub status: u16,
    pub challenge: Challenge,
}

/// The content of WWW-Authenticate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// No header.
    None,
    /// Only the realm (RFC 6750 section 3.1).
    Realm,
    /// This error code.
    Error(&'static str),
}

const fn row(reason: &'static str, status: u16, challenge: Challenge) -> Row {
    Row { reason, status, challenge }
}

const INVALID: Challenge = Challenge::Error("invalid_token");

/// The decision table of the design.
pub(crate) const REASONS: [Row; 20] = [
    row("token-missing", 401, Challenge::Realm),
    row("token-ambiguous", 400, Challenge::Error("invalid_request")),
    row("token-too-large", 401, INVALID),
    row("token-malformed", 401, INVALID),
    row("algorithm-not-allowed", 401, INVALID),
    row("key-unknown", 401, INVALID),
    row("signature-invalid", 401, INVALID),
    row("issuer-untrusted", 401, INVALID),
    row("tenant-not-allowed", 401, INVALID),
    row("audience-mismatch", 401, INVALID),
    row("token-expired", 401, INVALID),
    row("token-not-yet-valid", 401, INVALID),
    row("claim-malformed", 401, INVALID),
    row("keys-unavailable", 503, Challenge::None),
    row("mfa-missing", 401, INVALID),
    row("mfa-unknowable", 401, INVALID),
    row("app-only-not-allowed", 403, Challenge::None),
    row("claim-not-met", 403, Challenge::Error("insufficient_scope")),
    row("path-unreadable", 400, Challenge::None),
    row("policy-unknown", 500, Challenge::None),
];

/// An answer as a client sees it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// The values of a header, joined.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let values: Vec<_> = self.headers.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str()).collect();
        if values.is_empty() { None } else { Some(values.join(", ")) }
    }
}

/// The row of a reason.
pub(crate) fn row_of(reason: &str) -> &'static Row {
    REASONS.iter().find(|row| row.reason == reason).unwrap_or_else(|| panic!("`{reason}` is no deny reason"))
}

/// The differences between an answer and the expected one for its reason and the configuration.
pub(crate) fn differences(
    answer: &Answer,
    reason: &str,
    config: &Value,
    spec: &super::cases::case::AnswerSpec,
) -> Vec<String> {
    let row = row_of(reason);
    let mut found = Vec::new();
    let mut compare = |what: &str, is: Option<String>, wanted: Option<String>| {
        if is != wanted {
            found.push(format!("{what} is {is:?}, not {wanted:?}"));
        }
    };
    compare("the status", Some(answer.status.to_string()), Some(row.status.to_string()));
    let realm = config["challenge"]["realm"].as_str().unwrap_or("mfa-gate");
    let challenge = match row.challenge {
        Challenge::None => None,
        Challenge::Realm => Some(format!("Bearer realm=\"{realm}\"")),
        Challenge::Error(code) => Some(format!("Bearer error=\"{code}\"")),
    };
    compare("WWW-Authenticate", answer.header("www-authenticate"), challenge);
    compare(
        "Retry-After's presence",
        answer.header("retry-after").map(|_| String::new()),
        (row.status == 503).then(String::new),
    );
    for (name, value) in config["challenge"]["headers"].as_object().into_iter().flatten() {
        compare(name, answer.header(&name.to_lowercase()), value.as_str().map(str::to_owned));
    }
    for (name, value) in &spec.headers {
        compare(name, answer.header(&name.to_lowercase()), value.clone());
    }
    if spec.no_body || config["challenge"]["body"] == "none" {
        compare("the body", Some(String::from_utf8_lossy(&answer.body).into_owned()), Some(String::new()));
    } else {
        compare("Content-Type", answer.header("content-type"), Some("application/problem+json".to_owned()));
        let title = match row.status {
            400 => "Bad Request",
            401 => "Unauthorized",
            403 => "Forbidden",
            500 => "Internal Server Error",
            _ => "Service Unavailable",
        };
        let mut body = json!({"type": "about:blank", "title": title, "status": row.status});
        if let Challenge::Error(code) = row.challenge {
            body["error"] = Value::from(code);
        }
        let is = serde_json::from_slice::<Value>(&answer.body).unwrap_or(Value::Null);
        compare("the body", Some(is.to_string()), Some(body.to_string()));
    }
    found
}
