//! Envoy's routes: where they disable the gate, and the policies that they name.

use crate::check::cursor::At;
use crate::check::finding::Findings;
use crate::check::gate::GateConfig;
use crate::check::lint::Lint;
use crate::check::recognize;
use crate::terminal::{list, quoted};

/// Routes, virtual hosts and weighted clusters that disable the filter. They refer to it by its name in the filter chain, which
/// Istio and Envoy Gateway derive from the plugin's name.
pub(super) fn check_disabled(everything: &[At<'_>], names: &[&str], findings: &mut Findings) {
    for overrides in everything.iter().filter_map(|at| at.get("typed_per_filter_config")) {
        for (name, value) in overrides.members() {
            let is_gate = names.contains(&name) || recognize::by_name(name);
            let disabled = value.message("FilterConfig").and_then(|config| config.get_true("disabled"));
            if let (true, Some(at)) = (is_gate, disabled) {
                let message = format!(
                    "the filter {} is disabled here, so requests pass unchecked; remove this, and give the gate a route with the policy `public` for them",
                    quoted(name)
                );
                findings.at(Lint::FilterDisabled, &at, message);
            }
        }
    }
}

/// Routes with a policy in their metadata.
pub(super) fn check_policies(everything: &[At<'_>], config: &GateConfig, findings: &mut Findings) {
    let known = config.policies();
    let routes = everything.iter().filter(|at| at.get("match").is_some());
    for at in routes.filter_map(|route| route.find(&["metadata", "filter_metadata", "mfa_gate", "policy"])) {
        let Some(name) = at.text().filter(|name| !name.is_empty()) else { continue };
        if !config.uses_route_metadata() {
            let message = format!(
                "the route names the policy {}, but the gate ignores route metadata; set `envoy_route_metadata: true` in the gate, or remove this",
                quoted(name)
            );
            findings.at(Lint::RoutePolicyIgnored, &at, message);
        } else if !known.contains(name) {
            let known: Vec<_> = known.iter().collect();
            let message = format!(
                "the route names the policy {}, which is not configured, so the gate answers every request with 500; known: {}",
                quoted(name),
                list(&known)
            );
            findings.at(Lint::UnknownRoutePolicy, &at, message);
        }
    }
}
