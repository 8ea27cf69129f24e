//! mfa-gate: a proxy-wasm filter that lets a request through only if its access token proves
//! multi-factor authentication.
//!
//! The core is pure: [`decision::decide`] takes the configuration, a request and the time, and says
//! allow or deny; [`challenge::answer`] words a denial. Only `host` knows the proxy.

// What is compiled to wasm must not trap: a trap takes down the filter of a whole worker.
#![cfg_attr(
    not(test),
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

#[forbid(unsafe_code)]
pub mod access_log;
#[forbid(unsafe_code)]
pub mod challenge;
#[forbid(unsafe_code)]
pub mod config;
#[forbid(unsafe_code)]
pub mod decision;
#[forbid(unsafe_code)]
pub mod deny_reason;
#[forbid(unsafe_code)]
mod google_struct;
#[forbid(unsafe_code)]
pub mod headers;
#[forbid(unsafe_code)]
pub mod json;
#[forbid(unsafe_code)]
pub mod keys;
#[forbid(unsafe_code)]
pub mod metrics;
#[forbid(unsafe_code)]
pub mod mfa;
#[forbid(unsafe_code)]
mod name_start;
#[forbid(unsafe_code)]
pub mod policy;
#[forbid(unsafe_code)]
pub mod protobuf;
#[forbid(unsafe_code)]
pub mod route;
#[forbid(unsafe_code)]
pub mod subject;
#[forbid(unsafe_code)]
pub mod time;
#[forbid(unsafe_code)]
pub mod token;
#[forbid(unsafe_code)]
pub mod upstream;

#[cfg(target_family = "wasm")]
mod host;
