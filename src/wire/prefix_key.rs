//! Sorted lookup of names, compared by an 8-byte big-endian prefix first.

use std::cmp::Ordering;

/// Length of the prefix, in bytes.
const LENGTH: usize = 8;

/// The prefix of a name as a number, padded with zeros. Prefixes sort like the names.
pub(crate) fn start(name: &str) -> u64 {
    let bytes = name.as_bytes();
    match bytes.first_chunk::<LENGTH>() {
        Some(start) => u64::from_be_bytes(*start),
        None => bytes.iter().rev().fold(0, |start, byte| start >> 8 | u64::from(*byte) << (u64::BITS - 8)),
    }
}

/// Compares two names, given with their prefixes, by their bytes.
///
/// Most names differ in the prefix. The C library's comparison on wasm reads one byte at a time, and the name itself is one
/// more memory access.
#[inline]
pub(crate) fn order((start, name): (u64, &str), (other_start, other): (u64, &str)) -> Ordering {
    match start.cmp(&other_start) {
        Ordering::Equal => order_by_rest(name, other),
        different => different,
    }
}

/// Compares names with equal prefixes. Not inlined, so that [`order`] stays small enough to be.
#[inline(never)]
fn order_by_rest(name: &str, other: &str) -> Ordering {
    match name.len().max(other.len()) {
        // Only trailing zero bytes can differ.
        0..=LENGTH => name.len().cmp(&other.len()),
        _ => name.cmp(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ordered_as_their_bytes_are() {
        let names =
            ["", "\0", "a", "a\0", "a\0\0b", "appid", "appidacr", "appidacr\0", "appidacr2", "b", "\u{fc}", "\u{fc}\0"];
        for a in names {
            for b in names {
                assert_eq!(order((start(a), a), (start(b), b)), a.cmp(b), "{a:?} {b:?}");
            }
        }
    }
}
