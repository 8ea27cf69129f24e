//! The core without a proxy.

use mfa_gate::challenge;
use mfa_gate::decision::{self, Environment};
use mfa_gate::gate::Gate;
use mfa_gate::time::UnixTime;
use mfa_gate::token::TokenCache;
use serde_json::Value;

use super::answer::Answer;
pub(crate) use super::cases::native::NativeRequest;

/// The decision of the core.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The headers for the upstream.
    Allow(Vec<(String, String)>),
    /// The reason, and the answer to the client.
    Deny(&'static str, Answer),
}

/// Reads a valid configuration.
pub(crate) fn gate(config: &Value) -> Gate {
    mfa_gate::config::parse(config.to_string().as_bytes())
        .unwrap_or_else(|errors| panic!("the configuration: {errors}"))
}

/// Decides a request.
pub(crate) fn judge(gate: &Gate, request: &NativeRequest, now: i64) -> Verdict {
    let decision = decision::decide(
        gate,
        request,
        &Environment::without_host(&TokenCache::new(gate.cache), UnixTime::from_millis(now * 1000)),
    );
    match decision.outcome {
        Ok(permit) => {
            Verdict::Allow(permit.upstream().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
        }
        Err(denial) => {
            let answer = challenge::answer(&gate.challenge, denial.reason);
            Verdict::Deny(denial.reason.as_str(), seen(answer))
        }
    }
}

/// The core's answer as a client sees it.
pub(crate) fn seen(answer: challenge::Answer) -> Answer {
    let headers = answer.headers.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect();
    Answer { status: answer.status, headers, body: answer.body.into() }
}
