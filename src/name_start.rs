//! Names that are looked for among many, told apart by their beginnings as numbers.

use std::cmp::Ordering;

/// How much of a name is its beginning, in bytes.
const LENGTH: usize = 8;

/// A name's beginning as a number, ordered as the names are. Zeros fill it up.
pub fn start(name: &str) -> u64 {
    let bytes = name.as_bytes();
    match bytes.first_chunk::<LENGTH>() {
        Some(start) => u64::from_be_bytes(*start),
        None => bytes.iter().rev().fold(0, |start, byte| start >> 8 | u64::from(*byte) << (u64::BITS - 8)),
    }
}

/// How two names are ordered: as their bytes are.
///
/// By their beginnings, which stand beside them, most are told apart. The C library's comparison on wasm takes one byte at a
/// time, and a name is one more look into memory.
#[inline]
pub fn order((start, name): (u64, &str), (other_start, other): (u64, &str)) -> Ordering {
    match start.cmp(&other_start) {
        Ordering::Equal => order_alike(name, other),
        told_apart => told_apart,
    }
}

/// How names are ordered that begin alike. Apart, so that the rest is small enough to go where it is needed.
#[inline(never)]
fn order_alike(name: &str, other: &str) -> Ordering {
    match name.len().max(other.len()) {
        // They differ in zeros at the end, if at all.
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
