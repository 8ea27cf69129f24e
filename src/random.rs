//! Randomness without a host call.

use std::hash::BuildHasher as _;

/// A random number.
///
/// The seed of the standard library's hash maps is the only source on wasm32-wasip1, where it comes from the host's
/// `random_get`. Each call hashes `salt` under a new seed, so numbers of one salt differ.
pub fn random(salt: u64) -> u64 {
    std::hash::RandomState::new().hash_one(salt)
}

/// A random number of 32 bits, for jitter.
pub fn random_u32() -> u32 {
    // Truncation is the point: the low half is as random as the whole.
    u32::try_from(random(0) & u64::from(u32::MAX)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_differ() {
        let numbers: std::collections::HashSet<_> = (0..100).map(|_| random(0)).collect();
        assert_eq!(numbers.len(), 100);
        assert!((0..100).any(|_| random_u32() != random_u32()));
    }
}
