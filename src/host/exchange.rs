//! One request: asks the core, and does what it says.

use std::borrow::Cow;
use std::cell::Cell;
use std::rc::Rc;
use std::time::UNIX_EPOCH;

use log::debug;
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, MapType, Status};

use super::filter_state;
use super::gate::Configured;
use super::header_map::headers;
use super::key_ring::KeysNow;
use super::local_reply::Reply;
use super::waiting::Waiter;
use crate::challenge::Answer;
use crate::decision::{Denial, Means, Permit, Request, RoutePolicy, decide};
use crate::headers::Headers;
use crate::time::UnixTime;
use crate::upstream::UpstreamHeaders;

/// The exchange of one request and its response.
pub struct Exchange {
    context_id: u32,
    configured: Option<Rc<Configured>>,
    /// Whether it was let through; what comes behind the headers heeds it.
    is_allowed: Rc<Cell<bool>>,
}

/// Whether a request may wait for keys.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// It may.
    Some,
    /// It has waited.
    None,
}

/// What became of a request.
pub enum Settled {
    /// It may go on.
    Allowed,
    /// It was answered.
    Answered,
    /// Keys of this issuer may come in time to let it pass.
    Awaits {
        /// The issuer's index.
        issuer: usize,
        /// Until when to wait.
        until: UnixTime,
    },
}

impl Exchange {
    /// An exchange under this configuration; without one it denies.
    pub fn new(context_id: u32, configured: Option<Rc<Configured>>) -> Self {
        Exchange { context_id, configured, is_allowed: Rc::default() }
    }

    /// Body and trailers stay with the headers they belong to.
    fn action(&self) -> Action {
        if self.is_allowed.get() { Action::Continue } else { Action::Pause }
    }
}

/// The request as the host has it.
struct HostRequest<'a>(&'a Headers);

impl Request for HostRequest<'_> {
    fn header(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        self.0.get(name)
    }

    fn route_policy(&self) -> RoutePolicy {
        match hostcalls::get_property(vec!["xds", "route_metadata", "filter_metadata", "mfa_gate", "policy"]) {
            Ok(None) => RoutePolicy::Unset,
            Ok(Some(name)) => RoutePolicy::Named(name),
            Err(_) => RoutePolicy::Unreadable,
        }
    }

    fn dynamic_metadata(&self) -> Option<Vec<u8>> {
        // The message whole, as only so its values keep their types: deeper down Envoy tells a list as text pairs.
        hostcalls::get_property(vec!["metadata"]).ok().flatten()
    }
}

impl Context for Exchange {}

impl HttpContext for Exchange {
    fn on_http_request_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        let (Some(configured), Some(now), Some(headers)) =
            (self.configured.as_deref(), now(), headers(MapType::HttpRequestHeaders))
        else {
            return refuse();
        };
        if remove_spoofed(&configured.gate.upstream, MapType::HttpRequestHeaders, &headers).is_err() {
            return refuse();
        }
        match settle(configured, &headers, now, Patience::Some) {
            Settled::Allowed => self.is_allowed.set(true),
            Settled::Answered => {}
            Settled::Awaits { issuer, until } => {
                let is_allowed = Rc::clone(&self.is_allowed);
                let waiter = Waiter { context_id: self.context_id, issuer, until, is_allowed };
                if !configured.waiting.add(waiter) {
                    // No room: whatever it is by now, it is final.
                    self.is_allowed.set(matches!(settle(configured, &headers, now, Patience::None), Settled::Allowed));
                }
            }
        }
        self.action()
    }

    fn on_http_request_body(&mut self, _size: usize, _end_of_stream: bool) -> Action {
        self.action()
    }

    fn on_http_request_trailers(&mut self, _count: usize) -> Action {
        // An upstream may merge trailers into headers (RFC 9110 section 6.5.1).
        if let Some(configured) = self.configured.as_deref()
            && !configured.gate.upstream.is_empty()
            && let Some(trailers) = headers(MapType::HttpRequestTrailers)
        {
            let _ = remove_spoofed(&configured.gate.upstream, MapType::HttpRequestTrailers, &trailers);
        }
        self.action()
    }
}

/// Decides on the request whose context is the effective one, and does all that follows but letting it go on.
pub fn settle(configured: &Configured, headers: &Headers, now: UnixTime, patience: Patience) -> Settled {
    let Configured { gate, crypto, cache, ring, replies, .. } = configured;
    let keys = KeysNow { ring, now };
    let decision = decide(gate, &HostRequest(headers), &Means { keys: &keys, verifier: crypto, cache, now });
    if patience == Patience::Some
        && let Some(issuer) = decision.outcome.as_ref().err().and_then(Denial::awaits)
        && let Some(until) = ring.want(issuer, now)
    {
        return Settled::Awaits { issuer, until };
    }
    // Before it is counted: a request whose upstream cannot be told is not let through.
    if let Ok(permit) = &decision.outcome
        && tell(permit).is_err()
    {
        refuse();
        return Settled::Answered;
    }
    configured.metrics.count(gate, &decision);
    if gate.access_log.is_some() {
        filter_state::tell(&decision);
    }
    let Err(denial) = decision.outcome else { return Settled::Allowed };
    debug!("denied, {}: {}", denial.reason.as_str(), denial.detail);
    if gate.challenge.filter_state && denial.reason.is_about_mfa() {
        filter_state::tell_reason(denial.reason);
    }
    match replies.of(denial.reason, is_grpc(headers)) {
        Some(reply) => reply.send(),
        None => _ = refuse(),
    }
    Settled::Answered
}

/// Takes away whatever a client sent under a name that the upstream is told by, in any spelling.
fn remove_spoofed(own: &UpstreamHeaders, map: MapType, headers: &Headers) -> Result<(), Status> {
    if own.is_empty() {
        return Ok(());
    }
    let spoofed = |name: &&str| own.could_be(name);
    let names = headers.iter().filter_map(|(name, _)| std::str::from_utf8(name).ok());
    names.filter(spoofed).try_for_each(|name| hostcalls::remove_map_value(map, name))
}

fn tell(permit: &Permit) -> Result<(), Status> {
    permit
        .told()
        .iter()
        .try_for_each(|(name, value)| hostcalls::set_map_value(MapType::HttpRequestHeaders, name, Some(value)))
}

fn is_grpc(headers: &Headers) -> bool {
    let kind = headers.get("content-type").unwrap_or_default();
    kind.strip_prefix(b"application/grpc").is_some_and(|rest| rest.is_empty() || rest.starts_with(b"+"))
}

/// The host's clock.
pub fn now() -> Option<UnixTime> {
    let since = hostcalls::get_current_time().ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(UnixTime::from_millis)
}

/// Denies where the host failed the gate: no configuration, no clock, no headers. A request that is not answered stays
/// paused; it never goes on.
pub fn refuse() -> Action {
    let answer = Answer { status: 503, headers: Vec::new(), body: String::new() };
    Reply::new(&answer, "mfa_gate{host-failed}".to_owned()).send();
    Action::Pause
}
