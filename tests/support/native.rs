//! The core, asked without a proxy.

use mfa_gate::challenge;
use mfa_gate::decision::{self, Means};
use mfa_gate::policy::Gate;
use mfa_gate::time::UnixTime;
use mfa_gate::token::TokenCache;
use serde_json::Value;

use super::answer::Answer;
pub use super::cases::native::NativeRequest;

impl NativeRequest {
    /// A request for a path alone.
    pub fn to_path(path: &[u8]) -> Self {
        NativeRequest::of("GET", "api.example.com", path)
    }

    /// A request without headers.
    pub fn of(method: &str, host: &str, path: &[u8]) -> Self {
        let header = |name: &str, value: &[u8]| (name.to_owned(), value.to_vec());
        let headers =
            vec![header(":method", method.as_bytes()), header(":authority", host.as_bytes()), header(":path", path)];
        NativeRequest { headers, route_policy: None, metadata: None }
    }

    /// With a header more.
    pub fn with(mut self, name: &str, value: Vec<u8>) -> Self {
        self.headers.push((name.to_owned(), value));
        self
    }

    /// With what filters before the gate left.
    pub fn with_metadata(self, metadata: Vec<u8>) -> Self {
        NativeRequest { metadata: Some(metadata), ..self }
    }
}

/// What the core decided.
#[derive(Debug)]
pub enum Verdict {
    /// What the upstream is told of it.
    Allow(Vec<(String, String)>),
    /// The reason, and the answer to it.
    Deny(&'static str, Answer),
}

/// Reads a configuration that is known to be right.
pub fn gate(config: &Value) -> Gate {
    mfa_gate::config::parse(config.to_string().as_bytes())
        .unwrap_or_else(|errors| panic!("the configuration: {errors}"))
}

/// Asks the core.
pub fn judge(gate: &Gate, request: &NativeRequest, now: i64) -> Verdict {
    let decision = decision::decide(
        gate,
        request,
        &Means::without_host(&TokenCache::new(gate.cache), UnixTime::from_millis(now * 1000)),
    );
    match decision.outcome {
        Ok(permit) => {
            Verdict::Allow(permit.told().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
        }
        Err(denial) => {
            let answer = challenge::answer(&gate.challenge, denial.reason);
            let headers = answer.headers.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect();
            let answer = Answer { status: answer.status, headers, body: answer.body.into() };
            Verdict::Deny(denial.reason.as_str(), answer)
        }
    }
}
