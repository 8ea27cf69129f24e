//! Bypasses of the gate: filter chains and listeners without it that route to a cluster the gate guards.

use std::collections::BTreeMap;

use crate::check::cursor::At;
use crate::check::finding::Findings;
use crate::check::lint::Lint;
use crate::terminal::quoted;

pub(super) fn check(
    everything: &[At<'_>],
    managers: &[At<'_>],
    is_guarded: &dyn Fn(&At<'_>) -> bool,
    findings: &mut Findings,
) {
    let is_listener = |at: &&At<'_>| at.get("filter_chains").is_some() || at.get("default_filter_chain").is_some();
    let listeners: Vec<_> = everything.iter().filter(is_listener).collect();
    let listener_of = |manager: &At<'_>| {
        let around = |listener: &&&At<'_>| manager.path().starts_with(&format!("{}.", listener.path()));
        listeners.iter().filter(around).max_by_key(|listener| listener.path().len()).map(|listener| listener.path())
    };
    // Guarded clusters, and the listeners that guard each.
    let mut guarded: BTreeMap<&str, Vec<Option<&str>>> = BTreeMap::new();
    for manager in managers.iter().filter(|manager| is_guarded(manager)) {
        for (name, _) in clusters(manager) {
            guarded.entry(name).or_default().push(listener_of(manager));
        }
    }
    for manager in managers.iter().filter(|manager| !is_guarded(manager)) {
        let Some((name, at)) = clusters(manager).into_iter().find(|(name, _)| guarded.contains_key(name)) else {
            continue;
        };
        let own = listener_of(manager);
        let is_same = own.is_some() && guarded.get(name).is_some_and(|listeners| listeners.contains(&own));
        let (lint, what) = match is_same {
            true => (Lint::ChainUnguarded, "another filter chain of its listener guards"),
            false => (Lint::ListenerUnguarded, "another listener guards"),
        };
        let message = format!(
            "this routes to the cluster {}, which the gate in {what}, but this filter chain has no gate; add it to `http_filters`",
            quoted(name)
        );
        findings.at(lint, &at, message);
    }
}

/// The clusters that a manager's inline routes route to.
fn clusters<'d>(manager: &At<'d>) -> Vec<(&'d str, At<'d>)> {
    let mut found = Vec::new();
    for at in manager.walk() {
        let Some(route) = at.get("route") else { continue };
        let weighted = route.find(&["weighted_clusters", "clusters"]).map(|at| at.items()).unwrap_or_default();
        let names = weighted.iter().map(|cluster| cluster.get("name")).chain([route.get("cluster")]);
        found.extend(names.flatten().filter_map(|at| Some((at.text()?, at))));
    }
    found
}
