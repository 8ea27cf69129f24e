//! When an issuer's keys are fetched, and how long they are good: the rules, without a clock and without a network.

use std::sync::Arc;

use super::set::KeySet;
use super::source::Uri;
use crate::json::Json;
use crate::policy::IssuerName;
use crate::time::{Span, UnixTime};

/// How often keys are fetched, and how long they last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// How long a fetch may take.
    pub timeout: Span,
    /// How long keys are fresh, where the answer's `Cache-Control` does not say.
    pub refresh: Span,
    /// How long after a fetch was begun an unknown key may cause the next.
    pub cooldown: Span,
    /// How long keys are used that could not be fetched again.
    pub expiry: Span,
}

/// The least time that keys are fresh, whatever `max-age` says: an issuer that says 0 is not asked on each request.
const MIN_FRESH: Span = Span::from_seconds(60);

/// The most, so that a key that was removed is not trusted for a year because somebody wrote so.
const MAX_FRESH: Span = Span::from_seconds(24 * 3600);

/// The pause after a failure; it doubles with each that follows, up to the second.
const MIN_PAUSE: Span = Span::from_seconds(1);
const MAX_PAUSE: Span = Span::from_seconds(64);

/// The largest set that is read, in bytes. Entra's common one has 20 KB.
pub const MAX_SET_BYTES: usize = 256 * 1024;

/// How deep a set may nest: keys are objects with arrays of strings in an array in an object.
const MAX_SET_DEPTH: usize = 8;

/// An answer to a fetch.
#[derive(Debug, Clone, Copy)]
pub struct Fetched<'a> {
    /// The HTTP status; `None` where there was no answer.
    pub status: Option<u16>,
    /// `Cache-Control`.
    pub cache_control: Option<&'a [u8]>,
    /// The body.
    pub body: &'a [u8],
}

/// Why an answer was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotTaken {
    /// There was none in time.
    NoAnswer,
    /// It was not 200; redirects are not followed.
    Status(u16),
    /// It is too large.
    TooLarge(usize),
    /// It is no key set, or one without a key that can be used.
    NoKeys(String),
}

impl std::fmt::Display for NotTaken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NotTaken::NoAnswer => f.write_str("no answer"),
            NotTaken::Status(status) => write!(f, "status {status}, only 200 is taken"),
            NotTaken::TooLarge(bytes) => write!(f, "{bytes} bytes, at most {MAX_SET_BYTES} are read"),
            NotTaken::NoKeys(what) => f.write_str(what),
        }
    }
}

/// Keys as they were fetched: what workers share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// When they were fetched.
    pub fetched: UnixTime,
    /// Until when they are fresh.
    pub fresh_until: UnixTime,
    /// The set as it came.
    pub body: Vec<u8>,
}

impl Record {
    /// As bytes, for the host's shared data: both times, then the body.
    pub fn to_bytes(&self) -> Vec<u8> {
        let times = [self.fetched, self.fresh_until].map(|time| time.as_millis().to_le_bytes()).concat();
        [times.as_slice(), &self.body].concat()
    }

    /// From such bytes; `None` where they are none.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (fetched, rest) = bytes.split_first_chunk()?;
        let (fresh_until, body) = rest.split_first_chunk()?;
        let time = |bytes: &[u8; 8]| UnixTime::from_millis(i64::from_le_bytes(*bytes));
        Some(Record { fetched: time(fetched), fresh_until: time(fresh_until), body: body.to_vec() })
    }
}

/// The keys in use.
#[derive(Debug)]
struct Held {
    set: Arc<KeySet>,
    record: Record,
}

/// An issuer's keys as they are now, and when to fetch them.
#[derive(Debug)]
pub struct Schedule {
    timing: Timing,
    held: Option<Held>,
    /// When to fetch next, if nothing happens before.
    due: UnixTime,
    /// When the last fetch was begun.
    begun: Option<UnixTime>,
    /// Until when the answer to a fetch is awaited.
    awaited: Option<UnixTime>,
    failures: u32,
}

