//! Requests that wait for keys.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use proxy_wasm::hostcalls;
use proxy_wasm::types::MapType;

use super::exchange::{Patience, Settled, refuse, settle};
use super::gate::Configured;
use super::header_map::headers;
use crate::time::UnixTime;

/// The most requests that wait in one worker; what comes on top is answered at once. Each keeps a connection and its
/// buffers.
const MAX_WAITING: usize = 4096;

/// The requests of one worker that wait.
#[derive(Default)]
pub struct Waiting(RefCell<Vec<Waiter>>);

/// A request that waits.
pub struct Waiter {
    /// Its context.
    pub context_id: u32,
    /// Whose keys it waits for.
    pub issuer: usize,
    /// Until when.
    pub until: UnixTime,
    /// To be set when it is let through.
    pub is_allowed: Rc<Cell<bool>>,
}

impl Waiting {
    /// Has a request wait, if there is room.
    pub fn add(&self, waiter: Waiter) -> bool {
        let mut waiters = self.0.borrow_mut();
        let room = waiters.len() < MAX_WAITING;
        if room {
            waiters.push(waiter);
        }
        room
    }

    /// Settles the requests whose keys have come or will not come.
    pub fn settle(&self, configured: &Configured, now: UnixTime, root_context_id: u32) {
        let (stay, go): (Vec<_>, Vec<_>) = self
            .0
            .take()
            .into_iter()
            .partition(|waiter| now < waiter.until && configured.ring.is_pending(waiter.issuer, now));
        self.0.replace(stay);
        for waiter in &go {
            // A request whose client is gone has no context any more; only this call tells.
            if hostcalls::set_effective_context(waiter.context_id).is_err() {
                continue;
            }
            let Some(headers) = headers(MapType::HttpRequestHeaders) else {
                refuse();
                continue;
            };
            if let Settled::Allowed = settle(configured, &headers, now, Patience::None) {
                waiter.is_allowed.set(true);
                let _ = hostcalls::resume_http_request();
            }
        }
        if !go.is_empty() {
            let _ = hostcalls::set_effective_context(root_context_id);
        }
    }
}
