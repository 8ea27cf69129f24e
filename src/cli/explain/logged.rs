//! Explains a line of the access log, and compares it with the decision of this configuration.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use mfa_gate::cases::native::NativeRequest;
use mfa_gate::decision::Applied;
use mfa_gate::deny_reason::DenyReason;
use mfa_gate::mfa::MfaState;
use mfa_gate::token::Subject;
use serde_json::{Value, json};

use super::explanation::Explanation;
use super::steps::{Steps, Tone};
use super::{advice, draw, field_paths};
use crate::access_log::line::{DETAILS, GateRecord, LogLine, MAX_LINE, Outcome, STATUS, Text};
use crate::access_log::source;
use crate::config_file::ConfigFile;
use crate::exit::Exit;
use crate::input;
use crate::terminal;

/// Finds the line of a log with this `request_id`, or its only line.
///
/// # Errors
///
/// The log cannot be read, has no such line, or has several lines and no `request_id` is given.
pub(super) fn find(log: &Path, request_id: Option<&str>) -> Result<Vec<u8>> {
    let name = input::name(log);
    let mut reader = BufReader::new(source::read(log).with_context(|| name.clone())?);
    let mut only = None;
    loop {
        let mut line = Vec::new();
        // One byte more than the maximum and its line feed: a longer line is detected, not cut.
        let limit = u64::try_from(MAX_LINE).unwrap_or(u64::MAX).saturating_add(2);
        if reader.by_ref().take(limit).read_until(b'\n', &mut line).with_context(|| name.clone())? == 0 {
            break;
        }
        let line = line.trim_ascii();
        match request_id {
            _ if line.is_empty() => {}
            Some(id) => {
                let is_wanted = |line: LogLine<'_>| line.request_id.as_deref() == Some(id);
                if LogLine::parse(line).is_ok_and(is_wanted) {
                    return Ok(line.to_vec());
                }
            }
            None if only.is_none() => only = Some(line.to_vec()),
            None => bail!("{name}: has more than one line; select one with `--request-id`"),
        }
    }
    match (only, request_id) {
        (Some(line), _) => Ok(line),
        (None, Some(id)) => bail!("{name}: no line has the request_id {}", terminal::quoted(id)),
        (None, None) => bail!("{name}: is empty"),
    }
}

/// Explains a line, and compares its route and policy with those of this configuration.
///
/// # Errors
///
/// The line is not in the format of the shipped log, or has no record of the gate.
pub(super) fn explain<'f>(
    file: &'f ConfigFile,
    line: &[u8],
    described: impl FnOnce(String, String) -> Result<NativeRequest>,
) -> Result<Explanation<'f>> {
    let logged = LogLine::parse(line)?;
    let whole: Value = serde_json::from_slice(line)?;
    let text = |member: Option<&Text<'_>>, name: &str| {
        member.map(|text| text.to_string()).with_context(|| format!("the line has no `{name}`"))
    };
    let request = described(text(logged.method.as_ref(), "method")?, text(logged.path.as_ref(), "path")?)?;
    let gate =
        logged.gate().context("the line has no record of the gate (`mfa_gate`): the request did not reach it")?;
    let (route, policy) = (gate.route.as_deref(), gate.policy.as_deref());
    let named = |reason: &str| DenyReason::ALL.into_iter().find(|known| known.as_str() == reason);
    let reason = gate.reason.as_deref().and_then(named);

    let mut steps = Steps::new(file);
    steps.begin("log");
    add_line(&mut steps, &logged, &whole);
    add_record(&mut steps, gate);
    steps.add_request(&request);
    let policies = steps.add_policies(&file.gate, &request);
    let agrees = compare(&mut steps, file, policies.as_deref(), route, policy, &request);
    if let Some(reason) = reason {
        advice::add(&mut steps, reason);
    }
    let exit = match gate.decision {
        Outcome::Allow => Exit::Success,
        Outcome::Deny => Exit::Negative,
    };
    let report = json!({
        "decision": gate.decision.as_str(),
        "reason": gate.reason.as_deref(),
        "route": route,
        "policy": policy,
        "subject": gate.subject.map(Subject::as_str),
        "mfa": gate.mfa.map(MfaState::as_str),
        "status": whole[STATUS],
        "agrees": agrees,
        "advice": reason.map(advice::to_json),
        "steps": draw::to_json(&steps),
    });
    Ok(Explanation { steps, report, exit })
}

