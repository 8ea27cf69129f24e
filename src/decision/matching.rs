//! The policies that a request must meet: one for each reading of its path, host and method.

use std::borrow::Cow;

use super::denial::Denial;
use super::request::{Request, RoutePolicy};
use crate::deny_reason::DenyReason;
use crate::gate::Gate;
use crate::policy::Policy;
use crate::route::{Authority, Reading, RequestPath, Route};

/// A policy that applies to a request, and the route it comes from.
#[derive(Debug, Clone, Copy)]
pub struct Applied<'g> {
    /// The route; `None` for the default and for the policy that Envoy's route names.
    pub route: Option<&'g Route>,
    /// The policy.
    pub policy: &'g Policy,
}

/// The policies that a request must meet, without duplicates: one for each reading of its path.
///
/// # Errors
///
/// The request's target cannot be read, or Envoy's route names an unknown policy.
pub fn policies_on<'g>(gate: &'g Gate, request: &impl Request) -> Result<Vec<Applied<'g>>, Denial> {
    let path = request.header(":path");
    let path =
        RequestPath::read(path.as_deref()).map_err(|error| Denial::new(DenyReason::PathUnreadable, error.as_str()))?;
    let mut applied: Vec<Applied<'g>> = Vec::new();
    let mut add = |route: Option<&'g Route>, policy: &'g Policy| {
        if !applied.iter().any(|other| std::ptr::eq(other.policy, policy)) {
            applied.push(Applied { route, policy });
        }
    };
    if let Some(policy) = envoy_policy(gate, request)? {
        add(None, policy);
        // Envoy chose its route by one reading. If an upstream may find another structure in the path, the gate's own
        // routes judge that reading as well.
        if !path.is_ambiguous() {
            return Ok(applied);
        }
    }
    matching_routes(gate, request, &path, |reading, route| {
        if route.is_some() || !reading.trimmed {
            add(route, route.map_or(&gate.default, |route| &route.policy));
        }
    })?;
    Ok(applied)
}

/// Calls `each` with the route of every reading of a request: of its path, its host and its method.
///
/// # Errors
///
/// Routes depend on the host, and the request's host cannot be read.
pub fn matching_routes<'g, 'p>(
    gate: &'g Gate,
    request: &impl Request,
    path: &'p RequestPath<'_>,
    mut each: impl FnMut(Reading<'p>, Option<&'g Route>),
) -> Result<(), Denial> {
    let host = if gate.routes.by_host() { Some(authority(request)?) } else { None };
    // A port or a trailing dot may have led Envoy to another virtual host, so routes without hosts must be met as well.
    let unhosted = host.as_ref().filter(|host| !host.is_bare()).map(|_| None);
    let method = if gate.routes.by_method() { request.header(":method") } else { None };
    let method = method.as_deref().and_then(|method| std::str::from_utf8(method).ok()).unwrap_or_default();
    for reading in path.readings() {
        for host in [Some(host.as_ref()), unhosted].into_iter().flatten() {
            for method in methods(method) {
                gate.routes.find(host, reading.path, &method).for_each(|route| each(reading, route));
            }
        }
    }
    Ok(())
}

/// Every reading of a method: some upstreams ignore its case, and most answer HEAD like GET.
fn methods(method: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let upper = method.bytes().any(|byte| byte.is_ascii_lowercase()).then(|| Cow::Owned(method.to_ascii_uppercase()));
    let as_get = method.eq_ignore_ascii_case("HEAD").then_some(Cow::Borrowed("GET"));
    [Some(Cow::Borrowed(method)), upper, as_get].into_iter().flatten()
}

fn envoy_policy<'g>(gate: &'g Gate, request: &impl Request) -> Result<Option<&'g Policy>, Denial> {
    let unknown = |detail| Denial::new(DenyReason::PolicyUnknown, detail);
    if !gate.envoy_route_metadata {
        return Ok(None);
    }
    match request.route_policy() {
        RoutePolicy::Unset => Ok(None),
        RoutePolicy::Unreadable => Err(unknown("the route's metadata `mfa_gate.policy` is not a string".to_owned())),
        RoutePolicy::Named(name) => {
            let policy = std::str::from_utf8(&name).ok().and_then(|name| gate.policy(name));
            let not_configured =
                || format!("the route's metadata names the policy `{}`, which is not configured", name.escape_ascii());
            policy.map(Some).ok_or_else(|| unknown(not_configured()))
        }
    }
}

fn authority(request: &impl Request) -> Result<Authority, Denial> {
    let authority = request.header(":authority").unwrap_or_default();
    Authority::read(&authority)
        .ok_or_else(|| Denial::new(DenyReason::PathUnreadable, "the request's host cannot be read in one way"))
}
