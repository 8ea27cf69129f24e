//! The core without Envoy: no socket, no process, no clock but the one a test gives it.

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
