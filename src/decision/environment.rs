//! Everything a decision needs besides the configuration and the request.

use crate::time::UnixTime;
use crate::token::{TokenCache, Verification};

/// Everything [`decide`](super::decide) needs besides the configuration and the request: keys, verifier, clock, cache.
#[derive(Clone, Copy)]
pub struct Environment<'a> {
    /// Keys, verifier, clock.
    pub verification: Verification<'a>,
    /// The tokens verified before.
    pub cache: &'a TokenCache,
}

impl<'a> Environment<'a> {
    /// An environment without a host: the keys of the configuration, signatures verified in pure Rust.
    pub fn without_host(cache: &'a TokenCache, now: UnixTime) -> Self {
        Self { verification: Verification::without_host(now), cache }
    }
}
