//! The formats of bytes that cross the host's boundary: JSON, protobuf, header pairs.

pub mod google_struct;
pub mod header_map;
pub mod json;
pub(crate) mod prefix_key;
pub mod protobuf;
