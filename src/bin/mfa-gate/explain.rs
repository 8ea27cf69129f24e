//! `explain`: what the filter would do with a request, and why.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use clap::Args;
use mfa_gate::challenge::{self, Answer};
use mfa_gate::decision::{Decision, Denial, Means, Permit, decide};
use mfa_gate::policy::{Gate, TokenRules};
use mfa_gate::time::UnixTime;
use mfa_gate::token::TokenCache;
use serde_json::{Map, Value, json};

use crate::config_file;
use crate::input;
use crate::request::{self, Described};
use crate::steps::Steps;

/// Tell what the filter would do with a request, and why
///
/// Exits with 0 where the request passes, with 1 where it is denied, with 2 where the command line or the
/// configuration is wrong. A token is never shown.
///
/// With `--json`: an object with `decision` (`allow` or `deny`), `reason` and `detail` (null on allow), `status`,
/// `headers` and `body` of the answer (null, {} and null on allow, as the upstream answers), `route` and `policy`
/// that decided (null for none), `subject` (`user`, `app` or null), `upstream_headers` (name to value; {} on deny)
/// and `steps` (each with `name` and `lines`).
#[derive(Args)]
pub struct Explain {
    /// The filter's configuration; JSON if its name ends in .json, else YAML
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Method and path, such as "GET /v1/customers"
    #[arg(long, value_name = "METHOD PATH", value_parser = request::parse_line)]
    request: (String, String),
    /// The host the request is for
    #[arg(long)]
    host: Option<String>,
    /// A header of the request; may be given more than once
    // Not parsed by clap, which quotes what it refuses: it may hold a token.
    #[arg(long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// A file with the access token, sent in the first header that the configuration takes tokens from; `-` reads
    /// standard input
    #[arg(long, value_name = "FILE|-")]
    token: Option<PathBuf>,
    /// The policy that Envoy's own route names in its metadata
    #[arg(long, value_name = "POLICY")]
    route_policy: Option<String>,
    /// The time to judge at, as in 2026-01-31T12:00:00Z [default: now]
    #[arg(long, value_name = "RFC3339", value_parser = parse_time)]
    now: Option<UnixTime>,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

impl Explain {
    /// Explains; the text for standard output and the exit code.
    pub fn run(&self) -> Result<(String, ExitCode)> {
        let gate = config_file::read(&self.config)?;
        let request = self.describe(&gate)?;
        let now = self.now.unwrap_or_else(|| UnixTime::from_millis(Utc::now().timestamp_millis()));
        let cache = TokenCache::new(gate.cache);
        let means = Means::without_host(&cache, now);
        let decision = decide(&gate, &request, &means);

        let mut steps = Steps::default();
        // How far it got is in the steps themselves.
        let _ = steps.tell(&gate, &request, &means);
        tell_decision(&mut steps, &gate, &decision);
        let code = if decision.outcome.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        let text = if self.json { to_json(&gate, &decision, &steps)? } else { to_text(&steps) };
        Ok((text, code))
    }

