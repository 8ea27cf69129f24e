//! What a line of the access log says of a request, beside what this configuration makes of it.

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

/// The line of a log that is asked for: that with this `request_id`, or the only one.
///
/// # Errors
///
/// The log cannot be read, there is no such line, or more than one and none was named.
pub fn find(log: &Path, request_id: Option<&str>) -> Result<Vec<u8>> {
    let name = input::name(log);
    let mut reader = BufReader::new(source::read(log).with_context(|| name.clone())?);
    let mut only = None;
    loop {
        let mut line = Vec::new();
        // One byte more tells a line that is too long.
        let most = MAX_LINE as u64 + 2;
        if reader.by_ref().take(most).read_until(b'\n', &mut line).with_context(|| name.clone())? == 0 {
            break;
        }
        let line = line.trim_ascii();
        match request_id {
            _ if line.is_empty() => {}
            Some(id) => {
                let is_it = |line: LogLine<'_>| line.request_id.as_deref() == Some(id);
                if LogLine::parse(line).is_ok_and(is_it) {
                    return Ok(line.to_vec());
                }
            }
            None if only.is_none() => only = Some(line.to_vec()),
            None => bail!("{name}: has more than one line; say which by `--request-id`"),
        }
    }
    match (only, request_id) {
        (Some(line), _) => Ok(line),
        (None, Some(id)) => bail!("{name}: no line has the request_id {}", terminal::quoted(id)),
        (None, None) => bail!("{name}: is empty"),
    }
}

/// Explains a line, and how this configuration judges such a request.
///
/// # Errors
///
/// It is not a line of the shipped log, or the request did not reach the gate.
pub fn explain<'f>(
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
        logged.gate().context("the line has no word of the gate (`mfa_gate`): the request did not come to it")?;
    let (route, policy) = (gate.route.as_deref(), gate.policy.as_deref());
    let named = |reason: &str| DenyReason::ALL.into_iter().find(|known| known.as_str() == reason);
    let reason = gate.reason.as_deref().and_then(named);

    let mut steps = Steps::new(file);
    steps.begin("log");
    tell_line(&mut steps, &logged, &whole);
    tell_record(&mut steps, gate);
    steps.tell_request(&request);
    let policies = steps.tell_policies(&file.gate, &request);
    let agrees = tell_agreement(&mut steps, file, policies.as_deref(), route, policy, &request);
    if let Some(reason) = reason {
        advice::tell(&mut steps, reason);
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

fn tell_line(steps: &mut Steps<'_>, logged: &LogLine<'_>, whole: &Value) {
    let time = logged.time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
    let id = logged.request_id.as_deref().map(|id| format!(", request {}", terminal::quoted(id)));
    let address = logged.address.as_deref().map(|address| format!(", from {}", terminal::quoted(address)));
    steps.say([Some(time), id, address].into_iter().flatten().collect::<String>());
    if let Some(status) = whole[STATUS].as_u64() {
        let details = whole[DETAILS].as_str().map(|details| format!(", {}", terminal::quoted(details)));
        steps.say(format!("was answered with {status}{}", details.unwrap_or_default()));
    }
}

fn tell_record(steps: &mut Steps<'_>, gate: &GateRecord<'_>) {
    let reason = gate.reason.as_deref().map(|reason| format!(", {}", terminal::escaped(reason))).unwrap_or_default();
    let tone = match gate.decision {
        Outcome::Allow => Tone::Good,
        Outcome::Deny => Tone::Bad,
    };
    steps.say_as(tone, format!("{}{reason}", gate.decision.as_str()));
    if let Some(by) = by(gate.route.as_deref(), gate.policy.as_deref()) {
        steps.say(format!("by {by}"));
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
        steps.say(who.join(" "));
    }
    if let Some(mfa) = gate.mfa {
        steps.say(format!("MFA {}", mfa.as_str()));
    }
}

/// A route and a policy in words.
fn by(route: Option<&str>, policy: Option<&str>) -> Option<String> {
    let part = |what: &str, name: Option<&str>| name.map(|name| format!("{what} {}", terminal::quoted(name)));
    let parts: Vec<_> = [part("route", route), part("policy", policy)].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Whether this configuration has the route and the policy that the log names; `None` where that cannot be told.
fn tell_agreement(
    steps: &mut Steps<'_>,
    file: &ConfigFile,
    policies: Option<&[Applied<'_>]>,
    route: Option<&str>,
    policy: Option<&str>,
    request: &NativeRequest,
) -> Option<bool> {
    steps.begin("compare");
    let Some(logged) = by(route, policy) else {
        steps.say_as(Tone::Unsure, "the log names neither route nor policy to compare with");
        return None;
    };
    let is_same = |applied: &&Applied<'_>| {
        Some(applied.policy.name.as_str()) == policy && applied.route.map(|route| route.name.as_str()) == route
    };
    if let Some(Applied { route, policy }) = policies.unwrap_or_default().iter().find(is_same) {
        steps.say_as(Tone::Good, format!("as in the log, {logged} judges it"));
        let field =
            route.and_then(|route| field_paths::route(&file.gate, route)).or_else(|| field_paths::policy(policy));
        steps.by(field.as_deref());
        return Some(true);
    }
    let may_be_named = file.gate.envoy_route_metadata && request.route_policy.is_none() && route.is_none();
    if may_be_named {
        let message =
            format!("the log says {logged}: Envoy's route may have named it; give its policy by `--route-policy`");
        steps.say_as(Tone::Unsure, message);
        return None;
    }
    let message =
        format!("the log says {logged}, which does not judge it here: the gate ran with another configuration");
    steps.say_as(Tone::Bad, message);
    Some(false)
}
