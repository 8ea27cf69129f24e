//! Protobuf messages, written field by field: what a derived encoder makes of them is larger, and ours are small and flat.

use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint};

/// Puts a field that has a length: a string, bytes, or a message's bytes. Protobuf's numbers for fields are 1 to 15 here.
pub fn put(message: &mut Vec<u8>, field: u32, value: &[u8]) {
    put_head(message, field, value.len());
    message.extend_from_slice(value);
}

/// Puts what precedes the bytes of such a field.
pub fn put_head(message: &mut Vec<u8>, field: u32, length: usize) {
    encode_key(field, WireType::LengthDelimited, message);
    encode_varint(wide(length), message);
}

/// Puts a field that is a number.
pub fn put_number(message: &mut Vec<u8>, field: u32, value: u64) {
    encode_key(field, WireType::Varint, message);
    encode_varint(value, message);
}

/// How many bytes a field that has a length takes.
pub fn size(length: usize) -> usize {
    const KEY: usize = 1;
    length.saturating_add(encoded_len_varint(wide(length))).saturating_add(KEY)
}

fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