impl Schedule {
    /// No keys yet; a fetch is due at once.
    pub fn new(timing: Timing) -> Self {
        let due = UnixTime::from_millis(i64::MIN);
        Schedule { timing, held: None, due, begun: None, awaited: None, failures: 0 }
    }

    /// The keys that may be used now: the last good ones, until their hard expiry.
    pub fn keys(&self, now: UnixTime) -> Option<Arc<KeySet>> {
        let held = self.held.as_ref()?;
        (now < held.record.fetched.plus(self.timing.expiry)).then(|| Arc::clone(&held.set))
    }

    /// The keys that were fetched last: how many, when, and until when they are good.
    pub fn held(&self) -> Option<(usize, UnixTime, UnixTime)> {
        let Held { set, record } = self.held.as_ref()?;
        Some((set.iter().count(), record.fetched, record.fetched.plus(self.timing.expiry)))
    }

    /// Whether an answer is awaited.
    pub fn is_awaited(&self, now: UnixTime) -> bool {
        self.awaited.is_some_and(|until| now < until)
    }

    /// Whether a fetch is due.
    pub fn is_due(&self, now: UnixTime) -> bool {
        now >= self.due && !self.is_awaited(now)
    }

    /// Whether a token with an unknown key may cause a fetch: once in a cool-down, so that nobody can make the gate flood
    /// an issuer.
    pub fn may_look_for_new_key(&self, now: UnixTime) -> bool {
        let rested = self.begun.is_none_or(|begun| now >= begun.plus(self.timing.cooldown));
        rested && !self.is_awaited(now)
    }

    /// A fetch was begun, here or by another worker.
    pub fn begin(&mut self, now: UnixTime) {
        self.begun = Some(now);
        self.awaited = Some(now.plus(self.timing.timeout));
    }

    /// Takes the answer to a fetch. `jitter` is random, so that gates do not ask all at once.
    ///
    /// # Errors
    ///
    /// It is not taken: the keys stay, and the next fetch comes after a pause that grows.
    pub fn answer(&mut self, answer: &Fetched<'_>, now: UnixTime, jitter: u32) -> Result<&Record, NotTaken> {
        let fresh = max_age(answer.cache_control).unwrap_or(self.timing.refresh).clamp(MIN_FRESH, MAX_FRESH);
        let record = |body: &[u8]| Record { fetched: now, fresh_until: now.plus(fresh), body: body.to_vec() };
        let taken = check(answer).and_then(|body| self.take(record(body), jitter));
        if taken.is_err() {
            self.fail(now, jitter);
        }
        taken?;
        self.awaited = None;
        self.failures = 0;
        self.held.as_ref().map(|held| &held.record).ok_or(NotTaken::NoAnswer)
    }

    /// A fetch failed: the keys stay, and the next comes after a pause that grows.
    pub fn fail(&mut self, now: UnixTime, jitter: u32) {
        let doubled = MIN_PAUSE.times(1_u32.checked_shl(self.failures.min(16)).unwrap_or(u32::MAX));
        // Keys that are still fresh are not fetched sooner because a look for another key failed.
        self.due = self.due.max(now.plus(doubled.min(MAX_PAUSE).plus_share(jitter, 2)));
        self.failures = self.failures.saturating_add(1);
        self.awaited = None;
    }

    /// Goes by a clock that was set back: what was planned by the wrong one holds up no fetch, and keys that it dated are used
    /// no longer than if they came now.
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

    /// The answer that another worker awaited will not come.
    pub fn give_up(&mut self) {
        self.awaited = None;
    }

    /// When to fetch next.
    pub fn due(&self) -> UnixTime {
        self.due
    }

