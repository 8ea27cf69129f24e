//! `explain`: what the filter would do with a request.

mod advice;
mod decided;
mod draw;
mod explanation;
mod field_paths;
mod keys;
mod logged;
mod steps;
mod token;
mod trace;
mod wording;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use clap::{ArgGroup, Args};
use mfa_gate::cases::carrier::carrier;
use mfa_gate::cases::native::NativeRequest;
use mfa_gate::gate::Gate;
use mfa_gate::time::UnixTime;
use mfa_gate::token::TokenRules;
use serde_json::Value;

use crate::config_file::ConfigFile;
use crate::curl;
use crate::exit::Exit;
use crate::input;
use crate::request;
use explanation::Explanation;
use keys::Keys;

const EXAMPLES: &str = "\
Examples:
  mfa-gate explain --config envoy.yaml --request \"GET /v1/customers\" --token token.jwt
  mfa-gate explain --config envoy.yaml --curl \"curl https://api.example.com/v1/customers\"
  mfa-gate explain --config envoy.yaml --access-log access.log --request-id ID";

/// Explain what the filter would do with a request
///
/// Describe the request with options, with a `curl` command, or with its line in the access log. Each step of the decision
/// names the file and line of the rule that it applies. A line of the access log has no token: `explain` shows the logged
/// decision, and checks whether this configuration selects the same route and policy.
///
/// Exit codes: 0 if the request is allowed, 1 if it is denied, 2 if the command line or the configuration is wrong, 3 if the
/// request is allowed only if the token's signature is valid, which was not verified. A token is never shown.
///
/// `--json` prints the decision, the answer and the steps as one object. `envoy/commands.md` describes its members.
#[derive(Args)]
#[command(after_long_help = EXAMPLES, group = ArgGroup::new("what").required(true).args(["request", "curl", "access_log"]))]
pub(crate) struct Explain {
    /// The filter's configuration as YAML or JSON, or a file that contains it: an Envoy bootstrap, a `WasmPlugin`,
    /// `TrafficExtension` or `EnvoyFilter` of Istio, or an `EnvoyExtensionPolicy` of Envoy Gateway
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Method and path, such as "GET /v1/customers"
    #[arg(long, value_name = "METHOD PATH", value_parser = request::parse_line)]
    request: Option<(String, String)>,
    /// A `curl` command, as copied from a browser; `-` reads standard input
    #[arg(long, value_name = "COMMAND|-")]
    curl: Option<String>,
    /// An access log in the format of the shipped configuration; `-` reads standard input
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["headers", "token", "keys", "now"])]
    access_log: Option<PathBuf>,
    /// Select the line of the access log with this `request_id`
    #[arg(long, value_name = "ID", requires = "access_log")]
    request_id: Option<String>,
    /// The host of the request
    #[arg(long)]
    host: Option<String>,
    /// A header of the request; repeat the option for more
    // Not parsed by clap: its error messages quote the value: it may contain a token.
    #[arg(long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// A file with the access token, sent in the first of the configured token headers; `-` reads standard input
    #[arg(long, value_name = "FILE|-")]
    token: Option<PathBuf>,
    /// A key set (JWKS) file of an issuer that fetches its keys; with several such issuers, `ISSUER=FILE` once for each
    #[arg(long, value_name = "[ISSUER=]FILE")]
    keys: Vec<String>,
    /// The policy in the metadata of Envoy's route
    #[arg(long, value_name = "POLICY")]
    route_policy: Option<String>,
    /// The time of the request, such as 2026-01-31T12:00:00Z [default: now]
    #[arg(long, value_name = "RFC3339", value_parser = parse_time)]
    now: Option<UnixTime>,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

impl Explain {
    /// Explains the request. Returns the text for standard output and the exit code.
    pub(crate) fn run(&self) -> Result<(String, Exit)> {
        let file = ConfigFile::read(&self.config)?;
        let Explanation { steps, report, exit } = match &self.access_log {
            Some(log) => {
                let line = logged::find(log, self.request_id.as_deref())?;
                let described = |method, target| self.complete(&file.gate, method, target, None, Vec::new());
                logged::explain(&file, &line, described).with_context(|| input::name(log))?
            }
            None => {
                let request = self.describe(&file.gate)?;
                let keys = Keys::read(&self.keys, &file, &self.config)?;
                let now = self.now.unwrap_or_else(|| UnixTime::from_millis(Utc::now().timestamp_millis()));
                decided::explain(&file, &request, keys, now)?
            }
        };
        let text = if self.json { serde_json::to_string_pretty(&report)? + "\n" } else { draw::to_text(&steps) };
        Ok((text, exit))
    }

    fn describe(&self, gate: &Gate) -> Result<NativeRequest> {
        let (method, target, host, mut headers) = match (&self.request, &self.curl) {
            (Some((method, target)), _) => (method.clone(), target.clone(), None, Vec::new()),
            (None, curl) => {
                let command = match curl.as_deref().unwrap_or_default() {
                    "-" => input::read("-".as_ref())?,
                    command => command.to_owned(),
                };
                let request = curl::read(&command).context("--curl")?;
                (request.method, request.target, Some(request.host), request.headers)
            }
        };
        let given: Option<Vec<_>> = self.headers.iter().map(|line| request::parse_header(line)).collect();
        headers.extend(given.context("--header: expected a name, a colon and a value, such as `x-id: 1`")?);
        if let Some(path) = &self.token {
            headers.push(carry(&gate.trust.rules, input::read(path)?.trim_end_matches(['\r', '\n'])));
        }
        self.complete(gate, method, target, host, headers)
    }

    fn complete(
        &self,
        gate: &Gate,
        method: String,
        target: String,
        host: Option<String>,
        headers: Vec<(String, String)>,
    ) -> Result<NativeRequest> {
        let from_headers = || headers.iter().find(|(name, _)| name == "host").map(|(_, value)| value.clone());
        let host = self.host.clone().or_else(from_headers).or(host);
        if host.is_none() && gate.routes.by_host() {
            bail!("--host: missing; {} has routes with `hosts`", input::name(&self.config));
        }
        let route_policy = self.route_policy.clone().map(Value::from);
        Ok(NativeRequest { route_policy, ..NativeRequest::with_headers(method, target, host, headers) })
    }
}

/// The header that carries the token.
fn carry(rules: &TokenRules, token: &str) -> (String, String) {
    let (name, prefix) = carrier(rules.headers.first().map(String::as_str));
    (name.to_ascii_lowercase(), format!("{prefix}{token}"))
}

fn parse_time(text: &str) -> Result<UnixTime, String> {
    let time = DateTime::parse_from_rfc3339(text);
    time.map(|time| UnixTime::from_millis(time.timestamp_millis()))
        .map_err(|error| format!("expected a time such as `2026-01-31T12:00:00Z`; found `{text}`: {error}"))
}
