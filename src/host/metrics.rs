//! The counters, as the host keeps them.

use std::cell::{Cell, RefCell};

use proxy_wasm::hostcalls;
use proxy_wasm::types::MetricType;

use crate::decision::{Decision, TokenSource};
use crate::gate::Gate;
use crate::issuer::Issuer;
use crate::telemetry::metrics::{
    KEYS, KEYS_EXPIRY, KEYS_FETCHED, MAX_SERIES, RequestSeries, key_fetches, of_keys, verified_tokens,
};
use crate::time::UnixTime;

thread_local! {
    /// What was defined in this machine, ordered by name: each definition adds an id for good, so a configuration that is
    /// loaded anew takes those of the one before.
    static DEFINED: RefCell<Vec<(String, u32)>> = const { RefCell::new(Vec::new()) };
}

/// A counter or gauge of the host's; none where the host has no metrics, and then nothing is counted.
#[derive(Debug, Clone, Copy)]
struct Metric(Option<u32>);

impl Metric {
    fn counter(name: String) -> Self {
        Metric::define(MetricType::Counter, name)
    }

    fn gauge(name: String) -> Self {
        Metric::define(MetricType::Gauge, name)
    }

    fn define(kind: MetricType, name: String) -> Self {
        DEFINED.with_borrow_mut(|defined| {
            let place = match defined.binary_search_by(|(own, _)| own.cmp(&name)) {
                Ok(place) => return Metric(defined.get(place).map(|(_, id)| *id)),
                Err(place) => place,
            };
            let id = hostcalls::define_metric(kind, &name).ok();
            if let Some(id) = id {
                defined.insert(place, (name, id));
            }
            Metric(id)
        })
    }

    fn add(self, more: u32) {
        if let Some(id) = self.0 {
            let _ = hostcalls::increment_metric(id, more.into());
        }
    }

    fn set(self, value: u64) {
        if let Some(id) = self.0 {
            let _ = hostcalls::record_metric(id, value);
        }
    }
}

/// A counter, and how much of it the host has not been told.
struct Counter {
    metric: Metric,
    unflushed: Cell<u32>,
}

impl Counter {
    fn new(name: String) -> Self {
        Counter { metric: Metric::counter(name), unflushed: Cell::new(0) }
    }

    fn count(&self) {
        self.unflushed.set(self.unflushed.get().saturating_add(1));
    }

    fn flush(&self) {
        match self.unflushed.take() {
            0 => {}
            unflushed => self.metric.add(unflushed),
        }
    }
}

/// The counters of requests and tokens.
///
/// The host is told every second, not at each request: every call to it costs, and counters are read every few seconds.
pub(super) struct Metrics {
    requests: RefCell<Requests>,
    by_cache: Counter,
    by_signature: Counter,
    by_metadata: Counter,
}

/// Each is defined when it is first needed: what could be needed is thousands, what is needed are dozens.
#[derive(Default)]
struct Requests {
    /// By [`RequestSeries::slot`].
    by_slot: Vec<Vec<(RequestSeries, Counter)>>,
    series: usize,
}

impl Metrics {
    /// Nothing counted yet.
    pub fn new() -> Self {
        let tokens = |source| Counter::new(verified_tokens(source));
        Metrics {
            requests: RefCell::default(),
            by_cache: tokens(TokenSource::Cache),
            by_signature: tokens(TokenSource::Signature),
            by_metadata: tokens(TokenSource::Metadata),
        }
    }

    /// Counts a request that was decided.
    pub fn count(&self, gate: &Gate, decision: &Decision<'_>) {
        self.requests.borrow_mut().count(gate, RequestSeries::of(gate, decision));
        match decision.token.as_ref().map(|token| token.source) {
            Some(TokenSource::Cache) => self.by_cache.count(),
            Some(TokenSource::Signature) => self.by_signature.count(),
            Some(TokenSource::Metadata) => self.by_metadata.count(),
            None => {}
        }
    }

    /// Tells the host what was counted since it was told before.
    pub fn flush(&self) {
        [&self.by_cache, &self.by_signature, &self.by_metadata].into_iter().for_each(Counter::flush);
        self.requests.borrow().by_slot.iter().flatten().for_each(|(_, counter)| counter.flush());
    }
}

/// What a configuration counted last is told when it goes.
impl Drop for Metrics {
    fn drop(&mut self) {
        self.flush();
    }
}

impl Requests {
    fn count(&mut self, gate: &Gate, mut series: RequestSeries) {
        if self.series >= MAX_SERIES && self.find(series).is_none() {
            series = series.without_route();
        }
        match self.find(series) {
            Some(counter) => counter.count(),
            None => self.add(series, Counter::new(series.name(gate))),
        }
    }

    fn find(&self, series: RequestSeries) -> Option<&Counter> {
        let of_slot = self.by_slot.get(series.slot())?;
        of_slot.iter().find(|(own, _)| *own == series).map(|(_, counter)| counter)
    }

    fn add(&mut self, series: RequestSeries, counter: Counter) {
        counter.count();
        let slot = series.slot();
        if self.by_slot.len() <= slot {
            self.by_slot.resize_with(slot.saturating_add(1), Vec::new);
        }
        if let Some(of_slot) = self.by_slot.get_mut(slot) {
            of_slot.push((series, counter));
            self.series = self.series.saturating_add(1);
        }
    }
}

/// What is told of one issuer's keys.
pub(super) struct KeyMetrics {
    keys: Metric,
    fetched: Metric,
    expiry: Metric,
    taken: Metric,
    failed: Metric,
}

impl KeyMetrics {
    /// Nothing fetched yet.
    pub fn new(issuer: &Issuer) -> Self {
        KeyMetrics {
            keys: Metric::gauge(of_keys(KEYS, issuer)),
            fetched: Metric::gauge(of_keys(KEYS_FETCHED, issuer)),
            expiry: Metric::gauge(of_keys(KEYS_EXPIRY, issuer)),
            taken: Metric::counter(key_fetches(issuer, true)),
            failed: Metric::counter(key_fetches(issuer, false)),
        }
    }

    /// So many keys are in use: fetched then, good until then.
    pub fn hold(&self, keys: usize, fetched: UnixTime, expiry: UnixTime) {
        self.keys.set(u64::try_from(keys).unwrap_or(u64::MAX));
        self.fetched.set(fetched.as_seconds());
        self.expiry.set(expiry.as_seconds());
    }

    /// A fetch has ended.
    pub fn count_fetch(&self, taken: bool) {
        if taken { self.taken.add(1) } else { self.failed.add(1) }
    }
}
