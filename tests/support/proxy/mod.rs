//! A real Envoy with the gate, clients, and an upstream that records requests.
#![allow(dead_code, reason = "the table and the tests through Envoy use a part each")]

pub mod access_log;
pub mod artifacts;
pub mod bootstrap;
pub mod envoy;
pub mod http1;
pub mod http2;
pub mod jwt_authn;
pub mod listener;
pub mod process;
pub mod upstream;
pub mod xds;
