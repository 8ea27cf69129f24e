//! The keys of all issuers in one worker: fetched through the host's clusters, shared between workers.
//!
//! One worker fetches. It says so in the host's shared data, under a lease that the others heed, and leaves there what
//! it got. What is found there is checked like an answer from the network: whoever has the same `vm_id` can write it.

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
    /// By the issuer's index; `None` where its keys are not fetched.
    slots: Vec<Option<Slot>>,
}

struct Slot {
    remote: Remote,
    schedule: RefCell<Schedule>,
    call: Cell<Option<(u32, Document)>>,
    /// Whether a request asked for a key that is not there.
    wanted: Cell<bool>,
    /// The version of the shared record that was looked at last.
    seen: Cell<Option<u32>>,
    record_key: String,
    lease_key: String,
    metrics: KeyMetrics,
}

/// The ring at one moment.
pub(super) struct KeysNow<'a> {
    /// The ring.
    pub ring: &'a KeyRing,
    /// The moment.
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
    /// No keys yet.
    pub fn new(gate: &Gate) -> Self {
        let slot = |issuer: &Arc<Issuer>| match &issuer.keys {
            KeySource::Inline(_) | KeySource::Metadata(_) => None,
            KeySource::Fetched(remote) => Some(Slot::new(issuer, remote)),
        };
        KeyRing { slots: gate.trust.issuers.iter().map(slot).collect() }
    }

    fn slot(&self, issuer: usize) -> Option<&Slot> {
        self.slots.get(issuer)?.as_ref()
    }

    /// A request lacks a key of this issuer: until when it is worth its while to wait for new ones, if it is.
    pub fn want(&self, issuer: usize, now: UnixTime) -> Option<UnixTime> {
        let slot = self.slot(issuer)?;
        let schedule = slot.schedule.borrow();
        let patience = slot.remote.timing.timeout.plus(TICK);
        let may_fetch = schedule.may_look_for_new_key(now) || schedule.is_due(now);
        if may_fetch {
            slot.wanted.set(true);
        }
        (may_fetch || schedule.is_awaited(now)).then(|| now.plus(patience))
    }

    /// Whether new keys of this issuer may come any moment.
    pub fn is_pending(&self, issuer: usize, now: UnixTime) -> bool {
        self.slot(issuer).is_some_and(|slot| slot.wanted.get() || slot.schedule.borrow().is_awaited(now))
    }

    /// Looks for what others fetched, and fetches what is due.
    pub fn tick(&self, now: UnixTime) {
        self.slots.iter().flatten().for_each(|slot| slot.tick(now));
    }

    /// Takes the answer to a call, with the size of its body; `None` is a call that failed. Answers to calls that nobody
    /// remembers are none of ours.
    pub fn answer(&self, token: u32, body_size: Option<usize>, now: UnixTime) {
        let mine = |slot: &&Slot| slot.call.get().is_some_and(|(call, _)| call == token);
        if let Some(slot) = self.slots.iter().flatten().find(mine) {
            slot.answered(body_size, now);
        }
    }
}

/// How often the ring looks after its keys: a request that waits is not kept longer than need be.
pub(super) const TICK: Span = Span::from_millis(100);

/// No record has this version, so what is written with it is written where there is none yet, and never over another's.
const NO_VERSION: u32 = u32::MAX;

impl Slot {
    fn new(issuer: &Issuer, remote: &Remote) -> Self {
        // With the issuer, as its metadata were compared with that one's name.
        let place = format!("{}|{}{}|{:?}", remote.cluster, remote.uri.authority, remote.uri.path, remote.issuer);
        Slot {
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
        // At every look, so that a key that one worker dropped is soon trusted by none.
        let has_news = self.call.get().is_none() && self.adopt(now);
        if !(wanted || is_awaited || is_due()) {
            return;
        }
        if is_awaited && self.call.get().is_none() && self.found_lease().is_some_and(|(lease, _)| !lease.is_open) {
            self.schedule.borrow_mut().give_up();
        }
        let looks = wanted && !has_news && self.schedule.borrow().may_look_for_new_key(now);
        if (is_due() || looks) && self.lease(is_due(), now) {
            // Another may have been done between the look and the lease.
            if self.adopt(now) {
                return self.end_lease(now, now);
            }
            self.schedule.borrow_mut().begin(now);
            self.fetch(&self.remote.uri, self.remote.document, now);
        }
    }

    /// Takes what another worker fetched; whether it was newer.
    fn adopt(&self, now: UnixTime) -> bool {
        let Ok((Some(bytes), version)) = hostcalls::get_shared_data(&self.record_key) else { return false };
        if version.is_some() && self.seen.replace(version) == version {
            return false;
        }
        let Some(record) = Record::from_bytes(&bytes) else { return false };
        let adopted = self.schedule.borrow_mut().adopt(record, now, random_u32());
        let adopted = adopted.unwrap_or_else(|error| {
            warn!("keys of {}: what another worker left is not taken: {error}", self.remote.uri.authority);
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

    /// Whether this worker is the one to fetch now. Workers cool down together.
    fn lease(&self, is_due: bool, now: UnixTime) -> bool {
        let found = self.found_lease().or_else(|| {
            // A conditional write needs something to be written over.
            let _ = hostcalls::set_shared_data(&self.lease_key, Some(&Lease::FREE.to_bytes()), Some(NO_VERSION));
            self.found_lease()
        });
        // A host without shared data: each worker for itself.
        let Some((lease, cas)) = found else { return true };
        let cool = lease.begun.plus(self.remote.timing.cooldown);
        let free = if is_due { lease.until } else { lease.until.max(cool) };
        // Workers look at the clock at different moments; one from further ahead is by a clock that was set back since.
        if now < free && lease.begun <= now.plus(self.remote.timing.timeout) {
            self.schedule.borrow_mut().begin(lease.begun);
            return false;
        }
        let lease = Lease { begun: now, until: now.plus(self.remote.timing.timeout), is_open: true };
        // Refused where another worker that was faster has changed it meanwhile.
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
            // No such cluster, for instance.
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
                info!("keys of {}: {} bytes taken", self.remote.uri.authority, record.body.len());
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
        warn!("keys of {}: not taken: {error}", self.remote.uri.authority);
        self.metrics.count_fetch(false);
        // The pause after a failure, but no longer than an unknown key has to wait for its turn.
        let until = self.schedule.borrow().due().min(now.plus(self.remote.timing.cooldown));
        self.end_lease(now, until);
    }

    /// Lets others begin from then on; after a failure not before this worker would.
    fn end_lease(&self, now: UnixTime, until: UnixTime) {
        let lease = Lease { begun: now, until, is_open: false };
        let _ = hostcalls::set_shared_data(&self.lease_key, Some(&lease.to_bytes()), None);
    }
}
