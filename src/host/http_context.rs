//! The HTTP context: the callbacks of one request.

use std::cell::Cell;
use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, MapType};

use super::clock::now;
use super::configured::Configured;
use super::ffi::headers;
use super::settle::{MayWait, Settled, refuse, remove, settle};
use super::waiting::Waiter;

/// One request.
pub(super) struct GateHttpContext {
    context_id: u32,
    configured: Option<Rc<Configured>>,
    /// Whether the request was allowed; body and trailers follow the headers' verdict.
    is_allowed: Rc<Cell<bool>>,
}

impl GateHttpContext {
    /// A request under this configuration; without one it is denied.
    pub(super) fn new(context_id: u32, configured: Option<Rc<Configured>>) -> Self {
        Self { context_id, configured, is_allowed: Rc::default() }
    }

    /// Body and trailers stay with the headers they belong to.
    fn action(&self) -> Action {
        if self.is_allowed.get() { Action::Continue } else { Action::Pause }
    }
}

impl Context for GateHttpContext {}

impl HttpContext for GateHttpContext {
    fn on_http_request_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        let (Some(configured), Some(now), Some(headers)) =
            (self.configured.as_deref(), now(), headers(MapType::HttpRequestHeaders))
        else {
            refuse();
            return Action::Pause;
        };
        let own = &configured.gate.upstream;
        if !own.is_empty() && remove(MapType::HttpRequestHeaders, &headers, |name| own.could_be(name)).is_err() {
            refuse();
            return Action::Pause;
        }
        match settle(configured, &headers, now, MayWait::Yes) {
            Settled::Allowed => self.is_allowed.set(true),
            Settled::Answered => {}
            Settled::Awaits { issuer, until } => {
                let is_allowed = Rc::clone(&self.is_allowed);
                let waiter = Waiter { context_id: self.context_id, issuer, until, is_allowed };
                if !configured.waiting.add(waiter) {
                    // The queue is full: decide now, and finally.
                    self.is_allowed.set(matches!(settle(configured, &headers, now, MayWait::No), Settled::Allowed));
                }
            }
        }
        self.action()
    }

    fn on_http_request_body(&mut self, _size: usize, _end_of_stream: bool) -> Action {
        self.action()
    }

    fn on_http_request_trailers(&mut self, _count: usize) -> Action {
        let Some(configured) = self.configured.as_deref() else { return Action::Pause };
        // Envoy has no pairs to give of empty trailers.
        let is_clean = headers(MapType::HttpRequestTrailers).is_none_or(|trailers| {
            remove(MapType::HttpRequestTrailers, &trailers, |name| configured.gate.forbids_trailer(name)).is_ok()
        });
        if is_clean {
            return self.action();
        }
        // A request that waits for keys would be resumed with these trailers, so it is answered now.
        refuse();
        Action::Pause
    }
}
