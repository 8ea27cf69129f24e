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

/// Explain what the filter would do with a request
///
/// The request is described by options, by a `curl` command, or by the line that it left in the access log. Each step has
/// the place of the rule it goes by. Of a line of the log it tells what the filter said, and whether this configuration
/// judges such a request by the same route and policy; there is no token to judge.
///
/// Exits with 0 where the request passes, with 1 where it is denied, with 2 where the command line or the
/// configuration is wrong, with 3 where it passes if the token's signature is good, which could not be verified. A
/// token is never shown.
///
/// With `--json`: an object with `decision`, `reason`, `route`, `policy`, `advice`, `steps` and others. `envoy/commands.md` has a table of
/// them.
#[derive(Args)]
#[command(group = ArgGroup::new("what").required(true).args(["request", "curl", "access_log"]))]
pub struct Explain {
    /// The filter's configuration, or an Envoy bootstrap, a `WasmPlugin`, `TrafficExtension` or `EnvoyFilter` of Istio or an
    /// `EnvoyExtensionPolicy` of Envoy Gateway that holds it, as YAML or JSON
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Method and path, such as "GET /v1/customers"
    #[arg(long, value_name = "METHOD PATH", value_parser = request::parse_line)]
    request: Option<(String, String)>,
    /// A `curl` command, as browsers copy requests; `-` reads standard input
    #[arg(long, value_name = "COMMAND|-")]
    curl: Option<String>,
    /// A file with a line of the access log, as the shipped configuration writes it; `-` reads standard input
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["headers", "token", "keys", "now"])]
    access_log: Option<PathBuf>,
    /// Which line of the access log: the one with this `request_id`
    #[arg(long, value_name = "ID", requires = "access_log")]
    request_id: Option<String>,
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
    /// A file with the keys (JWKS) of the issuer whose keys are fetched; `ISSUER=FILE` where there are several, once for each
    #[arg(long, value_name = "[ISSUER=]FILE")]
    keys: Vec<String>,
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
    pub fn run(&self) -> Result<(String, Exit)> {
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
        let own: Option<Vec<_>> = self.headers.iter().map(|line| request::parse_header(line)).collect();
        headers.extend(own.context("--header: expected a name, a colon and a value, such as `x-id: 1`")?);
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
        let of_headers = || headers.iter().find(|(name, _)| name == "host").map(|(_, value)| value.clone());
        let host = self.host.clone().or_else(of_headers).or(host);
        if host.is_none() && gate.routes.by_host() {
            bail!("--host: missing; routes of {} go by host", input::name(&self.config));
        }
        let route_policy = self.route_policy.clone().map(Value::from);
        Ok(NativeRequest { route_policy, ..NativeRequest::with_headers(method, target, host, headers) })
    }
}

/// The header that a token is sent in.
fn carry(rules: &TokenRules, token: &str) -> (String, String) {
    let (name, prefix) = carrier(rules.headers.first().map(String::as_str));
    (name.to_ascii_lowercase(), format!("{prefix}{token}"))
}

fn parse_time(text: &str) -> Result<UnixTime, String> {
    let time = DateTime::parse_from_rfc3339(text);
    time.map(|time| UnixTime::from_millis(time.timestamp_millis()))
        .map_err(|error| format!("expected a time such as `2026-01-31T12:00:00Z`; found `{text}`: {error}"))
}
