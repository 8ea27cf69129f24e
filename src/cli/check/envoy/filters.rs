//! The position of the gate among the HTTP filters.

use super::filter::{Chain, Filter};
use super::{plugin, verifiers};
use crate::check::cursor::At;
use crate::check::finding::Findings;
use crate::check::gate::GateConfig;
use crate::check::lint::Lint;
use crate::terminal::quoted;

/// The gate's filters: in the managers' chains, in their chains for upgrades, and in patches of these.
pub(super) fn find<'d>(everything: &[At<'d>], managers: &[At<'d>]) -> Vec<Filter<'d>> {
    let mut found: Vec<Filter<'d>> = Vec::new();
    for manager in managers {
        let upgrades = manager.list("upgrade_configs").into_iter().map(|upgrade| upgrade.list("filters"));
        for filters in std::iter::once(manager.list("http_filters")).chain(upgrades) {
            for (index, item) in filters.iter().enumerate() {
                if let Some(wasm) = gate_in(item) {
                    let chain = Chain { filters: filters.clone(), index };
                    found.push(Filter { item: item.clone(), wasm, chain: Some(chain) });
                }
            }
        }
    }
    for at in everything {
        let inside = |filter: &Filter<'_>| at.path().starts_with(filter.item.path());
        if let Some(wasm) = at.get("typed_config").and_then(|typed| as_gate(&typed))
            && !found.iter().any(inside)
        {
            found.push(Filter { item: at.clone(), wasm, chain: None });
        }
    }
    found
}

/// The gate's Wasm message in a filter, also inside a matcher.
fn gate_in<'d>(item: &At<'d>) -> Option<At<'d>> {
    item.walk().into_iter().find_map(|at| as_gate(&at))
}

fn as_gate<'d>(at: &At<'d>) -> Option<At<'d>> {
    at.message("Wasm").filter(plugin::is_gate)
}

/// Whether a filter is in the manager's main chain.
pub(super) fn is_main(filter: &Filter<'_>, manager: &At<'_>) -> bool {
    let own = manager.get("http_filters").map(|filters| format!("{}[", filters.path()));
    own.is_some_and(|own| filter.item.path().starts_with(&own))
}

pub(super) fn check(filter: &Filter<'_>, config: Option<&GateConfig>, findings: &mut Findings) {
    let item = &filter.item;
    if let Some(at) = item.get_true("disabled") {
        let message = "the filter is disabled on every route that does not enable it; remove `disabled`";
        findings.at(Lint::FilterDisabled, &at, message);
    }
    if let Some(at) = item.get_true("is_optional") {
        let message = "an Envoy without Wasm support ignores the filter; remove `is_optional`";
        findings.at(Lint::FilterOptional, &at, message);
    }
    let typed = item.get("typed_config");
    if let Some(matcher) = typed.as_ref().and_then(|typed| typed.message("ExtensionWithMatcher")) {
        let message = "a matcher decides which requests reach the filter; remove the matcher, and configure exceptions in the filter's `routes`";
        findings.at(Lint::FilterConditional, &matcher, message);
    }
    let Some(chain) = &filter.chain else { return };
    let before = chain.filters.get(..chain.index).unwrap_or_default();
    if let Some(router) = before.iter().find(|other| other.is_configured_by("Router")) {
        let message = format!(
            "the filter is after {}, which ends the chain, so no request reaches it; move it before",
            quoted(router.field("name").unwrap_or("the router"))
        );
        findings.at(Lint::AfterRouter, item, message);
    }
    if let Some(config) = config {
        verifiers::check(chain, config, findings);
    }
}
