//! A real Envoy with the gate, clients, and an upstream that records requests.
#![allow(dead_code, reason = "the table and the tests through Envoy use a part each")]

pub(crate) mod access_log;
pub(crate) mod artifacts;
pub(crate) mod bootstrap;
pub(crate) mod envoy;
pub(crate) mod http1;
pub(crate) mod http2;
pub(crate) mod jwt_authn;
pub(crate) mod listener;
pub(crate) mod process;
pub(crate) mod upstream;
pub(crate) mod xds;
