//! An Envoy with gates that fetch their keys, and helpers to query it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::idp::Idp;
use crate::proxy::envoy::{Envoy, Setup};
use crate::proxy::http1::{Connection, Response};
use crate::proxy::listener::{Listener, Settings};
use crate::proxy::upstream::Upstream;
use crate::support::cases::merge::merge;
use crate::support::tokens::{ISSUER, config, good, number};

/// Timeout of everything that must happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// Minimum limit of open files.
const OPEN_FILES: u64 = 8192;

/// The cooldown of most listeners, in seconds.
pub(crate) const COOLDOWN: u64 = 1;

/// A key source with these changes to its settings.
pub(crate) fn source(path: &str, changes: &Value) -> Value {
    let mut source = json!({
        "uri": format!("{ISSUER}{path}"), "cluster": "idp", "timeout": "5s", "cooldown": format!("{COOLDOWN}s"),
    });
    merge(&mut source, changes);
    source
}

/// An issuer with keys by `discovery`.
pub(crate) fn discovered(issuer: &str, path: &str) -> Value {
    json!({"issuer": issuer, "audiences": ["api"], "discovery": source(path, &json!({}))})
}

/// The gate's configuration with `ISSUER` and fetched keys.
pub(crate) fn fetched(path: &str, changes: &Value) -> Value {
    config(&json!([{"issuer": ISSUER, "audiences": ["api"], "jwks": source(path, changes)}]))
}

/// The shipped listener with this configuration.
pub(crate) fn listener(name: &str, config: &Value) -> Listener {
    Listener::new(name, Settings::Shipped, config.clone())
}

/// An Envoy with a listener for each of several configurations.
pub(crate) struct Stage {
    pub envoy: Envoy,
}

impl Stage {
    /// Starts Envoy with two workers and the cluster `idp`.
    pub(crate) fn new(idp: SocketAddr, listeners: &[(&str, Value)]) -> Self {
        let listeners: Vec<Listener> = listeners.iter().map(|(name, config)| listener(name, config)).collect();
        Self::with(Setup { workers: 2, others: &[("idp", idp)], ..Setup::default() }, &listeners)
    }

    /// Starts Envoy with this setup.
    pub(crate) fn with(setup: Setup<'_>, listeners: &[Listener]) -> Self {
        // Some shells allow 1,024. A thousand clients need more, because each also has an upstream connection.
        rlimit::increase_nofile_limit(OPEN_FILES).expect("a limit of open files that can be raised");
        let envoy = Envoy::start_as(setup, listeners, Upstream::start()).unwrap_or_else(|error| panic!("{error}"));
        Self { envoy }
    }

    /// Sends a token on a new connection, which either worker may accept.
    pub(crate) fn ask(&self, listener: &str, token: &str) -> (u16, String) {
        let (response, details) = self.respond(listener, token);
        (response.answer.status, details)
    }

    /// Like [`Self::ask`], with the whole answer.
    pub(crate) fn respond(&self, listener: &str, token: &str) -> (Response, String) {
        let id = id();
        let request = request("GET", &id, token, "");
        let response = Connection::new(self.envoy.address(listener)).request(&request).expect("an answer");
        let details = self.envoy.logged(&id).expect("a line of the access log").details;
        (response, details)
    }

    /// Sends all tokens concurrently. Returns the statuses.
    pub(crate) fn ask_all(&self, listener: &str, tokens: &[String]) -> Vec<u16> {
        let address = self.envoy.address(listener);
        let ask = |token: &String| {
            let response = Connection::new(address).request(&request("GET", &id(), token, ""));
            response.expect("an answer").answer.status
        };
        std::thread::scope(|scope| {
            let asked: Vec<_> = tokens.iter().map(|token| scope.spawn(move || ask(token))).collect();
            asked.into_iter().map(|asked| asked.join().expect("an answer")).collect()
        })
    }

    /// Waits until both workers have the keys.
    pub(crate) fn wait_for_keys(&self, listener: &str, kid: &str) {
        eventually("keys in every worker", || self.ask_all(listener, &vec![good(kid); 20]) == [200; 20]);
    }

    /// Sends tokens with an unknown key until one causes a fetch. Returns the last answer.
    pub(crate) fn cause_fetch(&self, idp: &Idp, listener: &str, path: &str, kid: &str) -> (u16, String) {
        let before = idp.asked(path);
        let mut answer = None;
        eventually("a fetch for an unknown key", || {
            answer = Some(self.ask(listener, &good(kid)));
            idp.asked(path) > before
        });
        answer.expect("an answer")
    }

    /// A statistic of Envoy.
    pub(crate) fn statistic(&self, name: &str) -> u64 {
        let request = format!("GET /stats?filter=^{name}$ HTTP/1.1\r\nhost: admin\r\n\r\n");
        let response = Connection::new(self.envoy.admin).request(request.as_bytes()).expect("statistics");
        let text = String::from_utf8_lossy(&response.answer.body).into_owned();
        text.rsplit(' ').next().and_then(|number| number.trim().parse().ok()).unwrap_or(0)
    }

    /// Waits until this number of requests is active in Envoy.
    pub(crate) fn wait_for_active(&self, listener: &str, requests: usize) {
        let name = format!("http.{listener}.downstream_rq_active");
        eventually("requests that wait", || self.statistic(&name) == u64::try_from(requests).expect("64 bits"));
    }

    /// Asserts that no wasm VM has trapped.
    pub(crate) fn assert_no_trap(&self) {
        let log = String::from_utf8_lossy(&self.envoy.log_from(0)).into_owned();
        let bad: Vec<_> = log
            .lines()
            .filter(|line| {
                ["panicked", "RuntimeError", "Function: proxy_on", "in-VM error"].iter().any(|word| line.contains(word))
            })
            .collect();
        assert!(bad.is_empty(), "{bad:?}");
    }
}

/// An id for a request.
pub(crate) fn id() -> String {
    format!("keys-{}", number())
}

/// A request with a token, up to its body.
pub(crate) fn request(method: &str, id: &str, token: &str, lines: &str) -> Vec<u8> {
    format!(
        "{method} /v1/customers HTTP/1.1\r\nhost: api.example.com\r\nx-test-id: {id}\r\nauthorization: Bearer {token}\r\n{lines}\r\n"
    )
    .into_bytes()
}

/// Waits until the condition holds.
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "no {what} after {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until the cooldown of every earlier fetch is over.
pub(crate) fn rest(seconds: u64) {
    std::thread::sleep(Duration::from_secs(seconds) + Duration::from_millis(300));
}

/// The response details in the access log.
pub(crate) const KEY_UNKNOWN: &str = "mfa_gate{key-unknown}";
pub(crate) const NO_KEYS: &str = "mfa_gate{keys-unavailable}";

/// Asserts the complete answer of a gate without keys.
pub(crate) fn assert_unavailable(response: &Response, details: &str) {
    assert_eq!((response.answer.status, details), (503, NO_KEYS));
    assert!(response.answer.header("retry-after").is_some(), "{:?}", response.answer.headers);
    assert_eq!(response.answer.header("www-authenticate"), None);
}
