//! When an issuer's keys are fetched and how long they may be used: the rules, without clock and network.

use std::sync::Arc;

use super::lease::{times_from_bytes, times_to_bytes};
use super::set::KeySet;
use crate::time::{Span, UnixTime};
use crate::wire::json::Json;

/// How often keys are fetched, and how long they last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// How long a fetch may take.
    pub timeout: Span,
    /// How long keys are fresh if `Cache-Control` does not say.
    pub refresh: Span,
    /// Minimum time between a fetch and the next one that an unknown key may cause.
    pub cooldown: Span,
    /// How long keys are used if they cannot be fetched again.
    pub expiry: Span,
}

/// Minimum time that keys are fresh, even with `max-age=0`: otherwise each request would cause a fetch.
const MIN_FRESH: Span = Span::from_seconds(60);

/// Maximum time that keys are fresh, so that a removed key is not trusted for a year.
const MAX_FRESH: Span = Span::from_seconds(24 * 3600);

/// The pause after a failure; each further failure doubles it, up to the maximum.
const MIN_PAUSE: Span = Span::from_seconds(1);
const MAX_PAUSE: Span = Span::from_seconds(64);

/// Maximum size of a key set, in bytes. Entra's common one has 20 KB.
pub const MAX_SET_BYTES: usize = 256 * 1024;

/// Maximum nesting depth of a key set: keys are objects with arrays of strings, in an array in an object.
pub(super) const MAX_SET_DEPTH: usize = 8;

/// A response to a fetch.
#[derive(Debug, Clone, Copy)]
pub struct Fetched<'a> {
    /// The HTTP status; `None` if there was no response.
    pub status: Option<u16>,
    /// `Cache-Control`.
    pub cache_control: Option<&'a [u8]>,
    /// The body.
    pub body: &'a [u8],
}

/// Why a fetched key set was rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchError {
    /// No response arrived in time.
    NoAnswer,
    /// The status was not 200; redirects are not followed.
    Status(u16),
    /// The body is too large.
    TooLarge(usize),
    /// The body is not a key set, or has no usable key.
    NoKeys(String),
}

impl std::error::Error for FetchError {}

impl std::fmt::Display for FetchError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoAnswer => f.write_str("no response"),
            Self::Status(status) => write!(f, "status {status}, expected 200"),
            Self::TooLarge(bytes) => write!(f, "{bytes} bytes, the limit is {MAX_SET_BYTES}"),
            Self::NoKeys(what) => f.write_str(what),
        }
    }
}

/// A fetched key set, as workers share it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// When it was fetched.
    pub fetched: UnixTime,
    /// Until when it is fresh.
    pub fresh_until: UnixTime,
    /// The key set as received.
    pub body: Vec<u8>,
}

impl Record {
    /// The encoding in the host's shared data: both times, then the body.
    pub fn to_bytes(&self) -> Vec<u8> {
        [times_to_bytes([self.fetched, self.fresh_until]).as_slice(), &self.body].concat()
    }

    /// Decodes a record; `None` if `bytes` are too short.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let ([fetched, fresh_until], body) = times_from_bytes(bytes)?;
        Some(Self { fetched, fresh_until, body: body.to_vec() })
    }
}

/// The keys in use.
#[derive(Debug)]
struct Held {
    set: Arc<KeySet>,
    record: Record,
}

/// An issuer's current keys, and when to fetch them next.
#[derive(Debug)]
pub struct Schedule {
    timing: Timing,
    held: Option<Held>,
    /// When to fetch next, unless an unknown key causes a fetch before.
    due: UnixTime,
    /// When the last fetch began.
    begun: Option<UnixTime>,
    /// Until when a response is awaited.
    awaited: Option<UnixTime>,
    failures: u32,
}

impl Schedule {
    /// No keys yet; a fetch is due at once.
    pub fn new(timing: Timing) -> Self {
        let due = UnixTime::from_millis(i64::MIN);
        Self { timing, held: None, due, begun: None, awaited: None, failures: 0 }
    }

    /// The keys that may be used now: the last good set, until its hard expiry.
    pub fn keys(&self, now: UnixTime) -> Option<Arc<KeySet>> {
        let held = self.held.as_ref()?;
        (now < held.record.fetched.plus(self.timing.expiry)).then(|| Arc::clone(&held.set))
    }

    /// The last good set: number of keys, time of the fetch, hard expiry.
    pub fn held(&self) -> Option<(usize, UnixTime, UnixTime)> {
        let Held { set, record } = self.held.as_ref()?;
        Some((set.iter().count(), record.fetched, record.fetched.plus(self.timing.expiry)))
    }

    /// Whether a response is awaited.
    pub fn is_awaited(&self, now: UnixTime) -> bool {
        self.awaited.is_some_and(|until| now < until)
    }

    /// Whether a fetch is due.
    pub fn is_due(&self, now: UnixTime) -> bool {
        now >= self.due && !self.is_awaited(now)
    }

    /// Whether a token with an unknown key may cause a fetch: once per cool-down, so that no client can make the gate flood an
    /// issuer.
    pub fn may_look_for_new_key(&self, now: UnixTime) -> bool {
        let rested = self.begun.is_none_or(|begun| now >= begun.plus(self.timing.cooldown));
        rested && !self.is_awaited(now)
    }

    /// Records that a fetch began, in this or another worker.
    pub fn begin(&mut self, now: UnixTime) {
        self.begun = Some(now);
        self.awaited = Some(now.plus(self.timing.timeout));
    }

