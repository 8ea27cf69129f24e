//! What the core says of a case.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use anyhow::{Result, anyhow};
use mfa_gate::challenge;
use mfa_gate::config;
use mfa_gate::decision::{Decision, Environment, Permit, decide};
use mfa_gate::gate::Gate;
use mfa_gate::time::UnixTime;
use mfa_gate::token::TokenCache;

use super::outcome::{Failure, Outcome};
use crate::terminal::{MAX_SHOWN, shown};
use mfa_gate::cases::case::{Case, Expected};
use mfa_gate::cases::load::Entry;
use mfa_gate::cases::native::{NativeRequest, forwarded};
use mfa_gate::cases::test_keys::Forge;
use mfa_gate::cases::test_request::Shot;

/// Judges cases.
pub struct Judge<'f> {
    forge: &'f Forge,
    now: i64,
    /// Many cases have one configuration.
    gates: BTreeMap<String, Rc<Gate>>,
}

impl<'f> Judge<'f> {
    /// One that judges at `now`, in seconds since 1970, where a file does not say the time.
    pub fn new(forge: &'f Forge, now: i64) -> Self {
        Judge { forge, now, gates: BTreeMap::new() }
    }

    /// Tries a case.
    ///
    /// # Errors
    ///
    /// The configuration or the case itself is wrong.
    pub fn judge(&mut self, entry: &Entry) -> Result<Outcome> {
        if entry.is_for_envoy_alone() {
            return Ok(Outcome::ForEnvoyAlone);
        }
        let gate = self.gate(entry)?;
        let now = entry.now.unwrap_or(self.now);
        let time = UnixTime::from_millis(now.saturating_mul(1000));
        let mut decided = BTreeSet::new();
        // Nobody listens there: the requests stay in this process.
        for shot in entry.shots(self.forge, now, "127.0.0.1:9")? {
            let request = NativeRequest::new(&shot, entry.case.request.route_policy.as_ref());
            // One for each, or the second of two like requests would not be verified.
            let cache = TokenCache::new(gate.cache);
            let decision = decide(&gate, &request, &Environment::without_host(&cache, time));
            if let Some(failure) = failure(&gate, &entry.case, &shot, &request, &decision) {
                return Ok(Outcome::Failed(failure));
            }
            decided.insert(word(&decision));
        }
        let decided: Vec<_> = decided.into_iter().collect();
        Ok(Outcome::Passed {
            decided: match decided.as_slice() {
                [only] => (*only).to_owned(),
                several => format!("{} reasons", several.len()),
            },
        })
    }

    fn gate(&mut self, entry: &Entry) -> Result<Rc<Gate>> {
        let text = entry.config.to_string();
        if let Some(gate) = self.gates.get(&text) {
            return Ok(Rc::clone(gate));
        }
        let gate = config::parse(text.as_bytes());
        let gate = gate.map_err(|errors| anyhow!("{} is not a configuration\n{errors}", entry.config_name))?;
        Ok(Rc::clone(self.gates.entry(text).or_insert(Rc::new(gate))))
    }
}

fn word(decision: &Decision<'_>) -> &'static str {
    match &decision.outcome {
        Ok(_) => "allow",
        Err(denial) => denial.reason.as_str(),
    }
}

fn failure(gate: &Gate, case: &Case, shot: &Shot, request: &NativeRequest, decision: &Decision<'_>) -> Option<Failure> {
    let is_as_expected = match (&case.expect, &decision.outcome) {
        (Expected::Allow, Ok(_)) | (Expected::DenyAny, Err(_)) => true,
        (Expected::Deny(wanted), Err(denial)) => wanted == denial.reason.as_str(),
        (Expected::Allow | Expected::Deny(_) | Expected::DenyAny, _) => false,
    };
    let differences = if is_as_expected { differences(gate, case, shot, request, decision) } else { Vec::new() };
    if is_as_expected && differences.is_empty() {
        return None;
    }
    let route = decision.route.map(|route| format!("route `{}`", route.name));
    let policy = decision.policy.map(|policy| format!("policy `{}`", policy.name));
    let by: Vec<_> = route.into_iter().chain(policy).collect();
    Some(Failure {
        which: shot.which.clone(),
        decided: word(decision),
        detail: decision.outcome.as_ref().err().map(|denial| denial.detail.to_string()),
        by: if by.is_empty() { None } else { Some(by.join(", ")) },
        differences,
    })
}

/// What differs where the decision is the one that is expected.
fn differences(gate: &Gate, case: &Case, shot: &Shot, request: &NativeRequest, decision: &Decision<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |what: &str, is: Option<String>, wanted: Option<&str>| {
        if is.as_deref() != wanted {
            let quoted =
                |text: Option<&str>| text.map_or("none".to_owned(), |text| format!("`{}`", shown(text, MAX_SHOWN)));
            found.push(format!("{what} is {}, not {}", quoted(is.as_deref()), quoted(wanted)));
        }
    };
    if let Some(wanted) = &case.route {
        compare("the route", decision.route.map(|route| route.name.clone()), Some(wanted));
    }
    if let Some(wanted) = &case.policy {
        compare("the policy", decision.policy.map(|policy| policy.name.clone()), Some(wanted));
    }
    match &decision.outcome {
        Ok(permit) => {
            let seen = seen_upstream(gate, request, permit);
            for (name, wanted) in &shot.upstream {
                compare(&format!("the upstream's {name}"), value_of(&seen, name), wanted.as_deref());
            }
        }
        Err(denial) => {
            let answer = challenge::answer(&gate.challenge, denial.reason);
            for (name, wanted) in &case.answer.headers {
                compare(&format!("the answer's {name}"), value_of(&answer.headers, name), wanted.as_deref());
            }
            if case.answer.no_body {
                compare("the answer's body", Some(answer.body.to_string()), Some(""));
            }
        }
    }
    found
}

fn seen_upstream(gate: &Gate, request: &NativeRequest, permit: &Permit) -> Vec<(String, String)> {
    let told: Vec<_> = permit.upstream().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let headers = request.headers.iter().filter(|(name, _)| name.starts_with(':')).cloned();
    let headers = headers.chain(forwarded(gate, request, &told));
    headers.map(|(name, value)| (name, String::from_utf8_lossy(&value).into_owned())).collect()
}

/// The values of a header, joined.
fn value_of(headers: &[(String, String)], name: &str) -> Option<String> {
    let of_name = headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
    let values: Vec<_> = of_name.map(|(_, value)| value.as_str()).collect();
    if values.is_empty() { None } else { Some(values.join(",")) }
}
