//! The table of cases, each judged by the core alone and again by the filter in a real Envoy.
//!
//! `cargo test --test table -- C15` runs the cases of one line of `tests/catalogue.txt`.

#[path = "support/proxy/mod.rs"]
mod proxy;
mod support;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use libtest_mimic::{Arguments, Failed, Trial};
use mfa_gate::cases::case::Expected;
use mfa_gate::cases::judge::{self, Judgement};
use mfa_gate::cases::native::NativeRequest;
use mfa_gate::cases::test_request::TestRequest;
use mfa_gate::gate::Gate;
use mfa_gate::time::UnixTime;
use serde_json::Value;

use proxy::envoy::Envoy;
use proxy::http1::{Connection, Response, find, with_id};
use proxy::http2;
use proxy::jwt_authn;
use proxy::listener::{Carrier, Listener, Settings};
use proxy::upstream::Upstream;
use support::answer::{Challenge, differences, row_of};
use support::forge::Forge;
use support::native::{self, Verdict, gate};
use support::table::{Entry, EnvoyAnswer, Sent, load};

/// 2026-01-15T12:00:00Z: the core has no clock, so any time will do.
const NOW: i64 = 1_768_478_400;

/// The files whose cases meet the shipped settings as well, since Envoy itself then has a say in the matter.
const ALSO_AS_SHIPPED: [&str; 1] = ["i-path"];

/// The files whose configuration is handed over as a protobuf Struct as well.
const ALSO_AS_STRUCT: [&str; 1] = ["decision"];

struct Stage {
    forge: Forge,
    entries: Vec<Entry>,
    envoy: OnceLock<Result<Envoy, String>>,
    sent: AtomicU64,
}

