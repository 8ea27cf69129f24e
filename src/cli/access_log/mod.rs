//! Reading the access log that the gate's host writes.

pub mod error;
pub mod line;
pub mod source;
