//! The counters: their names with all labels, as the host's `stats_tags` take them apart.
//!
//! No label's value comes from a request: each is of the configuration or of a closed set.

use crate::decision::{Decision, TokenSource};
use crate::deny_reason::{ALLOW, DENY, DenyReason};
use crate::gate::Gate;
use crate::issuer::Issuer;
use crate::mfa::MfaState;
use crate::token::Subject;

/// Requests that were decided.
pub const REQUESTS: &str = "mfa_gate_requests_total";

/// Tokens that were verified, by what they were verified with.
pub const VERIFIED_TOKENS: &str = "mfa_gate_verified_tokens_total";

/// Fetches of an issuer's keys.
pub const KEY_FETCHES: &str = "mfa_gate_key_fetches_total";

/// The keys that are held of an issuer.
pub const KEYS: &str = "mfa_gate_keys";

/// When the keys of an issuer were fetched that are in use, in seconds since 1970.
pub const KEYS_FETCHED: &str = "mfa_gate_keys_fetched_timestamp_seconds";

/// Until when they are good, if they cannot be fetched again, in seconds since 1970.
pub const KEYS_EXPIRY: &str = "mfa_gate_keys_expiry_timestamp_seconds";

/// The route of requests that came when there were [`MAX_SERIES`] already.
pub const OTHER_ROUTE: &str = "other";

/// The most counters that routes multiply, for each worker: Envoy keeps some hundred bytes of each, and whoever scrapes
/// them keeps each one's history.
pub const MAX_SERIES: usize = 4096;

/// One counter of requests: the values of its labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestSeries {
    place: Place,
    /// By its index.
    issuer: Option<usize>,
    subject: Option<Subject>,
    mfa: Option<MfaState>,
    reason: Option<DenyReason>,
}

/// What of the configuration decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nothing: it did not come to a policy.
    Nowhere,
    /// The route of this index, with its policy.
    Route(usize),
    /// The policy of this index, without a route: the default, or the one that Envoy's route names.
    Policy(usize),
    /// Some route that came too late.
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
        RequestSeries {
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

    /// A number for what decided: one for each route and policy, small, so that counters can be found by it.
    pub fn slot(&self) -> usize {
        match self.place {
            Place::Nowhere => 0,
            Place::Other => 1,
            Place::Route(index) => index.saturating_mul(2).saturating_add(2),
            Place::Policy(index) => index.saturating_mul(2).saturating_add(3),
        }
    }

    /// The counter that takes its place when there are too many: the same but for the route.
    pub fn without_route(self) -> Self {
        RequestSeries { place: Place::Other, ..self }
    }

    /// The name with the labels; one that does not apply is left out, which to Prometheus is the same as empty.
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

/// The counter of tokens that were verified by this.
pub fn verified_tokens(source: TokenSource) -> String {
    let mut name = Name::new(VERIFIED_TOKENS);
    name.label("source", source.as_str());
    name.0
}

/// The counter of fetches for this issuer: of those whose answer was taken, or of the others.
pub fn key_fetches(issuer: &Issuer, taken: bool) -> String {
    let mut name = Name::new(KEY_FETCHES);
    name.issuer(issuer).label("result", if taken { "taken" } else { "failed" });
    name.0
}

/// A gauge of this issuer's keys: [`KEYS`], [`KEYS_FETCHED`] or [`KEYS_EXPIRY`].
pub fn of_keys(gauge: &str, issuer: &Issuer) -> String {
    let mut name = Name::new(gauge);
    name.issuer(issuer);
    name.0
}

/// A name that labels are put to: `name;label=value;label=value`.
struct Name(String);

impl Name {
    fn new(name: &str) -> Self {
        Name(name.to_owned())
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
