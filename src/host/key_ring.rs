//! The keys of all issuers in one worker, fetched through the host's clusters and shared between workers.
//!
//! One worker fetches: it takes a lease in the host's shared data, and stores the fetched key set there. The others check a
//! shared key set like a response from the network, as every plugin with the same `vm_id` can write it.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use log::{info, warn};
use proxy_wasm::hostcalls;
use proxy_wasm::types::{BufferType, MapType};

use super::metrics::KeyMetrics;
use crate::gate::Gate;
use crate::issuer::{InlineKeys, Issuer, KeyStore};
use crate::keys::{
    Document, FetchError, Fetched, KeySet, KeySource, Lease, MAX_SET_BYTES, Record, Remote, Schedule, Uri, jwks_uri_of,
};
use crate::random::random_u32;
use crate::time::{Span, UnixTime};

/// The keys of all issuers.
pub(super) struct KeyRing {
    /// Indexed by issuer; `None` if its keys are not fetched.
    slots: Vec<Option<Slot>>,
}

struct Slot {
    remote: Remote,
    schedule: RefCell<Schedule>,
    call: Cell<Option<(u32, Document)>>,
    /// Whether a request needs a key that is not available.
    wanted: Cell<bool>,
    /// The version of the shared record seen last.
    seen: Cell<Option<u32>>,
    record_key: String,
    lease_key: String,
    metrics: KeyMetrics,
}

/// The keys at a point in time.
pub(super) struct KeysNow<'a> {
    /// The ring.
    pub ring: &'a KeyRing,
    /// The point in time.
    pub now: UnixTime,
}

impl KeyStore for KeysNow<'_> {
    fn key_set(&self, issuer: &Issuer) -> Option<Arc<KeySet>> {
        match self.ring.slot(issuer.index) {
            Some(slot) => slot.schedule.borrow().keys(self.now),
            None => InlineKeys.key_set(issuer),
        }
    }
}

impl KeyRing {
    /// A ring without keys.
    pub(super) fn new(gate: &Gate) -> Self {
        let slot = |issuer: &Arc<Issuer>| match &issuer.keys {
            KeySource::Inline(_) | KeySource::Metadata(_) => None,
            KeySource::Fetched(remote) => Some(Slot::new(issuer, remote)),
        };
        Self { slots: gate.trust.issuers.iter().map(slot).collect() }
    }

    fn slot(&self, issuer: usize) -> Option<&Slot> {
        self.slots.get(issuer)?.as_ref()
    }

    /// Called when a request needs a key this issuer does not have. Returns the deadline to wait for, or `None` if no fetch
    /// can help.
    pub(super) fn want(&self, issuer: usize, now: UnixTime) -> Option<UnixTime> {
        let slot = self.slot(issuer)?;
        let schedule = slot.schedule.borrow();
        let wait = slot.remote.timing.timeout.plus(TICK);
        let may_fetch = schedule.may_look_for_new_key(now) || schedule.is_due(now);
        if may_fetch {
            slot.wanted.set(true);
        }
        (may_fetch || schedule.is_awaited(now)).then(|| now.plus(wait))
    }

    /// Whether new keys of this issuer are expected.
    pub(super) fn is_pending(&self, issuer: usize, now: UnixTime) -> bool {
        self.slot(issuer).is_some_and(|slot| slot.wanted.get() || slot.schedule.borrow().is_awaited(now))
    }

    /// Adopts the keys that other workers fetched, and fetches those that are due.
    pub(super) fn tick(&self, now: UnixTime) {
        self.slots.iter().flatten().for_each(|slot| slot.tick(now));
    }

    /// Handles the response to a call, given the size of its body; `None` for a failed call. Ignores responses to unknown
    /// calls.
    pub(super) fn answer(&self, token: u32, body_size: Option<usize>, now: UnixTime) {
        let mine = |slot: &&Slot| slot.call.get().is_some_and(|(call, _)| call == token);
        if let Some(slot) = self.slots.iter().flatten().find(mine) {
            slot.answered(body_size, now);
        }
    }
}

