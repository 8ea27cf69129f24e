//! Where the gate stands among the filters.

use super::filter::{Chain, Filter};
use super::{plugin, verifiers};
use crate::check::cursor::At;
use crate::check::finding::Findings;
use crate::check::gate::GateConfig;
use crate::check::lint::Lint;
use crate::terminal::quoted;

/// The gate's filters: those of the managers' chains, of their chains for upgrades, and what a patch would put there.
pub fn find<'d>(everything: &[At<'d>], managers: &[At<'d>]) -> Vec<Filter<'d>> {
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

/// The gate's message in a filter, or in one that a matcher wraps.
fn gate_in<'d>(item: &At<'d>) -> Option<At<'d>> {
    item.walk().into_iter().find_map(|at| as_gate(&at))
}

fn as_gate<'d>(at: &At<'d>) -> Option<At<'d>> {
    at.message("Wasm").filter(plugin::is_gate)
}

/// Whether a filter stands in the manager's own chain.
pub fn is_main(filter: &Filter<'_>, manager: &At<'_>) -> bool {
    let own = manager.get("http_filters").map(|filters| format!("{}[", filters.path()));
    own.is_some_and(|own| filter.item.path().starts_with(&own))
}

pub fn check(filter: &Filter<'_>, config: Option<&GateConfig>, findings: &mut Findings) {
    let item = &filter.item;
    if let Some(at) = item.get_true("disabled") {
        let message = "the filter is switched off wherever no route switches it on; remove `disabled`";
        findings.at(Lint::FilterDisabled, &at, message);
    }
    if let Some(at) = item.get_true("is_optional") {
        let message = "an Envoy without Wasm goes on without the filter; remove `is_optional`";
        findings.at(Lint::FilterOptional, &at, message);
    }
    let typed = item.get("typed_config");
    if let Some(matcher) = typed.as_ref().and_then(|typed| typed.message("ExtensionWithMatcher")) {
        let message =
            "a matcher decides which requests the filter sees; let it see all, and make exceptions in its `routes`";
        findings.at(Lint::FilterConditional, &matcher, message);
    }
    let Some(chain) = &filter.chain else { return };
    let before = chain.filters.get(..chain.index).unwrap_or_default();
    if let Some(router) = before.iter().find(|other| other.is_configured_by("Router")) {
        let message = format!(
            "the filter stands behind {}, which ends the chain, so no request comes to it; put it before",
            quoted(router.field("name").unwrap_or("the router"))
        );
        findings.at(Lint::AfterRouter, item, message);
    }
    if let Some(config) = config {
        verifiers::check(chain, config, findings);
    }
}
