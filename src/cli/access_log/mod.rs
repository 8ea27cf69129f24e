//! Reads the access log that Envoy writes for the filter.

pub mod error;
pub mod line;
pub mod source;
