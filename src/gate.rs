//! One configuration of the filter, as data: [`crate::config`] makes it, [`crate::decision`] reads it.

use std::sync::Arc;

use crate::challenge::Challenge;
use crate::mfa;
use crate::policy::{Demand, Policy, Proof, Values};
use crate::route::Routes;
use crate::token::{CacheBounds, Trust};
use crate::upstream::UpstreamHeaders;

/// One configuration of the filter.
#[derive(Debug)]
pub struct Gate {
    /// Whose tokens are trusted, and how tokens are read.
    pub trust: Trust,
    /// The policies, the built-in ones included, sorted by name.
    pub policies: Vec<Arc<Policy>>,
    /// Which requests meet which policy.
    pub routes: Routes,
    /// The policy of requests that match no route.
    pub default: Arc<Policy>,
    /// Whether the metadata of Envoy's own route may name the policy (`mfa_gate.policy`).
    pub envoy_route_metadata: bool,
    /// How a denial is worded.
    pub challenge: Challenge,
    /// Headers added to allowed requests for the upstream.
    pub upstream: UpstreamHeaders,
    /// Whether the host verifies signatures where it can, which is many times faster.
    pub host_crypto: bool,
    /// The bounds of each worker's cache of verified tokens.
    pub cache: CacheBounds,
    /// The proof of MFA that access log and metrics report for requests whose policy demands none: the proof of the
    /// default policy, or `mfa` in `amr` (RFC 8176).
    pub usual_proof: Proof,
}

impl Gate {
    /// The policy of this name.
    pub fn policy(&self, name: &str) -> Option<&Policy> {
        let place = self.policies.binary_search_by(|policy| policy.name.as_str().cmp(name)).ok()?;
        self.policies.get(place).map(Arc::as_ref)
    }

    /// Whether a request must not carry a trailer of this name: an upstream that merges trailers into headers (RFC 9110
    /// section 6.5.1) would take it for a token that was not judged, or for a header of the gate.
    pub fn forbids_trailer(&self, name: &str) -> bool {
        self.trust.rules.headers.iter().any(|own| own == name) || self.upstream.could_be(name)
    }
}

/// See [`Gate::usual_proof`].
pub fn usual_proof(default: &Policy) -> Proof {
    match &default.demand {
        Demand::Mfa(demand) => demand.proof.clone(),
        Demand::Public | Demand::SignedIn => {
            let mfa = Values { any_of: vec!["mfa".to_owned()], all_of: Vec::new() };
            Proof { amr: Some(mfa), federated: false }
        }
    }
}

/// The claims that decisions and upstream headers read after verification; see [`Trust::claims_kept`].
pub fn claims_kept(policies: &[Arc<Policy>], upstream: &UpstreamHeaders) -> Vec<String> {
    let conditions = policies.iter().flat_map(|policy| match &policy.demand {
        Demand::Mfa(demand) => Some(&demand.claims),
        Demand::Public | Demand::SignedIn => None,
    });
    let conditions = conditions.flatten().map(|(claim, _)| claim.as_str());
    let forwarded = upstream.claims.iter().map(|(claim, _)| claim.as_str());
    let mut kept: Vec<_> = mfa::CLAIMS.into_iter().chain(conditions).chain(forwarded).map(str::to_owned).collect();
    kept.sort_unstable();
    kept.dedup();
    kept
}
