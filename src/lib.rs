//! mfa-gate: a proxy-wasm filter that lets a request through only if its access token proves
//! multi-factor authentication.

#![deny(unsafe_code)]
// What is compiled to wasm must not trap: a trap takes down the filter of a whole worker.
#![cfg_attr(
    target_family = "wasm",
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::panic,
        clippy::unreachable,
        clippy::todo,
        clippy::unimplemented,
        clippy::arithmetic_side_effects
    )
)]

#[cfg(not(target_family = "wasm"))]
pub mod cases;
pub mod challenge;
pub mod config;
pub mod decision;
pub mod deny_reason;
pub mod gate;
pub mod issuer;
pub mod issuer_name;
pub mod keys;
pub mod mfa;
pub mod policy;
pub mod random;
pub mod route;
pub mod telemetry;
pub mod time;
pub mod token;
pub mod upstream;
pub mod wire;

#[cfg(target_family = "wasm")]
mod host;