    fn describe(&self, gate: &Gate) -> Result<Described> {
        let (method, target) = self.request.clone();
        let headers: Option<Vec<_>> = self.headers.iter().map(|line| request::parse_header(line)).collect();
        let mut headers = headers.context("--header: expected a name, a colon and a value, such as `x-id: 1`")?;
        if let Some(path) = &self.token {
            headers.push(carry(&gate.token, input::read(path)?.trim_end_matches(['\r', '\n'])));
        }
        let of_headers = || headers.iter().find(|(name, _)| name == "host").map(|(_, value)| value.clone());
        let host = self.host.clone().or_else(of_headers);
        if host.is_none() && gate.routes.by_host() {
            bail!("--host: missing; routes of {} go by host", input::name(&self.config));
        }
        Ok(Described { method, target, host, headers, route_policy: self.route_policy.clone() })
    }
}

/// The header that a token is sent in.
fn carry(rules: &TokenRules, token: &str) -> (String, String) {
    match rules.headers.first().map(String::as_str) {
        None | Some("authorization") => ("authorization".to_owned(), format!("Bearer {token}")),
        Some(name) => (name.to_owned(), token.to_owned()),
    }
}

fn parse_time(text: &str) -> Result<UnixTime, String> {
    let time = DateTime::parse_from_rfc3339(text);
    time.map(|time| UnixTime::from_millis(time.timestamp_millis()))
        .map_err(|error| format!("expected a time such as `2026-01-31T12:00:00Z`; found `{text}`: {error}"))
}

fn tell_decision(steps: &mut Steps, gate: &Gate, decision: &Decision<'_>) {
    steps.begin("decision");
    match &decision.outcome {
        Ok(_) => steps.say("allow"),
        Err(Denial { reason, detail, .. }) => steps.say(format!("deny, {}: {detail}", reason.as_str())),
    }
    if let Some(policy) = decision.policy {
        let route = decision.route.map(|route| format!("route `{}`, ", route.name)).unwrap_or_default();
        steps.say(format!("by {route}policy `{}`", policy.name));
    }
    match &decision.outcome {
        Ok(permit) => {
            steps.begin("upstream");
            steps.say("gets the request");
            for (name, value) in permit.told().iter() {
                steps.say(format!("{name}: {value}"));
            }
        }
        Err(denial) => {
            steps.begin("answer");
            let Answer { status, headers, body } = challenge::answer(&gate.challenge, denial.reason);
            steps.say(format!("HTTP/1.1 {status} {}", denial.reason.title()));
            for (name, value) in headers {
                steps.say(format!("{name}: {value}"));
            }
            if !body.is_empty() {
                steps.say("");
                steps.say(body);
            }
            if denial.reason.is_about_mfa() {
                steps.begin("note");
                steps.say("the shipped Envoy configuration makes it `401 Unauthorized - MFA required` on HTTP/1.1");
            }
        }
    }
}

/// The width of the column that the steps' names stand in.
const NAME_WIDTH: usize = 10;

fn to_text(steps: &Steps) -> String {
    let mut text = String::new();
    for step in steps.iter() {
        for (index, line) in step.lines.iter().enumerate() {
            let name = if index == 0 { step.name } else { "" };
            text.push_str(format!("{name:NAME_WIDTH$}{line}").trim_end());
            text.push('\n');
        }
    }
    text
}

fn to_json(gate: &Gate, decision: &Decision<'_>, steps: &Steps) -> Result<String> {
    let object = |pairs: Vec<(String, String)>| -> Value {
        pairs.into_iter().map(|(name, value)| (name, json!(value))).collect::<Map<_, _>>().into()
    };
    let steps: Vec<_> = steps.iter().map(|step| json!({"name": step.name, "lines": step.lines})).collect();
    let mut report = json!({
        "decision": "allow",
        "reason": null,
        "detail": null,
        "status": null,
        "headers": {},
        "body": null,
        "route": decision.route.map(|route| &route.name),
        "policy": decision.policy.map(|policy| &policy.name),
        "subject": subject(&decision.outcome),
        "upstream_headers": {},
        "steps": steps,
    });
    match &decision.outcome {
        Ok(permit) => {
            let told = permit.told().iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
            report["upstream_headers"] = object(told.collect());
        }
        Err(denial) => {
            let Answer { status, headers, body } = challenge::answer(&gate.challenge, denial.reason);
            report["decision"] = json!("deny");
            report["reason"] = json!(denial.reason.as_str());
            report["detail"] = json!(denial.detail.to_string());
            report["status"] = json!(status);
            report["headers"] = object(headers);
            report["body"] = json!(body);
        }
    }
    Ok(serde_json::to_string_pretty(&report)? + "\n")
}

fn subject(outcome: &Result<Permit, Denial>) -> Option<&'static str> {
    let subject = match outcome {
        Ok(permit) => permit.subject(),
        Err(denial) => denial.subject,
    };
    subject.map(|subject| subject.as_str())
}
