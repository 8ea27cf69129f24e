//! Explains the decision on a request, and its response.

use anyhow::Result;
use mfa_gate::cases::native::NativeRequest;
use mfa_gate::challenge::{self, Answer};
use mfa_gate::decision::{Decision, Denial, Environment, Permit, decide};
use mfa_gate::deny_reason::DenyReason;
use mfa_gate::gate::Gate;
use mfa_gate::time::UnixTime;
use mfa_gate::token::{Compact, Credential, Header, TokenCache, Verification};
use serde_json::{Map, Value, json};

use super::explanation::Explanation;
use super::keys::{Keys, Signature};
use super::steps::{Steps, Tone};
use super::{advice, draw, field_paths, token};
use crate::config_file::ConfigFile;
use crate::exit::Exit;

/// Decides a request as the filter would, and explains the decision.
pub(super) fn explain<'f>(
    file: &'f ConfigFile,
    request: &NativeRequest,
    mut keys: Keys,
    now: UnixTime,
) -> Result<Explanation<'f>> {
    let gate = &file.gate;
    let cache = TokenCache::new(gate.cache);
    if let Some(header) = token_header(gate, request, &cache) {
        keys.stand_in_for(&header)?;
    }
    let environment = Environment { verification: Verification { keys: &keys, verifier: &keys, now }, cache: &cache };
    let decision = decide(gate, request, &environment);
    let signature = keys.signature();

    let mut steps = Steps::new(file);
    // The steps show where the trace stops.
    let _ = steps.trace(gate, request, &keys, &environment);
    add_decision(&mut steps, gate, &decision, signature);
    match &decision.outcome {
        Ok(permit) => add_upstream(&mut steps, permit),
        Err(denial) => {
            add_answer(&mut steps, gate, denial.reason);
            advice::add(&mut steps, denial.reason);
        }
    }
    let exit = match (&decision.outcome, signature) {
        (Ok(_), Some(Signature::NotVerified)) => Exit::NotVerified,
        (Ok(_), _) => Exit::Success,
        (Err(_), _) => Exit::Negative,
    };
    let report = to_json(gate, &decision, signature, &steps);
    Ok(Explanation { steps, report, exit })
}

/// The header of the request's token, if the token can be decoded.
fn token_header(gate: &Gate, request: &NativeRequest, cache: &TokenCache) -> Option<Header> {
    let values = token::carriers(gate, request);
    let Credential::Token(token) = token::offered(&values) else { return None };
    Some(
        Compact::decode(token, &gate.trust.rules)
            .ok()?
            .read(&gate.trust.rules, cache.last_header())
            .ok()?
            .header()
            .clone(),
    )
}

fn add_decision(steps: &mut Steps<'_>, gate: &Gate, decision: &Decision<'_>, signature: Option<Signature>) {
    steps.begin("decision");
    match (&decision.outcome, signature) {
        (Ok(_), Some(Signature::NotVerified)) => {
            steps.add_as(Tone::Unsure, "allow, if the signature is valid, which was not verified");
        }
        (Ok(_), _) => steps.add_as(Tone::Good, "allow"),
        (Err(Denial { reason, detail, .. }), _) => {
            steps.add_as(Tone::Bad, format!("deny, {}: {detail}", reason.as_str()));
        }
    }
    if let Some(policy) = decision.policy {
        let route = decision.route.map(|route| format!("route `{}`, ", route.name)).unwrap_or_default();
        steps.add(format!("by {route}policy `{}`", policy.name));
        let field =
            decision.route.and_then(|route| field_paths::route(gate, route)).or_else(|| field_paths::policy(policy));
        steps.cite(field.as_deref());
    }
}

fn add_upstream(steps: &mut Steps<'_>, permit: &Permit) {
    steps.begin("upstream");
    steps.add("receives the request");
    for (name, value) in permit.upstream().iter() {
        steps.add(format!("{name}: {value}"));
        steps.cite(Some("upstream_headers"));
    }
}

fn add_answer(steps: &mut Steps<'_>, gate: &Gate, reason: DenyReason) {
    steps.begin("answer");
    let Answer { status, headers, body } = challenge::answer(&gate.challenge, reason);
    steps.add(format!("HTTP/1.1 {status} {}", reason.title()));
    for header in headers {
        let field = gate.challenge.headers.contains(&header).then_some("challenge.headers");
        let (name, value) = header;
        steps.add(format!("{name}: {value}"));
        steps.cite(field);
    }
    if !body.is_empty() {
        steps.add("");
        steps.add(body);
    }
    if reason.is_about_mfa() {
        steps.begin("note");
        steps.add(
            "the shipped Envoy configuration changes the status line to `401 Unauthorized - MFA required` on HTTP/1.1",
        );
    }
}

fn to_json(gate: &Gate, decision: &Decision<'_>, signature: Option<Signature>, steps: &Steps<'_>) -> Value {
    let object = |pairs: Vec<(String, String)>| -> Value {
        pairs.into_iter().map(|(name, value)| (name, json!(value))).collect::<Map<_, _>>().into()
    };
    let mut report = json!({
        "decision": "allow",
        "reason": null,
        "detail": null,
        "status": null,
        "headers": {},
        "body": null,
        "route": decision.route.map(|route| &route.name),
        "policy": decision.policy.map(|policy| &policy.name),
        "subject": decision.token.as_ref().map(|token| token.verified.subject().as_str()),
        "signature": signature.map(Signature::as_str),
        "upstream_headers": {},
        "advice": null,
        "steps": draw::to_json(steps),
    });
    match &decision.outcome {
        Ok(permit) => {
            let headers = permit.upstream().iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
            report["upstream_headers"] = object(headers.collect());
        }
        Err(denial) => {
            let Answer { status, headers, body } = challenge::answer(&gate.challenge, denial.reason);
            report["decision"] = json!("deny");
            report["reason"] = json!(denial.reason.as_str());
            report["detail"] = json!(denial.detail.to_string());
            report["status"] = json!(status);
            report["headers"] = object(headers);
            report["body"] = json!(body);
            report["advice"] = advice::to_json(denial.reason);
        }
    }
    report
}