    /// Stores the key set of a response. `jitter` is random, so that gates do not fetch all at once.
    ///
    /// # Errors
    ///
    /// The response was rejected: the keys stay, and the next fetch follows after a growing pause.
    pub fn answer(&mut self, answer: &Fetched<'_>, now: UnixTime, jitter: u32) -> Result<&Record, FetchError> {
        let fresh = max_age(answer.cache_control).unwrap_or(self.timing.refresh).clamp(MIN_FRESH, MAX_FRESH);
        let record = |body: &[u8]| Record { fetched: now, fresh_until: now.plus(fresh), body: body.to_vec() };
        let stored = check(answer).and_then(|body| self.store(record(body), jitter));
        if stored.is_err() {
            self.fail(now, jitter);
        }
        stored?;
        self.awaited = None;
        self.failures = 0;
        self.held.as_ref().map(|held| &held.record).ok_or(FetchError::NoAnswer)
    }

    /// Records that a fetch failed: the keys stay, and the next fetch follows after a growing pause.
    pub fn fail(&mut self, now: UnixTime, jitter: u32) {
        let doubled = MIN_PAUSE.times(1_u32.checked_shl(self.failures.min(16)).unwrap_or(u32::MAX));
        // A failed fetch for an unknown key does not bring the next regular fetch forward.
        self.due = self.due.max(now.plus(doubled.min(MAX_PAUSE).plus_share(jitter, 2)));
        self.failures = self.failures.saturating_add(1);
        self.awaited = None;
    }

    /// Adjusts to a clock that was set back: fetches planned under the old clock are not delayed, and keys stamped in the
    /// future expire as if fetched now.
    pub fn follow(&mut self, now: UnixTime) {
        let fetched = self.held.as_ref().map(|held| held.record.fetched);
        if self.begun.max(fetched).is_none_or(|last| last <= now) {
            return;
        }
        self.begun = None;
        self.due = self.due.min(now);
        self.awaited = self.awaited.map(|until| until.min(now.plus(self.timing.timeout)));
        if let Some(held) = &mut self.held {
            held.record.fetched = held.record.fetched.min(now);
        }
    }

    /// Records that another worker's fetch was abandoned.
    pub fn give_up(&mut self) {
        self.awaited = None;
    }

    /// When to fetch next.
    pub fn due(&self) -> UnixTime {
        self.due
    }

    /// Stores a key set that another worker fetched, with the checks of a response from the network. Returns whether it is
    /// newer than the current one.
    ///
    /// # Errors
    ///
    /// The key set was rejected.
    pub fn adopt(&mut self, record: Record, now: UnixTime, jitter: u32) -> Result<bool, FetchError> {
        // Another plugin or a wrong clock may have written it: it lasts no longer than a response from the network.
        let fresh = Span::between(record.fetched, record.fresh_until).min(MAX_FRESH);
        let fetched = record.fetched.min(now);
        let record = Record { fetched, fresh_until: fetched.plus(fresh), ..record };
        if self.held.as_ref().is_some_and(|held| held.record.fetched >= record.fetched) {
            return Ok(false);
        }
        check(&Fetched { status: Some(200), cache_control: None, body: &record.body })?;
        self.store(record, jitter)?;
        self.awaited = None;
        self.failures = 0;
        Ok(true)
    }

    fn store(&mut self, record: Record, jitter: u32) -> Result<(), FetchError> {
        // An unchanged body keeps its set, so that cached tokens stay valid.
        let same = self.held.as_ref().filter(|held| held.record.body == record.body).map(|held| Arc::clone(&held.set));
        let set = match same {
            Some(set) => set,
            None => Arc::new(read(&record.body)?),
        };
        let fresh = Span::between(record.fetched, record.fresh_until);
        // Earlier by up to a tenth.
        self.due = record.fetched.plus(fresh.less_share(jitter, 10));
        self.held = Some(Held { set, record });
        Ok(())
    }
}

/// The body of an answer that can be used.
pub(super) fn check<'a>(answer: &Fetched<'a>) -> Result<&'a [u8], FetchError> {
    match answer.status {
        None => Err(FetchError::NoAnswer),
        Some(200) if answer.body.len() > MAX_SET_BYTES => Err(FetchError::TooLarge(answer.body.len())),
        Some(200) => Ok(answer.body),
        Some(status) => Err(FetchError::Status(status)),
    }
}

/// Reads a fetched set: one invalid key does not affect the others (CVE-2026-102274).
fn read(body: &[u8]) -> Result<KeySet, FetchError> {
    let json = Json::parse(body, MAX_SET_DEPTH).map_err(|error| FetchError::NoKeys(format!("not JSON: {error}")))?;
    KeySet::read_leniently(&json).map_err(|error| FetchError::NoKeys(error.what))
}

/// `max-age` of a `Cache-Control` (RFC 9111 section 5.2.2.1); `None` if absent or malformed.
fn max_age(cache_control: Option<&[u8]>) -> Option<Span> {
    let text = std::str::from_utf8(cache_control?).ok()?;
    text.split(',').find_map(|directive| {
        let (name, value) = directive.trim().split_once('=')?;
        let digits = value.trim().trim_matches('"');
        let is_age =
            name.eq_ignore_ascii_case("max-age") && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        // A number that does not fit is the longest duration.
        is_age.then(|| Span::from_seconds(digits.parse().unwrap_or(u32::MAX)))
    })
}

#[cfg(test)]
mod tests;
