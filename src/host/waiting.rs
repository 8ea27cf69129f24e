//! The queue of requests that wait for keys.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::time::UnixTime;

/// Maximum number of waiting requests in one worker; further ones are decided at once. Each keeps a connection and its
/// buffers.
const MAX_WAITING: usize = 4096;

/// The waiting requests of one worker.
#[derive(Default)]
pub(super) struct Waiting(RefCell<Vec<Waiter>>);

/// A waiting request.
pub(super) struct Waiter {
    /// Its context.
    pub context_id: u32,
    /// Index of the issuer whose keys it waits for.
    pub issuer: usize,
    /// When it stops waiting.
    pub until: UnixTime,
    /// Set when the request is allowed.
    pub is_allowed: Rc<Cell<bool>>,
}

impl Waiting {
    /// Queues a request; returns `false` if the queue is full.
    pub(super) fn add(&self, waiter: Waiter) -> bool {
        let mut waiters = self.0.borrow_mut();
        let has_room = waiters.len() < MAX_WAITING;
        if has_room {
            waiters.push(waiter);
        }
        has_room
    }

    /// Removes the requests that need not wait any longer, and returns them.
    pub(super) fn take_ready(&self, is_ready: impl Fn(&Waiter) -> bool) -> Vec<Waiter> {
        let (ready, waiting) = self.0.take().into_iter().partition(is_ready);
        self.0.replace(waiting);
        ready
    }
}
