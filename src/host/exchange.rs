//! One request: asks the core, and does what it says.

use std::rc::Rc;
use std::time::UNIX_EPOCH;

use log::debug;
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, MapType, Status};

use super::local_reply;
use crate::challenge::{self, Answer, answer};
use crate::decision::{Permit, Request, RoutePolicy, decide};
use crate::deny_reason::DenyReason;
use crate::keys::InlineKeys;
use crate::policy::Gate;
use crate::time::UnixTime;
use crate::upstream::UpstreamHeaders;

/// The exchange of one request and its response.
pub struct Exchange {
    gate: Option<Rc<Gate>>,
}

impl Exchange {
    /// An exchange under this configuration; without one it denies.
    pub fn new(gate: Option<Rc<Gate>>) -> Self {
        Exchange { gate }
    }
}

/// The request as the host has it.
struct HostRequest;

impl Request for HostRequest {
    fn header(&self, name: &str) -> Option<Vec<u8>> {
        match name {
            // Envoy keeps one of each, or joins several.
            ":method" | ":path" | ":authority" | "authorization" | "content-type" => {
                hostcalls::get_map_value_bytes(MapType::HttpRequestHeaders, name).ok().flatten()
            }
            // Of any other it would tell the first alone (CVE-2020-25017).
            _ => {
                let headers = hostcalls::get_map_bytes(MapType::HttpRequestHeaders).ok()?;
                let values: Vec<_> =
                    headers.into_iter().filter(|(own, _)| own == name).map(|(_, value)| value).collect();
                (!values.is_empty()).then(|| values.join(&b","[..]))
            }
        }
    }

    fn route_policy(&self) -> RoutePolicy {
        match hostcalls::get_property(vec!["xds", "route_metadata", "filter_metadata", "mfa_gate", "policy"]) {
            Ok(None) => RoutePolicy::Unset,
            Ok(Some(name)) => RoutePolicy::Named(name),
            Err(_) => RoutePolicy::Unreadable,
        }
    }
}

impl Context for Exchange {}

impl HttpContext for Exchange {
    fn on_http_request_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        let Some(gate) = &self.gate else { return refuse() };
        if remove_spoofed(&gate.upstream, MapType::HttpRequestHeaders).is_err() {
            return refuse();
        }
        let Some(now) = now() else { return refuse() };
        let decision = decide(gate, &HostRequest, &InlineKeys, now);
        match decision.outcome {
            Ok(permit) => match tell(&permit) {
                Ok(()) => Action::Continue,
                Err(_) => refuse(),
            },
            Err(denial) => {
                debug!("denied, {}: {}", denial.reason.as_str(), denial.detail);
                if denial.reason.is_about_mfa() {
                    mark_reason(denial.reason);
                }
                let mut answer = answer(&gate.challenge, denial.reason);
                if is_grpc() {
                    answer = answer.for_grpc(denial.reason);
                }
                local_reply::send(&answer, &challenge::details(denial.reason));
                Action::Pause
            }
        }
    }

    fn on_http_request_trailers(&mut self, _count: usize) -> Action {
        if let Some(gate) = &self.gate {
            // An upstream may merge trailers into headers (RFC 9110 section 6.5.1).
            let _ = remove_spoofed(&gate.upstream, MapType::HttpRequestTrailers);
        }
        Action::Continue
    }
}

/// Takes away whatever a client sent under a name that the upstream is told by, in any spelling.
fn remove_spoofed(own: &UpstreamHeaders, map: MapType) -> Result<(), Status> {
    if own.is_empty() {
        return Ok(());
    }
    for (name, _) in hostcalls::get_map_bytes(map)? {
        if own.could_be(&name) {
            hostcalls::remove_map_value(map, &name)?;
        }
    }
    Ok(())
}

fn tell(permit: &Permit) -> Result<(), Status> {
    permit
        .told()
        .iter()
        .try_for_each(|(name, value)| hostcalls::set_map_value(MapType::HttpRequestHeaders, name, Some(value)))
}

/// Tells Envoy's own filters, in the filter state `wasm.mfa_gate.reason`, why the status line should differ: the phrase
/// on it is out of Wasm's reach.
fn mark_reason(reason: DenyReason) {
    let _ = hostcalls::set_property(vec!["mfa_gate.reason"], Some(reason.as_str().as_bytes()));
}

fn is_grpc() -> bool {
    let kind = HostRequest.header("content-type").unwrap_or_default();
    kind.strip_prefix(b"application/grpc").is_some_and(|rest| rest.is_empty() || rest.starts_with(b"+"))
}

fn now() -> Option<UnixTime> {
    let since = hostcalls::get_current_time().ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(UnixTime::from_millis)
}

/// Denies where the host failed the gate: no configuration, no clock, no headers. A request that is not answered stays
/// paused; it never goes on.
fn refuse() -> Action {
    let answer = Answer { status: 503, headers: Vec::new(), body: String::new() };
    local_reply::send(&answer, "mfa_gate{host-failed}");
    Action::Pause
}
