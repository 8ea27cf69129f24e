//! Settling a request: decides it, counts and logs the decision, and answers a denial.

use std::borrow::Cow;

use log::debug;
use proxy_wasm::hostcalls;
use proxy_wasm::types::{MapType, Status};

use super::configured::Configured;
use super::ffi::headers;
use super::filter_state;
use super::key_ring::KeysNow;
use super::local_reply::Reply;
use crate::challenge::Answer;
use crate::decision::{Denial, Environment, Permit, Request, RoutePolicy, decide};
use crate::time::UnixTime;
use crate::token::Verification;
use crate::wire::header_map::HeaderMap;

/// Whether a request may wait for keys.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum MayWait {
    /// May still wait for keys.
    Yes,
    /// Has already waited.
    No,
}

/// The state of a request after [`settle`].
pub(super) enum Settled {
    /// The request may proceed.
    Allowed,
    /// The request was answered.
    Answered,
    /// Keys of this issuer may arrive in time to allow the request.
    Awaits {
        /// The issuer's index.
        issuer: usize,
        /// When to stop waiting.
        until: UnixTime,
    },
}

/// The request as the host presents it.
struct HostRequest<'a>(&'a HeaderMap);

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
        // The whole message: only there do values keep their types. Envoy presents a nested list as pairs of text.
        hostcalls::get_property(vec!["metadata"]).ok().flatten()
    }
}

/// Decides the request in the current effective context and applies the result, except for resuming it.
pub(super) fn settle(configured: &Configured, headers: &HeaderMap, now: UnixTime, may_wait: MayWait) -> Settled {
    let Configured { gate, crypto, cache, ring, replies, .. } = configured;
    let keys = KeysNow { ring, now };
    let environment = Environment { verification: Verification { keys: &keys, verifier: crypto, now }, cache };
    let decision = decide(gate, &HostRequest(headers), &environment);
    if may_wait == MayWait::Yes
        && let Some(issuer) = decision.outcome.as_ref().err().and_then(Denial::awaits)
        && let Some(until) = ring.want(issuer, now)
    {
        return Settled::Awaits { issuer, until };
    }
    // Before the request is counted: one whose headers cannot be set is not allowed.
    if let Ok(permit) = &decision.outcome
        && set_headers(permit).is_err()
    {
        refuse();
        return Settled::Answered;
    }
    configured.metrics.count(gate, &decision);
    if gate.trust.access_log.is_some() {
        filter_state::set_log_entry(&decision);
    }
    let Err(denial) = decision.outcome else { return Settled::Allowed };
    debug!("denied, {}: {}", denial.reason.as_str(), denial.detail);
    if gate.challenge.filter_state && denial.reason.is_about_mfa() {
        filter_state::set_reason(denial.reason);
    }
    match replies.of(denial.reason, is_grpc(headers)) {
        Some(reply) => reply.send(),
        None => refuse(),
    }
    Settled::Answered
}

/// Settles the waiting requests whose keys have arrived or will not arrive, and resumes those that are allowed.
pub(super) fn settle_waiting(configured: &Configured, now: UnixTime, root_context_id: u32) {
    let Configured { waiting, ring, .. } = configured;
    let ready = waiting.take_ready(|waiter| now >= waiter.until || !ring.is_pending(waiter.issuer, now));
    for waiter in &ready {
        // A request whose client is gone has no context any more; only this call reports that.
        if hostcalls::set_effective_context(waiter.context_id).is_err() {
            continue;
        }
        let Some(headers) = headers(MapType::HttpRequestHeaders) else {
            refuse();
            continue;
        };
        if let Settled::Allowed = settle(configured, &headers, now, MayWait::No) {
            waiter.is_allowed.set(true);
            let _ = hostcalls::resume_http_request();
        }
    }
    if !ready.is_empty() {
        let _ = hostcalls::set_effective_context(root_context_id);
    }
}

/// Removes the headers or trailers whose name is `unwanted`, such as those in the name of the gate, in any spelling.
pub(super) fn remove(map: MapType, headers: &HeaderMap, unwanted: impl Fn(&str) -> bool) -> Result<(), Status> {
    let names = headers.iter().filter_map(|(name, _)| std::str::from_utf8(name).ok());
    names.filter(|name| unwanted(name)).try_for_each(|name| hostcalls::remove_map_value(map, name))
}

fn set_headers(permit: &Permit) -> Result<(), Status> {
    permit
        .upstream()
        .iter()
        .try_for_each(|(name, value)| hostcalls::set_map_value(MapType::HttpRequestHeaders, name, Some(value)))
}

fn is_grpc(headers: &HeaderMap) -> bool {
    let kind = headers.get("content-type").unwrap_or_default();
    kind.strip_prefix(b"application/grpc").is_some_and(|rest| rest.is_empty() || rest.starts_with(b"+"))
}

/// Answers 503 if the host fails the gate: no configuration, no clock, no headers. The caller pauses the request, so it
/// never proceeds, whether or not the answer is sent.
pub(super) fn refuse() {
    let answer = Answer { status: 503, headers: Vec::new(), body: String::new() };
    Reply::new(&answer, "mfa_gate{host-failed}".to_owned()).send();
}