fn main() {
    let arguments = Arguments::from_args();
    let forge = Forge::new();
    let entries = load(&forge);
    let stage = Arc::new(Stage { forge, entries, envoy: OnceLock::new(), sent: AtomicU64::new(0) });
    let mut trials = Vec::new();
    for index in 0..stage.entries.len() {
        let entry = &stage.entries[index];
        let mut add = |how: &str, run: fn(&Stage, &Entry) -> Result<(), Failed>| {
            let stage = Arc::clone(&stage);
            trials.push(Trial::test(format!("{how}: {}", support::table::title(entry)), move || {
                run(&stage, &stage.entries[index])
            }));
        };
        if !entry.is_for_envoy_alone() {
            add("native", natively);
        }
        add("envoy", |stage, entry| in_envoy(stage, entry, Settings::Bare, Carrier::StringValue));
        if ALSO_AS_SHIPPED.contains(&support::table::file(entry).as_str()) {
            add("envoy as shipped", |stage, entry| in_envoy(stage, entry, Settings::Shipped, Carrier::StringValue));
        }
        if ALSO_AS_STRUCT.contains(&support::table::file(entry).as_str()) {
            add("envoy by Struct", |stage, entry| in_envoy(stage, entry, Settings::Bare, Carrier::Struct));
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn failed(sent: &Sent, problems: &[String]) -> Result<(), Failed> {
    if problems.is_empty() {
        return Ok(());
    }
    let which = if sent.which.is_empty() { String::new() } else { format!("{}: ", sent.which) };
    Err(Failed::from(format!("{which}{}", problems.join("; "))))
}

fn shown(error: anyhow::Error) -> Failed {
    Failed::from(format!("{error:#}"))
}

fn natively(stage: &Stage, entry: &Entry) -> Result<(), Failed> {
    let case = &entry.resolved.case;
    let gate = gate(&entry.resolved.config);
    for sent in entry.requests(&stage.forge, NOW, "127.0.0.1:9").map_err(shown)? {
        let Judgement { decided, answer, failure } =
            judge::judge(&gate, case, &sent.request, UnixTime::from_millis(NOW * 1000));
        let mut problems: Vec<_> =
            failure.iter().map(|failure| format!("{failure:?}, not {:?}", case.expect)).collect();
        if let Some(answer) = answer {
            problems.extend(differences(&native::seen(answer), decided, &entry.resolved.config, &case.answer));
        }
        failed(&sent, &problems)?;
    }
    Ok(())
}

fn upstream_differences(
    wanted: &BTreeMap<String, Option<String>>,
    seen: impl Fn(&str) -> Option<String>,
) -> Vec<String> {
    let compare = |(name, value): (&String, &Option<String>)| {
        let seen = seen(name);
        (seen != *value).then(|| format!("the upstream sees {name} as {seen:?}, not {value:?}"))
    };
    wanted.iter().filter_map(compare).collect()
}

/// A listener for each configuration there is, in each way it is needed.
fn listeners(forge: &Forge, entries: &[Entry]) -> Vec<Listener> {
    let mut listeners: BTreeMap<String, Listener> = BTreeMap::new();
    for entry in entries {
        let mut add = |settings, carrier| {
            let name = listener_name(entry, settings, carrier);
            let filters = jwt_authn::verifier(forge, &entry.resolved.config).into_iter().collect();
            let new = Listener { carrier, filters, ..Listener::new(&name, settings, entry.resolved.config.clone()) };
            let listener = listeners.entry(name).or_insert(new);
            if let Some(policy) = &entry.resolved.case.request.route_policy
                && !listener.route_policies.contains(policy)
            {
                listener.route_policies.push(policy.clone());
            }
        };
        add(Settings::Bare, Carrier::StringValue);
        if ALSO_AS_SHIPPED.contains(&support::table::file(entry).as_str()) {
            add(Settings::Shipped, Carrier::StringValue);
        }
        if ALSO_AS_STRUCT.contains(&support::table::file(entry).as_str()) {
            add(Settings::Bare, Carrier::Struct);
        }
    }
    listeners.into_values().collect()
}

fn listener_name(entry: &Entry, settings: Settings, carrier: Carrier) -> String {
    use sha2::Digest as _;
    let hash = sha2::Sha256::digest(entry.resolved.config.to_string());
    format!(
        "{} {settings:?} {carrier:?} {:02x}{:02x}{:02x}{:02x}",
        support::table::file(entry),
        hash[0],
        hash[1],
        hash[2],
        hash[3]
    )
}

/// The place of the case's route policy among those of its listener.
fn route_index(stage: &Stage, entry: &Entry) -> Option<usize> {
    let policy = entry.resolved.case.request.route_policy.as_ref()?;
    let name = |entry| listener_name(entry, Settings::Bare, Carrier::StringValue);
    let own = name(entry);
    let mut policies: Vec<&Value> = Vec::new();
    for policy in stage
        .entries
        .iter()
        .filter(|other| name(other) == own)
        .filter_map(|e| e.resolved.case.request.route_policy.as_ref())
    {
        if !policies.contains(&policy) {
            policies.push(policy);
        }
    }
    policies.iter().position(|other| *other == policy)
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock past 1970");
    i64::try_from(since.as_secs()).expect("a clock before the end of time")
}

fn in_envoy(stage: &Stage, entry: &Entry, settings: Settings, carrier: Carrier) -> Result<(), Failed> {
    let envoy = stage
        .envoy
        .get_or_init(|| Envoy::start(&listeners(&stage.forge, &stage.entries), Upstream::start(), &[], None));
    let envoy = envoy.as_ref().map_err(|error| Failed::from(error.as_str()))?;
    let run = Run {
        stage,
        envoy,
        entry,
        settings,
        route: route_index(stage, entry),
        gate: gate(&entry.resolved.config),
        now: now(),
        address: envoy.address(&listener_name(entry, settings, carrier)),
    };
    run.all()
}

/// One case at one listener.
struct Run<'a> {
    stage: &'a Stage,
    envoy: &'a Envoy,
    entry: &'a Entry,
    settings: Settings,
    route: Option<usize>,
    /// The core, for what follows from it alone.
    gate: Gate,
    now: i64,
    address: std::net::SocketAddr,
}

impl Run<'_> {
    fn all(&self) -> Result<(), Failed> {
        let log_start = self.envoy.log_length();
        let mut connection = Connection::new(self.address);
        let upstream = self.envoy.upstream.address.to_string();
        let requests = self.entry.requests(&self.stage.forge, self.now, &upstream).map_err(shown)?;
        // All are sent before any is judged: the access log comes in gulps.
        let mut answered = Vec::new();
        for sent in &requests {
            let id = self.next_id();
            if self.entry.wire.http2 {
                failed(sent, &self.by_http2(&sent.request, &id))?;
                continue;
            }
            let bytes = match &sent.raw {
                Some(raw) => with_id(raw, &id),
                None => wire(&sent.request, &id, self.route),
            };
            let response = connection.request(&bytes);
            answered.push((sent, id, response));
        }
        for (sent, id, response) in answered {
            failed(sent, &self.judge(&sent.request, &id, response))?;
        }
        self.filter_lives(&mut connection)?;
        let log = self.envoy.log_from(log_start);
        // Forms of a tampered token are all but the good one, and too many to search for.
        if let [sent] = requests.as_slice()
            && let Some(leak) = secrets(&sent.request).find(|secret| find(&log, secret).is_some())
        {
            return Err(Failed::from(format!("Envoy's log holds `{}` of the token", String::from_utf8_lossy(leak))));
        }
        Ok(())
    }

    fn next_id(&self) -> String {
        format!("case-{}", self.stage.sent.fetch_add(1, Ordering::Relaxed))
    }

    fn judge(&self, test: &TestRequest, id: &str, response: std::io::Result<Response>) -> Vec<String> {
        let case = &self.entry.resolved.case;
        let arrived = self.envoy.upstream.seen(id);
        let response = match response {
            Ok(response) => response,
            Err(error) => return vec![format!("no answer: {error}")],
        };
        if self.settings == Settings::Shipped {
            return self.judge_as_shipped(test, id, &response);
        }
        match &self.entry.own.envoy {
            None => {}
            Some(EnvoyAnswer::Status(status)) => {
                let mut problems = unseen(arrived.len());
                if response.answer.status != *status {
                    problems.push(format!("Envoy answers {}, not {status}", response.answer.status));
                }
                return problems;
            }
            Some(EnvoyAnswer::MayRefuse) if is_envoys_refusal(&response) => return unseen(arrived.len()),
            Some(EnvoyAnswer::MayRefuse) => {}
        }
        match &case.expect {
            Expected::Allow => self.judge_allowed(test, id, &response),
            Expected::Deny(reason) => self.judge_denied(id, &response, reason),
            Expected::DenyAny => {
                let request = NativeRequest::new(test, case.request.route_policy.as_ref());
                match native::judge(&self.gate, &request, self.now) {
                    Verdict::Deny(reason, _) => self.judge_denied(id, &response, reason),
                    Verdict::Allow(_) => vec!["the core alone allows it".to_owned()],
                }
            }
        }
    }

    fn judge_allowed(&self, request: &TestRequest, id: &str, response: &Response) -> Vec<String> {
        let mut problems = Vec::new();
        let arrived = self.envoy.upstream.seen(id);
        let status = response.answer.status;
        if status != 200 && status != 101 {
            problems.push(format!("the answer is {status}: {}", String::from_utf8_lossy(&response.head)));
        }
        match arrived.as_slice() {
            [seen] => problems.extend(upstream_differences(&request.upstream, |name| match name {
                ":path" => Some(seen.path.clone()),
                name => seen.header(name),
            })),
            other => problems.push(format!("the upstream saw it {} times", other.len())),
        }
        problems
    }

    fn judge_denied(&self, id: &str, response: &Response, reason: &str) -> Vec<String> {
        let mut problems = unseen(self.envoy.upstream.seen(id).len());
        if !self.entry.resolved.case.request.method.eq("HEAD") {
            problems.extend(differences(
                &response.answer,
                reason,
                &self.entry.resolved.config,
                &self.entry.resolved.case.answer,
            ));
        }
        let row = row_of(reason);
        let is_told = self.entry.resolved.config["challenge"]["filter_state"] == true;
        let phrase = match (reason, row.status) {
            ("mfa-missing" | "mfa-unknowable", _) if is_told => "Unauthorized - MFA required",
            (_, 400) => "Bad Request",
            (_, 401) => "Unauthorized",
            (_, 403) => "Forbidden",
            (_, 500) => "Internal Server Error",
            (_, _) => "Service Unavailable",
        };
        let line = format!("HTTP/1.1 {} {phrase}\r\n", row.status);
        if response.status_line != line {
            problems.push(format!("the status line is {:?}, not {line:?}", response.status_line));
        }
        let challenges = response.answer.headers.iter().filter(|(name, _)| name == "www-authenticate").count();
        if challenges != usize::from(row.challenge != Challenge::None) {
            problems.push(format!("{challenges} WWW-Authenticate"));
        }
        let details = format!("mfa_gate{{{reason}}}");
        match self.envoy.logged(id) {
            Some(logged) if logged.details == details && logged.code == u64::from(row.status) => {}
            logged => problems.push(format!("the access log has {logged:?}, not {details}")),
        }
        problems
    }

    /// With paths normalised, Envoy may refuse what the filter would refuse, or make of it what the filter may well allow:
    /// then it is that path which the upstream sees.
    fn judge_as_shipped(&self, request: &TestRequest, id: &str, response: &Response) -> Vec<String> {
        let arrived = self.envoy.upstream.seen(id);
        let status = response.answer.status;
        match (self.entry.own.shipped, &self.entry.resolved.case.expect, arrived.as_slice()) {
            (Some(refusal), _, []) if status == refusal => Vec::new(),
            (None, Expected::Deny(_) | Expected::DenyAny, []) if (300..500).contains(&status) => Vec::new(),
            (None, _, [seen]) if status == 200 => {
                let mut normalised = NativeRequest::to_path(seen.path.as_bytes());
                for (name, value) in &request.headers {
                    normalised = normalised.with(&String::from_utf8_lossy(name).to_lowercase(), value.clone());
                }
                match native::judge(&self.gate, &normalised, self.now) {
                    Verdict::Allow(_) => Vec::new(),
                    Verdict::Deny(reason, _) => vec![format!("the upstream saw `{}`, which is {reason}", seen.path)],
                }
            }
            (shipped, wanted, seen) => {
                let wanted = shipped.map_or_else(|| format!("{wanted:?}"), |status| format!("Envoy's own {status}"));
                vec![format!("{status} with {} requests upstream instead of {wanted}", seen.len())]
            }
        }
    }

    fn by_http2(&self, request: &TestRequest, id: &str) -> Vec<String> {
        let text = |text: &str| text.as_bytes().to_vec();
        let mut headers = vec![
            (text(":method"), request.method.clone()),
            (text(":scheme"), text("http")),
            (text(":path"), request.target.clone()),
        ];
        headers.extend(request.host.clone().map(|host| (text(":authority"), host)));
        headers.push((text("x-test-id"), text(id)));
        headers.extend(request.headers.clone());
        match http2::request(self.address, &headers) {
            Ok(http2::Outcome::Reset) => unseen(self.envoy.upstream.seen(id).len()),
            other => vec![format!("{other:?} instead of a reset")],
        }
    }

    /// A filter that trapped answers nothing any more; one that lives says of the good token what the core says.
    fn filter_lives(&self, connection: &mut Connection) -> Result<(), Failed> {
        let Some(good) = support::table::good(self.entry, &self.stage.forge, self.now) else {
            return Err(Failed::from("the file has no token `good`"));
        };
        let id = self.next_id();
        let verdict = native::judge(&self.gate, &NativeRequest::new(&good, None), self.now);
        let response = connection.request(&wire(&good, &id, None))?;
        let is = match self.envoy.upstream.seen(&id).len() {
            0 => format!("{} from the gate", response.answer.status),
            _ => response.answer.status.to_string(),
        };
        let wanted = match &verdict {
            Verdict::Allow(_) => "200".to_owned(),
            Verdict::Deny(reason, _) => format!("{} from the gate", row_of(reason).status),
        };
        if is == wanted {
            Ok(())
        } else {
            Err(Failed::from(format!("afterwards, the good token's answer is {is}, not {wanted}")))
        }
    }
}

/// Envoy's own refusals come before the filter and are plain text.
fn is_envoys_refusal(response: &Response) -> bool {
    response.answer.status == 400 && response.answer.header("content-type").as_deref() == Some("text/plain")
}

fn unseen(arrived: usize) -> Vec<String> {
    if arrived == 0 { Vec::new() } else { vec![format!("the upstream saw it {arrived} times")] }
}

/// The request as HTTP/1.1 has it.
fn wire(request: &TestRequest, id: &str, route: Option<usize>) -> Vec<u8> {
    let mut bytes = [&request.method, &b" "[..], &request.target, b" HTTP/1.1\r\n"].concat();
    let mut line = |name: &[u8], value: &[u8]| bytes.extend([name, b": ", value, b"\r\n"].concat());
    if let Some(host) = &request.host {
        line(b"host", host);
    }
    line(b"x-test-id", id.as_bytes());
    if let Some(route) = route {
        line(b"x-test-route", route.to_string().as_bytes());
    }
    for (name, token) in &request.metadata {
        line(jwt_authn::header(name).as_bytes(), token);
    }
    for (name, value) in &request.headers {
        line(name, value);
    }
    if let Some(body) = &request.body {
        line(b"content-length", body.len().to_string().as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend(request.body.iter().flatten());
    bytes
}

/// The parts of a token that nobody else may see: long enough to be of no other.
fn secrets(request: &TestRequest) -> impl Iterator<Item = &[u8]> {
    let parts = request.token.as_deref().unwrap_or_default().split(|&byte| byte == b'.').skip(1);
    parts.filter(|part| part.len() >= 32).map(|part| &part[..32])
}
