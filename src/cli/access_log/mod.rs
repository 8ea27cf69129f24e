//! Reads the access log that Envoy writes for the filter.

pub(crate) mod error;
pub(crate) mod line;
pub(crate) mod source;
