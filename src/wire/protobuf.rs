//! Protobuf messages, written and read field by field. Derived code would be larger, and the gate has few messages.

use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint};

/// Appends a length-delimited field: a string, bytes, or an encoded message. `field` is from 1 to 15.
pub fn put(message: &mut Vec<u8>, field: u32, value: &[u8]) {
    put_head(message, field, value.len());
    message.extend_from_slice(value);
}

/// Appends the key and the length of a length-delimited field.
pub fn put_head(message: &mut Vec<u8>, field: u32, length: usize) {
    encode_key(field, WireType::LengthDelimited, message);
    encode_varint(wide(length), message);
}

/// Appends a varint field.
pub fn put_number(message: &mut Vec<u8>, field: u32, value: u64) {
    encode_key(field, WireType::Varint, message);
    encode_varint(value, message);
}

/// The encoded size of a length-delimited field, in bytes, for a value of `length` bytes.
pub fn size(length: usize) -> usize {
    const KEY: usize = 1;
    length.saturating_add(encoded_len_varint(wide(length))).saturating_add(KEY)
}

fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// The value of a field, by wire type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// An integer, a `bool` or an enum.
    Varint(u64),
    /// A `double`, little endian.
    Double([u8; 8]),
    /// A string, bytes or a message.
    Bytes(&'a [u8]),
    /// Four bytes; no field that the gate reads has this wire type.
    Other,
}

/// The bytes are not a protobuf message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeError;

impl std::error::Error for DecodeError {}

impl std::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not a protobuf message")
    }
}

/// Iterates over the fields of a message: number and value, in order. Ends after the first error.
#[derive(Debug, Clone)]
pub struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// The fields of this message.
    pub fn of(message: &'a [u8]) -> Self {
        Fields(message)
    }

    fn read(&mut self) -> Option<(u64, Value<'a>)> {
        let key = self.varint()?;
        // The lower three bits are the wire type.
        let value = match key & 7 {
            0 => Value::Varint(self.varint()?),
            1 => Value::Double(self.take(8)?.try_into().ok()?),
            2 => {
                let length = self.varint()?;
                Value::Bytes(self.take(usize::try_from(length).ok()?)?)
            }
            5 => self.take(4).map(|_| Value::Other)?,
            // Groups are of the past, and nothing else is.
            _ => return None,
        };
        Some((key >> 3, value))
    }

    /// Seven bits per byte, the lowest first; the highest bit of each byte says whether another follows.
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..u64::BITS).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Value<'a>), DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.read();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field.ok_or(DecodeError))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wire_type_is_read() {
        let mut message = Vec::new();
        put(&mut message, 1, b"text");
        put_number(&mut message, 2, 300);
        message.extend([3 << 3 | 1, 0, 0, 0, 0, 0, 0, 0, 0x40, 4 << 3 | 5, 1, 2, 3, 4]);
        let read: Result<Vec<_>, _> = Fields::of(&message).collect();
        let double = Value::Double(2_f64.to_le_bytes());
        assert_eq!(read, Ok(vec![(1, Value::Bytes(b"text")), (2, Value::Varint(300)), (3, double), (4, Value::Other)]));
    }

    #[test]
    fn an_invalid_message_ends_with_one_error() {
        for bytes in
            [&b"\x0a\x05text"[..], b"\x0b", b"\x0c", b"\x0e", b"\x09\0", b"\x0d\0", b"\x08", b"\x80", &[0xff; 11]]
        {
            assert_eq!(Fields::of(bytes).collect::<Vec<_>>(), [Err(DecodeError)], "{}", bytes.escape_ascii());
        }
    }
}