    /// Takes keys that another worker fetched, checked as if they came from the network; whether they are newer.
    ///
    /// # Errors
    ///
    /// They are not taken.
    pub fn adopt(&mut self, record: Record, now: UnixTime, jitter: u32) -> Result<bool, NotTaken> {
        // Whoever wrote it, and by whatever clock, it cannot last longer than what comes from the network.
        let fresh = Span::between(record.fetched, record.fresh_until).min(MAX_FRESH);
        let fetched = record.fetched.min(now);
        let record = Record { fetched, fresh_until: fetched.plus(fresh), ..record };
        if self.held.as_ref().is_some_and(|held| held.record.fetched >= record.fetched) {
            return Ok(false);
        }
        check(&Fetched { status: Some(200), cache_control: None, body: &record.body })?;
        self.take(record, jitter)?;
        self.awaited = None;
        self.failures = 0;
        Ok(true)
    }

    fn take(&mut self, record: Record, jitter: u32) -> Result<(), NotTaken> {
        // The same keys again are the same set, so that tokens they verified need not be verified anew.
        let same = self.held.as_ref().filter(|held| held.record.body == record.body).map(|held| Arc::clone(&held.set));
        let set = match same {
            Some(set) => set,
            None => Arc::new(read(&record.body)?),
        };
        let fresh = Span::between(record.fetched, record.fresh_until);
        // Up to a tenth earlier.
        self.due = record.fetched.plus(fresh.less_share(jitter, 10));
        self.held = Some(Held { set, record });
        Ok(())
    }
}

/// Where a provider's metadata say that its keys are.
///
/// # Errors
///
/// They are not to be had, not of this issuer (OpenID Connect Discovery 1.0 section 4.3), or name no https address.
pub fn jwks_uri_of(answer: &Fetched<'_>, issuer: &IssuerName) -> Result<Uri, NotTaken> {
    let no = |what: String| NotTaken::NoKeys(what);
    let json = Json::parse(check(answer)?, MAX_SET_DEPTH).map_err(|error| no(format!("not JSON: {error}")))?;
    let Json::Object(metadata) = json else { return Err(no("the metadata are no object".to_owned())) };
    let text = |name: &str| metadata.get(name).and_then(Json::as_str);
    let named = text("issuer").unwrap_or_default();
    if !issuer.is_written(named) {
        return Err(no(format!("the metadata are of issuer `{}`", named.escape_debug())));
    }
    let uri = text("jwks_uri").unwrap_or_default();
    Uri::parse(uri).ok_or_else(|| no(format!("`jwks_uri` is `{}`, no https address", uri.escape_debug())))
}

fn check<'a>(answer: &Fetched<'a>) -> Result<&'a [u8], NotTaken> {
    match answer.status {
        None => Err(NotTaken::NoAnswer),
        Some(200) if answer.body.len() > MAX_SET_BYTES => Err(NotTaken::TooLarge(answer.body.len())),
        Some(200) => Ok(answer.body),
        Some(status) => Err(NotTaken::Status(status)),
    }
}

/// Reads a set that came from elsewhere: one broken key does not spoil the rest (CVE-2026-102274).
fn read(body: &[u8]) -> Result<KeySet, NotTaken> {
    let json = Json::parse(body, MAX_SET_DEPTH).map_err(|error| NotTaken::NoKeys(format!("not JSON: {error}")))?;
    KeySet::read_leniently(&json).map_err(|error| NotTaken::NoKeys(error.what))
}

/// `max-age` of a `Cache-Control` (RFC 9111 section 5.2.2.1); what cannot be read says nothing.
fn max_age(cache_control: Option<&[u8]>) -> Option<Span> {
    let text = std::str::from_utf8(cache_control?).ok()?;
    text.split(',').find_map(|directive| {
        let (name, value) = directive.trim().split_once('=')?;
        let digits = value.trim().trim_matches('"');
        let is_age =
            name.eq_ignore_ascii_case("max-age") && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        // More than fits is as long as can be.
        is_age.then(|| Span::from_seconds(digits.parse().unwrap_or(u32::MAX)))
    })
}

#[cfg(test)]
mod tests;
