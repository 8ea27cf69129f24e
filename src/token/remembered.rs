//! Looking up a verified token in the cache.

use std::rc::Rc;

use super::cache::{CacheKey, TokenCache};
use super::trust::Trust;
use super::verification::Verification;
use super::verify::Verified;

/// The cached token of this key, if it would still be verified now. Removes one that would not.
pub fn remembered(
    cache: &TokenCache,
    key: CacheKey<'_>,
    trust: &Trust,
    verification: &Verification<'_>,
) -> Option<Rc<Verified>> {
    let verified = cache.get(key)?;
    if is_good(&verified, trust, verification) {
        return Some(verified);
    }
    cache.remove(key);
    None
}

/// Whether a cached token would still be verified now.
pub fn is_good(verified: &Verified, trust: &Trust, verification: &Verification<'_>) -> bool {
    verified.is_by_current_keys(verification.keys) && verified.check_times(&trust.rules, verification.now).is_ok()
}
