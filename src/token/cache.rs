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

/// Verified tokens by their bytes, the one that was not asked for the longest given up first.
///
/// A hit is a comparison of the whole token; the hash only finds it, and is seeded at random so that nobody can choose
/// tokens that collide. Tokens that were refused are not kept: they would let anybody turn the others out.
pub struct TokenCache {
    entries: RefCell<Entries>,
    bounds: CacheBounds,
}

struct Entries {
    by_token: LruCache<Box<[u8]>, Rc<Verified>, SeedableRandomState>,
    bytes: usize,
}

impl TokenCache {
    /// An empty cache.
    pub fn new(bounds: CacheBounds) -> Self {
        // The only source of randomness on wasm is that of the standard library's own hash maps.
        let random = |salt: u64| std::hash::RandomState::new().hash_one(salt);
        // One for each configuration that is loaded; the hasher wants it for good.
        let shared: &'static SharedSeed = Box::leak(Box::new(SharedSeed::from_u64(random(0))));
        let hasher = SeedableRandomState::with_seed(random(1), shared);
        let by_token = LruCache::unbounded_with_hasher(hasher);
        TokenCache { entries: RefCell::new(Entries { by_token, bytes: 0 }), bounds }
    }

    /// What is remembered of this token.
    pub fn get(&self, token: &[u8]) -> Option<Rc<Verified>> {
        self.entries.borrow_mut().by_token.get(token).cloned()
    }

    /// Remembers a token.
    pub fn insert(&self, token: &[u8], verified: &Rc<Verified>) {
        let Entries { by_token, bytes } = &mut *self.entries.borrow_mut();
        if by_token.put(token.into(), Rc::clone(verified)).is_none() {
            *bytes = bytes.saturating_add(weight(token));
        }
        while by_token.len() > self.bounds.max_entries || *bytes > self.bounds.max_bytes {
            let Some((token, _)) = by_token.pop_lru() else { return };
            *bytes = bytes.saturating_sub(weight(&token));
        }
    }

    /// Forgets a token.
    pub fn remove(&self, token: &[u8]) {
        let Entries { by_token, bytes } = &mut *self.entries.borrow_mut();
        if let Some((token, _)) = by_token.pop_entry(token) {
            *bytes = bytes.saturating_sub(weight(&token));
        }
    }
}

fn weight(token: &[u8]) -> usize {
    token.len().saturating_add(ENTRY_OVERHEAD)
}
