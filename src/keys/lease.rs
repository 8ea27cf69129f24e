//! The lease that one worker takes before it fetches, as all workers see it in the host's shared data.

use crate::time::UnixTime;

/// Which worker may fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// When the last fetch was begun.
    pub begun: UnixTime,
    /// No other worker fetches before.
    pub until: UnixTime,
    /// Whether the answer is still awaited.
    pub is_open: bool,
}

impl Lease {
    /// A lease that no worker holds.
    pub const FREE: Self = Self { begun: UnixTime::from_millis(0), until: UnixTime::from_millis(0), is_open: false };

    /// The encoding in the host's shared data: both times, then 1 if the answer is still awaited.
    pub fn to_bytes(self) -> Vec<u8> {
        [times_to_bytes([self.begun, self.until]).as_slice(), &[u8::from(self.is_open)]].concat()
    }

    /// Decodes a lease; `None` if `bytes` are too short. Any other plugin with the same `vm_id` may have written them.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let ([begun, until], rest) = times_from_bytes(bytes)?;
        Some(Self { begun, until, is_open: rest == [1] })
    }
}

/// Two times as milliseconds since 1970, 64 bits each, little endian.
pub(super) fn times_to_bytes(times: [UnixTime; 2]) -> Vec<u8> {
    times.map(|time| time.as_millis().to_le_bytes()).concat()
}

/// Two times, and the bytes after them.
pub(super) fn times_from_bytes(bytes: &[u8]) -> Option<([UnixTime; 2], &[u8])> {
    let (first, rest) = bytes.split_first_chunk()?;
    let (second, rest) = rest.split_first_chunk()?;
    Some(([first, second].map(|bytes| UnixTime::from_millis(i64::from_le_bytes(*bytes))), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_read_back() {
        for is_open in [true, false] {
            let lease = Lease { begun: UnixTime::from_millis(-7), until: UnixTime::from_millis(i64::MAX), is_open };
            assert_eq!(Lease::from_bytes(&lease.to_bytes()), Some(lease));
        }
    }

    #[test]
    fn foreign_bytes_are_no_lease_or_one_that_is_not_open() {
        let bytes = Lease { is_open: true, ..Lease::FREE }.to_bytes();
        for length in 0..16 {
            assert_eq!(Lease::from_bytes(&bytes[..length]), None, "{length}");
        }
        for end in [&[][..], &[2], &[1, 1]] {
            let foreign = [&bytes[..16], end].concat();
            assert_eq!(Lease::from_bytes(&foreign), Some(Lease::FREE), "{end:?}");
        }
    }
}
