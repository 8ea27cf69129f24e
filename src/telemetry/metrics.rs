//! Metric names with their labels, in the form that the host's `stats_tags` split.
//!
//! No label value comes from a request: each is from the configuration or a closed set.

use crate::decision::{Decision, TokenSource};
use crate::deny_reason::{ALLOW, DENY, DenyReason};
use crate::gate::Gate;
use crate::issuer::Issuer;
use crate::mfa::MfaState;
use crate::token::Subject;

/// Counter of decided requests.
pub const REQUESTS: &str = "mfa_gate_requests_total";

/// Counter of verified tokens, by who verified them.
pub const VERIFIED_TOKENS: &str = "mfa_gate_verified_tokens_total";

/// Counter of fetches of an issuer's keys.
pub const KEY_FETCHES: &str = "mfa_gate_key_fetches_total";

/// Gauge: number of keys of an issuer.
pub const KEYS: &str = "mfa_gate_keys";

/// Gauge: when an issuer's current keys were fetched, in seconds since 1970.
pub const KEYS_FETCHED: &str = "mfa_gate_keys_fetched_timestamp_seconds";

/// Gauge: when they expire if they cannot be fetched again, in seconds since 1970.
pub const KEYS_EXPIRY: &str = "mfa_gate_keys_expiry_timestamp_seconds";

/// The route label of requests beyond [`MAX_SERIES`].
pub const OTHER_ROUTE: &str = "other";

/// Maximum number of request counters for each worker. Envoy keeps some hundred bytes of each, and every scraper keeps its
/// history.
pub const MAX_SERIES: usize = 4096;

/// The label values of one request counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestSeries {
    place: Place,
    /// Index of the issuer.
    issuer: Option<usize>,
    subject: Option<Subject>,
    mfa: Option<MfaState>,
    reason: Option<DenyReason>,
}

/// Which part of the configuration decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// None: matching failed.
    Nowhere,
    /// The route of this index, with its policy.
    Route(usize),
    /// The policy of this index without a route: the default, or the one that Envoy's route names.
    Policy(usize),
    /// A route beyond [`MAX_SERIES`].
    Other,
}

impl RequestSeries {
    /// The counter of a decision.
    pub fn of(gate: &Gate, decision: &Decision<'_>) -> Self {
        let policy = || {
            let own = decision.policy?;
            gate.policies.iter().position(|policy| std::ptr::eq(policy.as_ref(), own))
        };
        let token = decision.token.as_ref().map(|seen| &seen.verified);
        Self {
            place: match decision.route {
                Some(route) => Place::Route(route.index),
                None => policy().map_or(Place::Nowhere, Place::Policy),
            },
            issuer: token.map(|token| token.issuer().index),
            subject: token.map(|token| token.subject()),
            mfa: decision.mfa,
            reason: decision.outcome.as_ref().err().map(|denial| denial.reason),
        }
    }

    /// A small number for the deciding route or policy, to index counters by.
    pub fn slot(&self) -> usize {
        match self.place {
            Place::Nowhere => 0,
            Place::Other => 1,
            Place::Route(index) => index.saturating_mul(2).saturating_add(2),
            Place::Policy(index) => index.saturating_mul(2).saturating_add(3),
        }
    }

    /// The counter to use beyond [`MAX_SERIES`]: the same without its route.
    pub fn without_route(self) -> Self {
        Self { place: Place::Other, ..self }
    }

    /// The name with its labels. A label that does not apply is left out, which Prometheus treats as empty.
    pub fn name(&self, gate: &Gate) -> String {
        let mut name = Name::new(REQUESTS);
        name.label("decision", if self.reason.is_none() { ALLOW } else { DENY });
        if let Some(reason) = self.reason {
            name.label("reason", reason.as_str());
        }
        match self.place {
            Place::Nowhere => {}
            Place::Route(index) => {
                if let Some(route) = gate.routes.get(index) {
                    name.label("route", &route.name).label("policy", &route.policy.name);
                }
            }
            Place::Policy(index) => {
                if let Some(policy) = gate.policies.get(index) {
                    name.label("policy", &policy.name);
                }
            }
            Place::Other => {
                name.label("route", OTHER_ROUTE);
            }
        }
        if let Some(issuer) = self.issuer.and_then(|index| gate.trust.issuers.get(index)) {
            name.issuer(issuer);
        }
        if let Some(subject) = self.subject {
            name.label("subject", subject.as_str());
        }
        if let Some(mfa) = self.mfa {
            name.label("mfa", mfa.as_str());
        }
        name.0
    }
}

/// The name of the counter of tokens from this source.
pub fn verified_tokens(source: TokenSource) -> String {
    let mut name = Name::new(VERIFIED_TOKENS);
    name.label("source", source.as_str());
    name.0
}

/// The name of the counter of fetches for this issuer: of the successful or the failed ones.
pub fn key_fetches(issuer: &Issuer, taken: bool) -> String {
    let mut name = Name::new(KEY_FETCHES);
    name.issuer(issuer).label("result", if taken { "taken" } else { "failed" });
    name.0
}

/// The name of a gauge of this issuer's keys: [`KEYS`], [`KEYS_FETCHED`] or [`KEYS_EXPIRY`].
pub fn of_keys(gauge: &str, issuer: &Issuer) -> String {
    let mut name = Name::new(gauge);
    name.issuer(issuer);
    name.0
}

/// Builds a name with labels: `name;label=value;label=value`.
struct Name(String);

impl Name {
    fn new(name: &str) -> Self {
        Self(name.to_owned())
    }

    fn issuer(&mut self, issuer: &Issuer) -> &mut Self {
        self.label("issuer", &issuer.name.to_string())
    }

    fn label(&mut self, label: &str, value: &str) -> &mut Self {
        let plain = |c: char| if c == ';' || !c.is_ascii_graphic() { '_' } else { c };
        self.0.push(';');
        self.0.push_str(label);
        self.0.push('=');
        self.0.extend(value.chars().map(plain));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_end_its_label() {
        let mut name = Name::new("n");
        name.label("issuer", "https://a;route=b c\u{e9}\n");
        assert_eq!(name.0, "n;issuer=https://a_route=b_c__");
    }
}