/// The period of [`KeyRing::tick`]. Short, as waiting requests are settled after it.
pub(super) const TICK: Span = Span::from_millis(100);

/// No record has this version: a conditional write with it succeeds only if there is no record yet.
const NO_VERSION: u32 = u32::MAX;

impl Slot {
    fn new(issuer: &Issuer, remote: &Remote) -> Self {
        // The issuer is part of the key, as discovery compares the metadata with its name.
        let place = format!("{}|{}{}|{:?}", remote.cluster, remote.uri.authority, remote.uri.path, remote.issuer);
        Self {
            schedule: RefCell::new(Schedule::new(remote.timing)),
            call: Cell::new(None),
            wanted: Cell::new(false),
            seen: Cell::new(None),
            record_key: format!("mfa_gate.keys.{place}"),
            lease_key: format!("mfa_gate.lease.{place}"),
            metrics: KeyMetrics::new(issuer),
            remote: remote.clone(),
        }
    }

    fn tick(&self, now: UnixTime) {
        self.schedule.borrow_mut().follow(now);
        let wanted = self.wanted.take();
        let is_due = || self.schedule.borrow().is_due(now);
        let is_awaited = self.schedule.borrow().is_awaited(now);
        // At every tick, so that a key that one worker dropped is soon trusted by none.
        let has_news = self.call.get().is_none() && self.adopt(now);
        if !(wanted || is_awaited || is_due()) {
            return;
        }
        if is_awaited && self.call.get().is_none() && self.found_lease().is_some_and(|(lease, _)| !lease.is_open) {
            self.schedule.borrow_mut().give_up();
        }
        let looks = wanted && !has_news && self.schedule.borrow().may_look_for_new_key(now);
        if (is_due() || looks) && self.lease(is_due(), now) {
            // Another worker may have finished a fetch before this one got the lease.
            if self.adopt(now) {
                return self.end_lease(now, now);
            }
            self.schedule.borrow_mut().begin(now);
            self.fetch(&self.remote.uri, self.remote.document, now);
        }
    }

    /// Adopts the key set that another worker fetched. Returns whether it was newer.
    fn adopt(&self, now: UnixTime) -> bool {
        let Ok((Some(bytes), version)) = hostcalls::get_shared_data(&self.record_key) else { return false };
        if version.is_some() && self.seen.replace(version) == version {
            return false;
        }
        let Some(record) = Record::from_bytes(&bytes) else { return false };
        let adopted = self.schedule.borrow_mut().adopt(record, now, random_u32());
        let adopted = adopted.unwrap_or_else(|error| {
            warn!("keys of {}: the key set shared by another worker was rejected: {error}", self.remote.uri.authority);
            false
        });
        self.measure();
        adopted
    }

    fn measure(&self) {
        if let Some((keys, fetched, expiry)) = self.schedule.borrow().held() {
            self.metrics.hold(keys, fetched, expiry);
        }
    }

    /// Tries to take the lease. Returns whether this worker may fetch now; all workers share one cool-down.
    fn lease(&self, is_due: bool, now: UnixTime) -> bool {
        let found = self.found_lease().or_else(|| {
            // A conditional write needs a record to replace.
            let _ = hostcalls::set_shared_data(&self.lease_key, Some(&Lease::FREE.to_bytes()), Some(NO_VERSION));
            self.found_lease()
        });
        // Without shared data each worker fetches by itself.
        let Some((lease, cas)) = found else { return true };
        let cool = lease.begun.plus(self.remote.timing.cooldown);
        let free = if is_due { lease.until } else { lease.until.max(cool) };
        // Workers read the clock at different times. A lease from further ahead predates a clock that was set back.
        if now < free && lease.begun <= now.plus(self.remote.timing.timeout) {
            self.schedule.borrow_mut().begin(lease.begun);
            return false;
        }
        let lease = Lease { begun: now, until: now.plus(self.remote.timing.timeout), is_open: true };
        // Fails if another worker has taken the lease meanwhile.
        hostcalls::set_shared_data(&self.lease_key, Some(&lease.to_bytes()), cas).is_ok()
    }

