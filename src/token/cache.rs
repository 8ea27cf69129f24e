//! The cache of verified tokens.

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

/// Estimated size of an entry without the token, in bytes: the overhead of map and allocator, and the kept claims, some
/// hundred bytes.
const ENTRY_OVERHEAD: usize = 1024;

/// How many bytes of a token's end are hashed: half of the shortest supported signature. No two tokens of honest issuers end
/// alike; if two do, one of them is cached.
const HASHED_BYTES: usize = 43;

/// What identifies a verified token when it comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheKey<'a> {
    /// The token in its compact form.
    Compact(&'a [u8]),
    /// The metadata that jwt_authn left. On Envoy 1.40 equal claims have equal bytes, though protobuf does not promise it;
    /// different bytes only cost another verification.
    Metadata(&'a [u8]),
}

/// Verified tokens, evicted in least-recently-used order.
///
/// A full cache admits a token only at its second use, unless the oldest entry has expired, as in TinyLFU (Einziger et al.,
/// 2017): one-time tokens would evict reused ones, and each insertion and eviction costs some microseconds.
///
/// A hit compares the whole token. The hash only locates it, and is seeded at random so that nobody can choose colliding
/// tokens. Rejected tokens are not cached: they would let anybody evict the others.
pub struct TokenCache {
    entries: RefCell<Entries>,
    bounds: CacheBounds,
    hasher: SeedableRandomState,
    last_header: LastHeader,
}

struct Entries {
    by_hash: LruCache<u64, Entry, SeedableRandomState>,
    bytes: usize,
    /// Doorkeeper: fingerprints of tokens recently rejected for lack of room, indexed by hash. Allocated on first use.
    doorkeeper: Vec<u32>,
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

    /// The bytes that are hashed. Metadata are hashed whole, as they do not end with a signature.
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
        // Leaked once for each configuration: the hasher needs a static seed.
        let shared: &'static SharedSeed = Box::leak(Box::new(SharedSeed::from_u64(random(0))));
        let hasher = SeedableRandomState::with_seed(random(1), shared);
        let by_hash = LruCache::unbounded_with_hasher(hasher.clone());
        Self {
            entries: RefCell::new(Entries { by_hash, bytes: 0, doorkeeper: Vec::new() }),
            bounds,
            hasher,
            last_header: LastHeader::default(),
        }
    }

    /// The cached token of this key.
    pub fn get(&self, evidence: CacheKey<'_>) -> Option<Rc<Verified>> {
        let entries = &mut *self.entries.borrow_mut();
        let entry = entries.by_hash.get(&self.hash(evidence))?;
        let is_it = entry.is_compact == evidence.is_compact() && are_same(&entry.bytes, evidence.bytes());
        is_it.then(|| Rc::clone(&entry.verified))
    }

    /// Caches a token if there is room, or if another entry can be evicted. `is_good` says whether a cached token would still
    /// be verified.
    pub fn insert(&self, evidence: CacheKey<'_>, verified: &Rc<Verified>, is_good: impl FnOnce(&Verified) -> bool) {
        let hash = self.hash(evidence);
        let entries = &mut *self.entries.borrow_mut();
        let is_full = entries.by_hash.len() >= self.bounds.max_entries
            || entries.bytes.saturating_add(weight(evidence.bytes())) > self.bounds.max_bytes;
        if is_full
            && entries.by_hash.peek_lru().is_some_and(|(_, oldest)| is_good(&oldest.verified))
            && !entries.saw_recently(hash, self.most_entries())
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

    /// Removes a token.
    pub fn remove(&self, evidence: CacheKey<'_>) {
        let Entries { by_hash, bytes, .. } = &mut *self.entries.borrow_mut();
        if let Some(entry) = by_hash.pop(&self.hash(evidence)) {
            *bytes = bytes.saturating_sub(weight(&entry.bytes));
        }
    }

    /// The header parsed last.
    pub fn last_header(&self) -> &LastHeader {
        &self.last_header
    }

    /// Maximum number of entries by either bound.
    fn most_entries(&self) -> usize {
        self.bounds.max_entries.min(self.bounds.max_bytes / ENTRY_OVERHEAD)
    }

    fn hash(&self, evidence: CacheKey<'_>) -> u64 {
        self.hasher.hash_one(evidence.hashed_bytes())
    }
}

impl Entries {
    /// Records a token, and returns whether it was recorded recently: among about as many tokens as there are `places`.
    fn saw_recently(&mut self, hash: u64, places: usize) -> bool {
        self.doorkeeper.resize(places, 0);
        let Some(place) = u64::try_from(places).ok().and_then(|places| hash.checked_rem(places)) else { return false };
        let Some(own) = usize::try_from(place).ok().and_then(|place| self.doorkeeper.get_mut(place)) else {
            return false;
        };
        // The upper half of the hash: the index covers the lower.
        let fingerprint = u32::try_from(hash >> u32::BITS).unwrap_or_default();
        std::mem::replace(own, fingerprint) == fingerprint
    }
}

/// Compares eight bytes at a time: the C library's comparison on wasm reads one, and takes a microsecond for a token.
fn are_same(a: &[u8], b: &[u8]) -> bool {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    a.len() == b.len()
        && a_rest == b_rest
        && a.iter().zip(b).all(|(a, b)| u64::from_ne_bytes(*a) == u64::from_ne_bytes(*b))
}

fn weight(evidence: &[u8]) -> usize {
    evidence.len().saturating_add(ENTRY_OVERHEAD)
}
