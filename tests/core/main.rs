//! The core without Envoy: no sockets, no processes, and only the clock that a test provides.

mod architecture;
mod cache;
mod catalogue;
mod configurations;
mod corpora;
mod key_sets;
mod parsers;
mod properties;
mod signatures;
#[path = "../support/mod.rs"]
mod support;
