//! Verified tokens, remembered: a token that comes again need not be verified again.

use std::cell::RefCell;
use std::hash::BuildHasher as _;
use std::rc::Rc;

use foldhash::SharedSeed;
use foldhash::fast::SeedableRandomState;
use lru::LruCache;

use super::verify::Verified;
use crate::policy::CacheBounds;

/// What an entry weighs besides the token, in bytes: the map's and the allocator's own, and the claims that are kept,
/// which are some hundred bytes.
const ENTRY_OVERHEAD: usize = 1024;

/// How much of a token's end is hashed, in bytes: half of the shortest signature that is taken. No two tokens of honest
/// issuers end alike, and where two do, one is remembered.
const HASHED_BYTES: usize = 43;

/// Verified tokens, the one that was not asked for the longest given up first.
///
/// A hit is a comparison of the whole token; the hash only finds it, and is seeded at random so that nobody can choose
/// tokens that collide. Tokens that were refused are not kept: they would let anybody turn the others out.
pub struct TokenCache {
    entries: RefCell<Entries>,
    bounds: CacheBounds,
    hasher: SeedableRandomState,
}

struct Entries {
    by_hash: LruCache<u64, Entry, SeedableRandomState>,
    bytes: usize,
}

struct Entry {
    token: Box<[u8]>,
    verified: Rc<Verified>,
}

impl TokenCache {
    /// An empty cache.
    pub fn new(bounds: CacheBounds) -> Self {
        // The only source of randomness on wasm is that of the standard library's own hash maps.
        let random = |salt: u64| std::hash::RandomState::new().hash_one(salt);
        // One for each configuration that is loaded; the hasher wants it for good.
        let shared: &'static SharedSeed = Box::leak(Box::new(SharedSeed::from_u64(random(0))));
        let hasher = SeedableRandomState::with_seed(random(1), shared);
        let by_hash = LruCache::unbounded_with_hasher(hasher.clone());
        TokenCache { entries: RefCell::new(Entries { by_hash, bytes: 0 }), bounds, hasher }
    }

    /// What is remembered of this token.
    pub fn get(&self, token: &[u8]) -> Option<Rc<Verified>> {
        let entries = &mut *self.entries.borrow_mut();
        let entry = entries.by_hash.get(&self.hash(token))?;
        are_same(&entry.token, token).then(|| Rc::clone(&entry.verified))
    }

    /// Remembers a token.
    pub fn insert(&self, token: &[u8], verified: &Rc<Verified>) {
        let Entries { by_hash, bytes } = &mut *self.entries.borrow_mut();
        let entry = Entry { token: token.into(), verified: Rc::clone(verified) };
        let before = by_hash.put(self.hash(token), entry);
        *bytes = bytes.saturating_add(weight(token)).saturating_sub(before.map_or(0, |entry| weight(&entry.token)));
        while by_hash.len() > self.bounds.max_entries || *bytes > self.bounds.max_bytes {
            let Some((_, entry)) = by_hash.pop_lru() else { return };
            *bytes = bytes.saturating_sub(weight(&entry.token));
        }
    }

    /// Forgets a token.
    pub fn remove(&self, token: &[u8]) {
        let Entries { by_hash, bytes } = &mut *self.entries.borrow_mut();
        if let Some(entry) = by_hash.pop(&self.hash(token)) {
            *bytes = bytes.saturating_sub(weight(&entry.token));
        }
    }

    fn hash(&self, token: &[u8]) -> u64 {
        let start = token.len().saturating_sub(HASHED_BYTES);
        self.hasher.hash_one(token.get(start..).unwrap_or_default())
    }
}

/// Eight bytes at a time: the C library's comparison on wasm takes one, and a microsecond for a token.
fn are_same(a: &[u8], b: &[u8]) -> bool {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    a.len() == b.len()
        && a_rest == b_rest
        && a.iter().zip(b).all(|(a, b)| u64::from_ne_bytes(*a) == u64::from_ne_bytes(*b))
}

fn weight(token: &[u8]) -> usize {
    token.len().saturating_add(ENTRY_OVERHEAD)
}
