//! Runs a case in the core, without a proxy.

use super::case::{Case, Expected};
use super::native::{NativeRequest, forwarded};
use super::test_request::TestRequest;
use crate::challenge::{self, Answer};
use crate::decision::{Decision, Environment, Permit, decide};
use crate::deny_reason::ALLOW;
use crate::gate::Gate;
use crate::time::UnixTime;
use crate::token::TokenCache;

/// The result of a case.
#[derive(Debug)]
pub struct Judgement {
    /// `allow` or the deny reason.
    pub decided: &'static str,
    /// The response, if the request is denied.
    pub answer: Option<Answer>,
    /// The failure, if the result is not the expected one.
    pub failure: Option<Failure>,
}

/// A result that is not the expected one.
#[derive(Debug)]
pub struct Failure {
    /// `allow` or the deny reason.
    pub decided: &'static str,
    /// Why the request is denied.
    pub detail: Option<String>,
    /// The route that decides.
    pub route: Option<String>,
    /// The policy that decides.
    pub policy: Option<String>,
    /// Differences in spite of the expected decision.
    pub differences: Vec<Difference>,
}

/// A value that is not the expected one.
#[derive(Debug)]
pub struct Difference {
    /// The name of the value.
    pub name: String,
    /// The value; `None` if it is absent.
    pub found: Option<String>,
    /// The expected value; `None` if it should be absent.
    pub expected: Option<String>,
}

/// Decides the request of a case with an empty cache, because the core does not verify a cached token again.
pub fn judge<T>(gate: &Gate, case: &Case<T>, test: &TestRequest, now: UnixTime) -> Judgement {
    let request = NativeRequest::new(test, case.request.route_policy.as_ref());
    let cache = TokenCache::new(gate.cache);
    let decision = decide(gate, &request, &Environment::without_host(&cache, now));
    let decided = match &decision.outcome {
        Ok(_) => ALLOW,
        Err(denial) => denial.reason.as_str(),
    };
    let answer = decision.outcome.as_ref().err().map(|denial| challenge::answer(&gate.challenge, denial.reason));
    let is_expected = match &case.expect {
        Expected::Allow => answer.is_none(),
        Expected::DenyAny => answer.is_some(),
        Expected::Deny(reason) => reason == decided,
    };
    let differences = match is_expected {
        true => differences(gate, case, test, &request, &decision, answer.as_ref()),
        false => Vec::new(),
    };
    let failure = (!is_expected || !differences.is_empty()).then(|| Failure {
        decided,
        detail: decision.outcome.as_ref().err().map(|denial| denial.detail.to_string()),
        route: decision.route.map(|route| route.name.clone()),
        policy: decision.policy.map(|policy| policy.name.clone()),
        differences,
    });
    Judgement { decided, answer, failure }
}

fn differences<T>(
    gate: &Gate,
    case: &Case<T>,
    test: &TestRequest,
    request: &NativeRequest,
    decision: &Decision<'_>,
    answer: Option<&Answer>,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut compare = |name: &str, found: Option<String>, expected: Option<&str>| {
        if found.as_deref() != expected {
            differences.push(Difference { name: name.to_owned(), found, expected: expected.map(str::to_owned) });
        }
    };
    if let Some(expected) = &case.route {
        compare("the route", decision.route.map(|route| route.name.clone()), Some(expected));
    }
    if let Some(expected) = &case.policy {
        compare("the policy", decision.policy.map(|policy| policy.name.clone()), Some(expected));
    }
    if let Ok(permit) = &decision.outcome {
        let headers = upstream_headers(gate, request, permit);
        for (name, expected) in &test.upstream {
            compare(&format!("the upstream's {name}"), value_of(&headers, name), expected.as_deref());
        }
    }
    if let Some(answer) = answer {
        for (name, expected) in &case.answer.headers {
            compare(&format!("the answer's {name}"), value_of(&answer.headers, name), expected.as_deref());
        }
        if case.answer.no_body {
            compare("the answer's body", Some(answer.body.clone()), Some(""));
        }
    }
    differences
}

fn upstream_headers(gate: &Gate, request: &NativeRequest, permit: &Permit) -> Vec<(String, String)> {
    let added: Vec<_> = permit.upstream().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let pseudo = request.headers.iter().filter(|(name, _)| name.starts_with(':')).cloned();
    let headers = pseudo.chain(forwarded(gate, request, &added));
    headers.map(|(name, value)| (name, String::from_utf8_lossy(&value).into_owned())).collect()
}

/// The values of a header, joined with commas.
fn value_of(headers: &[(String, String)], name: &str) -> Option<String> {
    let fields = headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
    let values: Vec<_> = fields.map(|(_, value)| value.as_str()).collect();
    if values.is_empty() { None } else { Some(values.join(",")) }
}
