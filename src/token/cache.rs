//! Verified tokens, remembered: a token that comes again need not be verified again.

use std::cell::RefCell;
use std::hash::BuildHasher as _;
use std::rc::Rc;

use foldhash::SharedSeed;
use foldhash::fast::SeedableRandomState;
use lru::LruCache;

use super::header::LastHeader;
use super::rules::CacheBounds;
use super::verify::Verified;
use crate::random::random;

/// What an entry weighs besides the token, in bytes: the map's and the allocator's own, and the claims that are kept,
/// which are some hundred bytes.
const ENTRY_OVERHEAD: usize = 1024;

/// How much of a token's end is hashed, in bytes: half of the shortest signature that is taken. No two tokens of honest
/// issuers end alike, and where two do, one is remembered.
const HASHED_BYTES: usize = 43;

/// What a verified token is known by when it comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheKey<'a> {
    /// The token itself, in its compact form.
    Compact(&'a [u8]),
    /// What jwt_authn left of it. AuthenticatedToken on Envoy 1.40: the same claims are the same bytes each time, though
    /// protobuf does not promise it; where they are not, they are judged anew.
    Metadata(&'a [u8]),
}

/// Verified tokens, the one that was not asked for the longest given up first.
///
/// Where there is room for no more, one that is still good gives way only to a token that was seen lately, as in TinyLFU
/// (Einziger et al., 2017): tokens that come once would turn out those that come again, and each costs some microseconds
/// to remember and to forget.
///
/// A hit is a comparison of the whole token; the hash only finds it, and is seeded at random so that nobody can choose
/// tokens that collide. Tokens that were refused are not kept: they would let anybody turn the others out.
pub struct TokenCache {
    entries: RefCell<Entries>,
    bounds: CacheBounds,
    hasher: SeedableRandomState,
    last_header: LastHeader,
}

struct Entries {
    by_hash: LruCache<u64, Entry, SeedableRandomState>,
    bytes: usize,
    /// Tokens for which there was no room, by a part of their hash in a place by the rest; nothing until there is one.
    lately: Vec<u32>,
}

struct Entry {
    is_compact: bool,
    bytes: Box<[u8]>,
    verified: Rc<Verified>,
}

impl<'a> CacheKey<'a> {
    fn bytes(self) -> &'a [u8] {
        match self {
            CacheKey::Compact(bytes) | CacheKey::Metadata(bytes) => bytes,
        }
    }

    fn is_compact(self) -> bool {
        matches!(self, CacheKey::Compact(_))
    }

    /// What of it is hashed: of claims, which have no signature at their end, all.
    fn hashed_bytes(self) -> &'a [u8] {
        match self {
            CacheKey::Compact(bytes) => bytes.get(bytes.len().saturating_sub(HASHED_BYTES)..).unwrap_or_default(),
            CacheKey::Metadata(bytes) => bytes,
        }
    }
}

impl TokenCache {
    /// An empty cache.
    pub fn new(bounds: CacheBounds) -> Self {
        // One for each configuration that is loaded; the hasher wants it for good.
        let shared: &'static SharedSeed = Box::leak(Box::new(SharedSeed::from_u64(random(0))));
        let hasher = SeedableRandomState::with_seed(random(1), shared);
        let by_hash = LruCache::unbounded_with_hasher(hasher.clone());
        TokenCache {
            entries: RefCell::new(Entries { by_hash, bytes: 0, lately: Vec::new() }),
            bounds,
            hasher,
            last_header: LastHeader::default(),
        }
    }

    /// What is remembered of this token.
    pub fn get(&self, evidence: CacheKey<'_>) -> Option<Rc<Verified>> {
        let entries = &mut *self.entries.borrow_mut();
        let entry = entries.by_hash.get(&self.hash(evidence))?;
        let is_it = entry.is_compact == evidence.is_compact() && are_same(&entry.bytes, evidence.bytes());
        is_it.then(|| Rc::clone(&entry.verified))
    }

    /// Remembers a token, if there is room or another gives way. `is_good` says whether one that is remembered would be
    /// taken again.
    pub fn insert(&self, evidence: CacheKey<'_>, verified: &Rc<Verified>, is_good: impl FnOnce(&Verified) -> bool) {
        let hash = self.hash(evidence);
        let entries = &mut *self.entries.borrow_mut();
        let is_full = entries.by_hash.len() >= self.bounds.max_entries
            || entries.bytes.saturating_add(weight(evidence.bytes())) > self.bounds.max_bytes;
        if is_full
            && entries.by_hash.peek_lru().is_some_and(|(_, oldest)| is_good(&oldest.verified))
            && !entries.saw_lately(hash, self.most_entries())
        {
            return;
        }
        let Entries { by_hash, bytes, .. } = entries;
        let entry =
            Entry { is_compact: evidence.is_compact(), bytes: evidence.bytes().into(), verified: Rc::clone(verified) };
        let before = by_hash.put(hash, entry);
        *bytes = bytes
            .saturating_add(weight(evidence.bytes()))
            .saturating_sub(before.map_or(0, |entry| weight(&entry.bytes)));
        while by_hash.len() > self.bounds.max_entries || *bytes > self.bounds.max_bytes {
            let Some((_, entry)) = by_hash.pop_lru() else { return };
            *bytes = bytes.saturating_sub(weight(&entry.bytes));
        }
    }

    /// Forgets a token.
    pub fn remove(&self, evidence: CacheKey<'_>) {
        let Entries { by_hash, bytes, .. } = &mut *self.entries.borrow_mut();
        if let Some(entry) = by_hash.pop(&self.hash(evidence)) {
            *bytes = bytes.saturating_sub(weight(&entry.bytes));
        }
    }

    /// The header that was read last.
    pub fn last_header(&self) -> &LastHeader {
        &self.last_header
    }

    /// How many tokens there is room for, whichever bound comes first.
    fn most_entries(&self) -> usize {
        self.bounds.max_entries.min(self.bounds.max_bytes / ENTRY_OVERHEAD)
    }

    fn hash(&self, evidence: CacheKey<'_>) -> u64 {
        self.hasher.hash_one(evidence.hashed_bytes())
    }
}

impl Entries {
    /// Whether a token of this hash was asked about among the last, about as many as there are `places`.
    fn saw_lately(&mut self, hash: u64, places: usize) -> bool {
        self.lately.resize(places, 0);
        let Some(place) = u64::try_from(places).ok().and_then(|places| hash.checked_rem(places)) else { return false };
        let Some(own) = usize::try_from(place).ok().and_then(|place| self.lately.get_mut(place)) else { return false };
        // The upper half: the place has told the lower.
        let told = u32::try_from(hash >> u32::BITS).unwrap_or_default();
        std::mem::replace(own, told) == told
    }
}

/// Eight bytes at a time: the C library's comparison on wasm takes one, and a microsecond for a token.
fn are_same(a: &[u8], b: &[u8]) -> bool {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    a.len() == b.len()
        && a_rest == b_rest
        && a.iter().zip(b).all(|(a, b)| u64::from_ne_bytes(*a) == u64::from_ne_bytes(*b))
}

fn weight(evidence: &[u8]) -> usize {
    evidence.len().saturating_add(ENTRY_OVERHEAD)
}
