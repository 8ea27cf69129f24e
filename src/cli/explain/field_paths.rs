//! The configuration fields of rules.

use mfa_gate::config::join;
use mfa_gate::gate::Gate;
use mfa_gate::issuer::Issuer;
use mfa_gate::keys::{Document, KeySource, Remote};
use mfa_gate::policy::{Demand, Policy};
use mfa_gate::route::Route;

/// The field of a route.
pub(super) fn route(gate: &Gate, route: &Route) -> Option<String> {
    gate.routes.iter().position(|other| std::ptr::eq(other, route)).map(|index| format!("routes[{index}]"))
}

/// The field of a policy; `None` for a built-in policy.
pub(super) fn policy(policy: &Policy) -> Option<String> {
    match policy.demand {
        Demand::Public | Demand::SignedIn => None,
        Demand::Mfa(_) => Some(join("policies", &policy.name)),
    }
}

/// A field within a policy.
pub(super) fn of_policy(name: &str, field: &str) -> String {
    format!("{}.{field}", join("policies", name))
}

/// The field of an issuer that selects its keys.
pub(super) fn keys(issuer: &Issuer) -> String {
    let field = match &issuer.keys {
        KeySource::Fetched(Remote { document: Document::Discovery, .. }) => "discovery",
        KeySource::Fetched(Remote { document: Document::KeySet, .. }) | KeySource::Inline(_) => "jwks",
        KeySource::Metadata(_) => "verified_by",
    };
    self::issuer(issuer, field)
}

/// A field of an issuer.
pub(super) fn issuer(issuer: &Issuer, field: &str) -> String {
    format!("issuers[{}].{field}", issuer.index)
}