fn add_line(steps: &mut Steps<'_>, logged: &LogLine<'_>, whole: &Value) {
    let time = logged.time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
    let id = logged.request_id.as_deref().map(|id| format!(", request {}", terminal::quoted(id)));
    let address = logged.address.as_deref().map(|address| format!(", from {}", terminal::quoted(address)));
    steps.add([Some(time), id, address].into_iter().flatten().collect::<String>());
    if let Some(status) = whole[STATUS].as_u64() {
        let details = whole[DETAILS].as_str().map(|details| format!(", {}", terminal::quoted(details)));
        steps.add(format!("answered with {status}{}", details.unwrap_or_default()));
    }
}

fn add_record(steps: &mut Steps<'_>, gate: &GateRecord<'_>) {
    let reason = gate.reason.as_deref().map(|reason| format!(", {}", terminal::escaped(reason))).unwrap_or_default();
    let tone = match gate.decision {
        Outcome::Allow => Tone::Good,
        Outcome::Deny => Tone::Bad,
    };
    steps.add_as(tone, format!("{}{reason}", gate.decision.as_str()));
    if let Some(by) = by(gate.route.as_deref(), gate.policy.as_deref()) {
        steps.add(format!("by {by}"));
    }
    let member =
        |name: &str, text: &Option<Text<'_>>| text.as_deref().map(|text| format!("{name} {}", terminal::quoted(text)));
    let who = [
        gate.subject.map(|subject| subject.as_str().to_owned()),
        member("named", &gate.upn),
        member("with the id", &gate.user),
        member("of tenant", &gate.tenant),
        member("by application", &gate.app),
        member("named", &gate.app_name),
    ];
    let who: Vec<_> = who.into_iter().flatten().collect();
    if !who.is_empty() {
        steps.add(who.join(" "));
    }
    if let Some(mfa) = gate.mfa {
        steps.add(format!("MFA {}", mfa.as_str()));
    }
}

/// A route and a policy as text.
fn by(route: Option<&str>, policy: Option<&str>) -> Option<String> {
    let part = |what: &str, name: Option<&str>| name.map(|name| format!("{what} {}", terminal::quoted(name)));
    let parts: Vec<_> = [part("route", route), part("policy", policy)].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Whether this configuration selects the logged route and policy; `None` if that cannot be determined.
fn compare(
    steps: &mut Steps<'_>,
    file: &ConfigFile,
    policies: Option<&[Applied<'_>]>,
    route: Option<&str>,
    policy: Option<&str>,
    request: &NativeRequest,
) -> Option<bool> {
    steps.begin("compare");
    let Some(logged) = by(route, policy) else {
        steps.add_as(Tone::Unsure, "the log line has neither route nor policy to compare");
        return None;
    };
    let is_same = |applied: &&Applied<'_>| {
        Some(applied.policy.name.as_str()) == policy && applied.route.map(|route| route.name.as_str()) == route
    };
    if let Some(Applied { route, policy }) = policies.unwrap_or_default().iter().find(is_same) {
        steps.add_as(Tone::Good, format!("as in the log, {logged} applies"));
        let field =
            route.and_then(|route| field_paths::route(&file.gate, route)).or_else(|| field_paths::policy(policy));
        steps.cite(field.as_deref());
        return Some(true);
    }
    let may_be_envoys = file.gate.envoy_route_metadata && request.route_policy.is_none() && route.is_none();
    if may_be_envoys {
        let message =
            format!("the log has {logged}, which Envoy's route may name; pass its policy with `--route-policy`");
        steps.add_as(Tone::Unsure, message);
        return None;
    }
    let message = format!("the log has {logged}, which does not apply here: the gate ran with another configuration");
    steps.add_as(Tone::Bad, message);
    Some(false)
}
