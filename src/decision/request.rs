//! A request as the host presents it.

use std::borrow::Cow;

/// A request as the host presents it. Each accessor may be a host call: call it at most once, and only when its result is
/// needed.
pub trait Request {
    /// The value of a header, pseudo-headers included; several values of one name joined with commas, as Envoy does.
    fn header(&self, name: &str) -> Option<Cow<'_, [u8]>>;

    /// The policy that Envoy's own route names in its metadata.
    fn route_policy(&self) -> RoutePolicy;

    /// The dynamic metadata that earlier filters left: an encoded `envoy.config.core.v3.Metadata`; `None` if there is none.
    /// No client can write it.
    fn dynamic_metadata(&self) -> Option<Vec<u8>>;
}

/// The metadata of Envoy's route (`mfa_gate.policy`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoutePolicy {
    /// The route names no policy.
    Unset,
    /// The route names this policy.
    Named(Vec<u8>),
    /// The metadata hold something that is not a name.
    Unreadable,
}
