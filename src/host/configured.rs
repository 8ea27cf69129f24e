//! A configuration in force, and the state that lives as long as it does.

use super::crypto::HostCrypto;
use super::key_ring::KeyRing;
use super::local_reply::Replies;
use super::metrics::Metrics;
use super::waiting::Waiting;
use crate::gate::Gate;
use crate::token::TokenCache;

/// A configuration in force, and the state that lives as long as it does.
pub(super) struct Configured {
    /// The configuration.
    pub gate: Gate,
    /// The responses to denied requests.
    pub replies: Replies,
    /// Verifies signatures.
    pub crypto: HostCrypto,
    /// The tokens verified before. It goes with the configuration, so no token outlives the rules it was verified by.
    pub cache: TokenCache,
    /// The issuers' keys.
    pub ring: KeyRing,
    /// The requests that wait for keys.
    pub waiting: Waiting,
    /// The counters.
    pub metrics: Metrics,
}

impl Configured {
    /// The state of a configuration at its start.
    pub(super) fn new(gate: Gate) -> Self {
        Self {
            replies: Replies::new(&gate.challenge),
            crypto: HostCrypto::probe(gate.host_crypto),
            cache: TokenCache::new(gate.cache),
            ring: KeyRing::new(&gate),
            waiting: Waiting::default(),
            metrics: Metrics::new(),
            gate,
        }
    }
}
