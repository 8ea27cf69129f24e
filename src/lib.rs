//! A proxy-wasm filter for Envoy that lets a request through only if its access token proves multi-factor authentication
//! (MFA), and otherwise answers with the 401 that tells the client how to come back.
//!
//! This crate is the filter: a pure core without clock, network or host, and a thin adapter to the host that is compiled to
//! wasm32 alone. The command line `mfa-gate` uses the same core, so that what it checks, tests and explains is what the filter
//! does.
//!
//! # Example
//!
//! A configuration and a request give a decision:
//!
//! ```
//! use std::borrow::Cow;
//!
//! use mfa_gate::config;
//! use mfa_gate::decision::{Environment, Request, RoutePolicy, decide};
//! use mfa_gate::deny_reason::DenyReason;
//! use mfa_gate::time::UnixTime;
//! use mfa_gate::token::TokenCache;
//!
//! struct Get(&'static str);
//!
//! impl Request for Get {
//!     fn header(&self, name: &str) -> Option<Cow<'_, [u8]>> {
//!         match name {
//!             ":method" => Some(Cow::Borrowed(b"GET")),
//!             ":path" => Some(Cow::Borrowed(self.0.as_bytes())),
//!             _ => None,
//!         }
//!     }
//!
//!     fn route_policy(&self) -> RoutePolicy {
//!         RoutePolicy::Unset
//!     }
//!
//!     fn dynamic_metadata(&self) -> Option<Vec<u8>> {
//!         None
//!     }
//! }
//!
//! let gate = config::parse(
//!     br#"{
//!         "issuers": [{
//!             "issuer": "https://login.example.com",
//!             "audiences": ["https://api.example.com"],
//!             "jwks": {"uri": "https://login.example.com/keys", "cluster": "login"}
//!         }],
//!         "policies": {"mfa": {"amr": {"any_of": ["mfa"]}}},
//!         "routes": [{"name": "health", "path": "/health", "policy": "public"}],
//!         "default": "mfa"
//!     }"#,
//! )?;
//! let cache = TokenCache::new(gate.cache);
//! let environment = Environment::without_host(&cache, UnixTime::from_millis(1_800_000_000_000));
//!
//! let decision = decide(&gate, &Get("/health"), &environment);
//! assert!(decision.outcome.is_ok());
//!
//! let decision = decide(&gate, &Get("/v1/customers"), &environment);
//! assert_eq!(decision.outcome.unwrap_err().reason, DenyReason::TokenMissing);
//! # Ok::<(), config::ConfigErrors>(())
//! ```
//!
//! # Module order
//!
//! Modules import only downwards. `tests/core/architecture.rs` enforces the order, lowest first:
//!
//! 1. [`wire`], [`deny_reason`], [`issuer_name`], [`policy`], [`random`]
//! 2. [`time`], [`challenge`]
//! 3. [`keys`], [`route`]
//! 4. [`issuer`]
//! 5. [`token`]
//! 6. [`mfa`], [`upstream`]
//! 7. [`gate`]
//! 8. [`config`], [`decision`]
//! 9. [`telemetry`], and [`cases`] for the command line and the tests
//! 10. `host` for Envoy, `cli` for operators

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
