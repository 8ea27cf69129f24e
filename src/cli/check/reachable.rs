//! Whether a route can match, and whether it then decides alone. The most specific route wins and ties are rejected, so no
//! route hides another. A route is unreachable only if no valid request has its path or host.

use std::collections::BTreeSet;

use mfa_gate::cases::native::NativeRequest;
use mfa_gate::decision::{Applied, matching_routes, policies_on};
use mfa_gate::gate::Gate;
use mfa_gate::policy::{Demand, Policy};
use mfa_gate::route::{Authority, HostPattern, MAX_PATH_BYTES, PathPattern, Pattern, RequestPath, Route};

/// The part of a route that prevents a match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Dead {
    /// The path.
    Path,
    /// The host with this index; other hosts of the route may match.
    Host(usize),
}

/// The parts of a route that no request can match.
pub(super) fn dead(route: &Route) -> Vec<Dead> {
    let too_long = route.patterns.first().is_some_and(|pattern| {
        let path = written(&pattern.path);
        // A non-ASCII character may be the folded form of a shorter one.
        path.is_ascii() && path.len() > MAX_PATH_BYTES
    });
    if too_long {
        return vec![Dead::Path];
    }
    let hosts = route.patterns.iter().enumerate();
    hosts.filter(|(_, pattern)| shortest_host(&pattern.host).is_none()).map(|(index, _)| Dead::Host(index)).collect()
}

/// The shortest host that a pattern matches. `None` if there is none: below an IP address, or below a name of maximum length.
fn shortest_host(pattern: &HostPattern) -> Option<String> {
    let host = match pattern {
        HostPattern::Any => "a".to_owned(),
        HostPattern::Below(domain) => format!("a.{}", domain.as_str()),
        HostPattern::Exact(name) => name.clone(),
    };
    Authority::read(host.as_bytes()).map(|_| host)
}

/// The path as the configuration writes it.
fn written(path: &PathPattern) -> String {
    format!("/{}", path.segments().join("/"))
}

/// The stricter policy that every request for an exact-path route must also satisfy, because the other route matches another
/// reading of the same path or method.
pub(super) fn overruled(gate: &Gate, index: usize) -> Option<Applied<'_>> {
    let route = gate.routes.iter().nth(index)?;
    // Envoy's route may name the policy, which then decides alone.
    if gate.envoy_route_metadata || !route.patterns.iter().all(|pattern| matches!(pattern.path, PathPattern::Exact(_)))
    {
        return None;
    }
    let mut over = None;
    for probe in route.patterns.iter().flat_map(|pattern| probes(gate, pattern)) {
        if !probe.matches(gate, route) {
            continue;
        }
        let applied = policies_on(gate, &probe.request()).ok()?;
        let stricter = applied.into_iter().find(|other| strictness(other.policy) > strictness(&route.policy))?;
        over.get_or_insert(stricter);
    }
    over
}

fn strictness(policy: &Policy) -> u8 {
    match policy.demand {
        Demand::Public => 0,
        Demand::SignedIn => 1,
        Demand::Mfa(_) => 2,
    }
}

/// A method, and a first label of a host, that no configuration contains.
const OTHER: &str = "MFA-GATE-CHECK";

/// One request for the path of a pattern for each combination of method and host that the routes distinguish.
fn probes(gate: &Gate, pattern: &Pattern) -> Vec<Probe> {
    let all = || gate.routes.iter().flat_map(|route| &route.patterns);
    let methods: BTreeSet<String> = match &pattern.methods {
        Some(methods) => methods.iter().cloned().collect(),
        None => all().flat_map(|other| other.methods.iter().flatten().cloned()).chain([OTHER.to_owned()]).collect(),
    };
    let other = OTHER.to_ascii_lowercase();
    let host_of = |pattern: &HostPattern| match pattern {
        HostPattern::Any => Some(other.clone()),
        HostPattern::Below(domain) => {
            let host = format!("{other}.{}", domain.as_str());
            // A domain near the maximum length leaves room for a single letter.
            if Authority::read(host.as_bytes()).is_some() { Some(host) } else { shortest_host(pattern) }
        }
        HostPattern::Exact(name) => Some(name.clone()),
    };
    let hosts: BTreeSet<String> =
        all().map(|pattern| &pattern.host).chain([&HostPattern::Any]).filter_map(host_of).collect();
    let path = escaped(&written(&pattern.path));
    let probe =
        |method: &String, host: &String| Probe { method: method.clone(), host: host.clone(), path: path.clone() };
    methods.iter().flat_map(|method| hosts.iter().map(|host| probe(method, host))).collect()
}

/// A path as a client sends it.
fn escaped(path: &str) -> String {
    let plain = |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'<' | b'>' | b'^' | b'`' | b'{' | b'|' | b'}');
    path.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// A request without a token.
#[derive(Debug, Clone)]
struct Probe {
    method: String,
    host: String,
    path: String,
}

impl Probe {
    fn request(&self) -> NativeRequest {
        NativeRequest::of(&self.method, &self.host, self.path.as_bytes())
    }

    /// Whether one of the request's readings matches a route.
    fn matches(&self, gate: &Gate, route: &Route) -> bool {
        let Ok(path) = RequestPath::read(Some(self.path.as_bytes())) else { return false };
        let mut matches = false;
        let read = matching_routes(gate, &self.request(), &path, |_, found| {
            matches |= found.is_some_and(|found| std::ptr::eq(found, route));
        });
        read.is_ok() && matches
    }
}

#[cfg(test)]
mod tests;
