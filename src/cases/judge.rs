//! Judges a case by the core alone.

use super::case::{Case, Expected};
use super::native::{NativeRequest, forwarded};
use super::test_request::TestRequest;
use crate::challenge::{self, Answer};
use crate::decision::{Decision, Environment, Permit, decide};
use crate::deny_reason::ALLOW;
use crate::gate::Gate;
use crate::time::UnixTime;
use crate::token::TokenCache;

/// What the core decides of a case's request.
#[derive(Debug)]
pub struct Judgement {
    /// `allow` or the deny reason.
    pub decided: &'static str,
    /// The response, if the request is denied.
    pub answer: Option<Answer>,
    /// What is not as expected, if anything.
    pub failure: Option<Failure>,
}

/// What is not as expected.
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
    /// What differs although the decision is the expected one.
    pub differences: Vec<Difference>,
}

/// Something that differs from what a case expects of it.
#[derive(Debug)]
pub struct Difference {
    /// Its name.
    pub name: String,
    /// Its value; `None` if it is absent.
    pub found: Option<String>,
    /// The expected value; `None` if it should be absent.
    pub expected: Option<String>,
}

/// Judges the request of a case. Each request gets an empty cache: a cached token would not be verified again.
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
        let seen = seen_upstream(gate, request, permit);
        for (name, expected) in &test.upstream {
            compare(&format!("the upstream's {name}"), value_of(&seen, name), expected.as_deref());
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

fn seen_upstream(gate: &Gate, request: &NativeRequest, permit: &Permit) -> Vec<(String, String)> {
    let own: Vec<_> = permit.upstream().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let pseudo = request.headers.iter().filter(|(name, _)| name.starts_with(':')).cloned();
    let headers = pseudo.chain(forwarded(gate, request, &own));
    headers.map(|(name, value)| (name, String::from_utf8_lossy(&value).into_owned())).collect()
}

/// The values of a header, joined.
fn value_of(headers: &[(String, String)], name: &str) -> Option<String> {
    let of_name = headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
    let values: Vec<_> = of_name.map(|(_, value)| value.as_str()).collect();
    if values.is_empty() { None } else { Some(values.join(",")) }
}
