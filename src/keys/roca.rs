//! Detects RSA keys made by Infineon's library, which can be factored (CVE-2017-15361, ROCA).
//!
//! M. Nemec et al., "The Return of Coppersmith's Attack", CCS 2017: the primes have the form `k * M + 65537^a mod M` with M
//! the product of the first primes, so the modulus is a power of 65537 modulo each of them. Of random moduli four in a
//! thousand million have this property.

/// The odd primes that divide the library's M for keys of 512 bits, and therefore for all longer keys.
const PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
    113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

const GENERATOR: u32 = 65_537;

/// Whether a modulus (big endian) has the library's fingerprint.
pub(super) fn is_marked(modulus: &[u8]) -> bool {
    PRIMES.iter().all(|&prime| {
        // Every value stays below 167 * 65537 + 255.
        let remainder = modulus
            .iter()
            .try_fold(0_u32, |rest, &byte| rest.checked_mul(256)?.checked_add(u32::from(byte))?.checked_rem(prime));
        let next = |power: &u32| power.checked_mul(GENERATOR)?.checked_rem(prime);
        let powers = std::iter::successors(Some(1), next).take(usize::try_from(prime).unwrap_or(0));
        remainder.is_some_and(|remainder| powers.into_iter().any(|power| power == remainder))
    })
}

#[cfg(test)]
mod tests {
    use super::is_marked;

    #[test]
    fn a_power_of_the_generator_is_marked_and_its_successor_is_not() {
        // 65537^2
        assert!(is_marked(&[1, 0, 2, 0, 1]));
        assert!(!is_marked(&[1, 0, 2, 0, 2]));
    }
}
