//! Counters and gauges in the host.

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
    /// The metrics defined in this VM, sorted by name. The host never frees a definition, so a new configuration reuses those
    /// of the previous one.
    static DEFINED: RefCell<Vec<(String, u32)>> = const { RefCell::new(Vec::new()) };
}

/// A counter or gauge of the host; `None` if the host has no metrics.
#[derive(Debug, Clone, Copy)]
struct Metric(Option<u32>);

impl Metric {
    fn counter(name: String) -> Self {
        Self::define(MetricType::Counter, name)
    }

    fn gauge(name: String) -> Self {
        Self::define(MetricType::Gauge, name)
    }

    fn define(kind: MetricType, name: String) -> Self {
        DEFINED.with_borrow_mut(|defined| {
            let place = match defined.binary_search_by(|(own, _)| own.cmp(&name)) {
                Ok(place) => return Self(defined.get(place).map(|(_, id)| *id)),
                Err(place) => place,
            };
            let id = hostcalls::define_metric(kind, &name).ok();
            if let Some(id) = id {
                defined.insert(place, (name, id));
            }
            Self(id)
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

/// A counter with the increments that are not flushed yet.
struct Counter {
    metric: Metric,
    unflushed: Cell<u32>,
}

impl Counter {
    fn new(name: String) -> Self {
        Self { metric: Metric::counter(name), unflushed: Cell::new(0) }
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
/// Increments are flushed to the host once a second, not at each request: host calls cost time, and counters are read every
/// few seconds.
pub(super) struct Metrics {
    requests: RefCell<Requests>,
    by_cache: Counter,
    by_signature: Counter,
    by_metadata: Counter,
}

/// Request counters, defined on first use: thousands are possible, dozens are used.
#[derive(Default)]
struct Requests {
    /// Indexed by [`RequestSeries::slot`].
    by_slot: Vec<Vec<(RequestSeries, Counter)>>,
    series: usize,
}

impl Metrics {
    /// Counters without increments.
    pub(super) fn new() -> Self {
        let tokens = |source| Counter::new(verified_tokens(source));
        Self {
            requests: RefCell::default(),
            by_cache: tokens(TokenSource::Cache),
            by_signature: tokens(TokenSource::Signature),
            by_metadata: tokens(TokenSource::Metadata),
        }
    }

    /// Counts a decided request.
    pub(super) fn count(&self, gate: &Gate, decision: &Decision<'_>) {
        self.requests.borrow_mut().count(gate, RequestSeries::of(gate, decision));
        match decision.token.as_ref().map(|token| token.source) {
            Some(TokenSource::Cache) => self.by_cache.count(),
            Some(TokenSource::Signature) => self.by_signature.count(),
            Some(TokenSource::Metadata) => self.by_metadata.count(),
            None => {}
        }
    }

    /// Flushes the counts accumulated since the last flush to the host.
    pub(super) fn flush(&self) {
        [&self.by_cache, &self.by_signature, &self.by_metadata].into_iter().for_each(Counter::flush);
        self.requests.borrow().by_slot.iter().flatten().for_each(|(_, counter)| counter.flush());
    }
}

/// Flushes the last counts of a configuration that is replaced.
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

/// The metrics of one issuer's keys.
pub(super) struct KeyMetrics {
    keys: Metric,
    fetched: Metric,
    expiry: Metric,
    taken: Metric,
    failed: Metric,
}

impl KeyMetrics {
    /// The metrics of an issuer without fetched keys.
    pub(super) fn new(issuer: &Issuer) -> Self {
        Self {
            keys: Metric::gauge(of_keys(KEYS, issuer)),
            fetched: Metric::gauge(of_keys(KEYS_FETCHED, issuer)),
            expiry: Metric::gauge(of_keys(KEYS_EXPIRY, issuer)),
            taken: Metric::counter(key_fetches(issuer, true)),
            failed: Metric::counter(key_fetches(issuer, false)),
        }
    }

    /// Records the number of keys in use, when they were fetched, and when they expire.
    pub(super) fn hold(&self, keys: usize, fetched: UnixTime, expiry: UnixTime) {
        self.keys.set(u64::try_from(keys).unwrap_or(u64::MAX));
        self.fetched.set(fetched.as_seconds());
        self.expiry.set(expiry.as_seconds());
    }

    /// Counts a fetch.
    pub(super) fn count_fetch(&self, succeeded: bool) {
        if succeeded { self.taken.add(1) } else { self.failed.add(1) }
    }
}