    fn found_lease(&self) -> Option<(Lease, Option<u32>)> {
        let (bytes, cas) = hostcalls::get_shared_data(&self.lease_key).ok()?;
        Some((Lease::from_bytes(&bytes?)?, cas))
    }

    fn fetch(&self, uri: &Uri, document: Document, now: UnixTime) {
        let headers = vec![
            (":method", "GET"),
            (":scheme", "https"),
            (":authority", uri.authority.as_str()),
            (":path", uri.path.as_str()),
            ("accept", "application/json"),
        ];
        let timeout = Duration::from_millis(u64::try_from(self.remote.timing.timeout.as_millis()).unwrap_or(0));
        match hostcalls::dispatch_http_call(&self.remote.cluster, headers, None, vec![], timeout) {
            Ok(token) => self.call.set(Some((token, document))),
            // For example, there is no such cluster.
            Err(_) => self.failed(&FetchError::NoAnswer, now),
        }
    }

    fn answered(&self, body_size: Option<usize>, now: UnixTime) {
        let Some((_, document)) = self.call.take() else { return };
        let Some(body_size) = body_size else { return self.failed(&FetchError::NoAnswer, now) };
        let header = |name| hostcalls::get_map_value_bytes(MapType::HttpCallResponseHeaders, name).ok().flatten();
        let status = header(":status").and_then(|status| std::str::from_utf8(&status).ok()?.parse().ok());
        let cache_control = header("cache-control");
        let most = body_size.min(MAX_SET_BYTES.saturating_add(1));
        let body = match most {
            0 => Vec::new(),
            _ => hostcalls::get_buffer(BufferType::HttpCallResponseBody, 0, most).ok().flatten().unwrap_or_default(),
        };
        let fetched = Fetched { status, cache_control: cache_control.as_deref(), body: &body };
        match document {
            Document::KeySet => self.conclude(&fetched, now),
            Document::Discovery => match jwks_uri_of(&fetched, &self.remote.issuer) {
                Ok(uri) => self.fetch(&uri, Document::KeySet, now),
                Err(error) => self.failed(&error, now),
            },
        }
    }

    fn conclude(&self, fetched: &Fetched<'_>, now: UnixTime) {
        let taken = self.schedule.borrow_mut().answer(fetched, now, random_u32()).cloned();
        match taken {
            Ok(record) => {
                info!("fetched the keys of {}: {} bytes", self.remote.uri.authority, record.body.len());
                let _ = hostcalls::set_shared_data(&self.record_key, Some(&record.to_bytes()), None);
                self.end_lease(now, now);
                self.metrics.count_fetch(true);
                self.measure();
            }
            Err(error) => self.report(&error, now),
        }
    }

    fn failed(&self, error: &FetchError, now: UnixTime) {
        self.schedule.borrow_mut().fail(now, random_u32());
        self.report(error, now);
    }

    fn report(&self, error: &FetchError, now: UnixTime) {
        warn!("cannot fetch the keys of {}: {error}", self.remote.uri.authority);
        self.metrics.count_fetch(false);
        // The pause after a failure, but no longer than the cool-down of unknown keys.
        let until = self.schedule.borrow().due().min(now.plus(self.remote.timing.cooldown));
        self.end_lease(now, until);
    }

    /// Releases the lease; other workers may fetch from `until` on.
    fn end_lease(&self, now: UnixTime, until: UnixTime) {
        let lease = Lease { begun: now, until, is_open: false };
        let _ = hostcalls::set_shared_data(&self.lease_key, Some(&lease.to_bytes()), None);
    }
}
