//! Envoy's own configuration: a bootstrap, resources of xDS in a file, or such messages within another's patches.

mod chains;
mod clusters;
mod filter;
mod filters;
mod manager;
mod plugin;
mod routes;
mod verifiers;

use super::cursor::At;
use super::finding::Findings;
use super::gate::{self, GateConfig};
use super::lint::Lint;

/// The gate's configurations in an object that may hold its filter; a finding for one that cannot be read.
pub fn configs(object: &At<'_>, text: &str, findings: &mut Findings) -> Vec<GateConfig> {
    let everything = object.walk();
    let managers: Vec<_> = everything.iter().filter_map(|at| at.message("HttpConnectionManager")).collect();
    let filters = filters::find(&everything, &managers);
    filters.iter().filter_map(|filter| plugin::config(&filter.wasm, text, findings)).collect()
}

/// Checks an object that may hold the gate's filter; how many it holds.
pub fn check(object: &At<'_>, text: &str, findings: &mut Findings) -> usize {
    let everything = object.walk();
    let managers: Vec<_> = everything.iter().filter_map(|at| at.message("HttpConnectionManager")).collect();
    let filters = filters::find(&everything, &managers);
    let configs: Vec<_> = filters.iter().map(|filter| plugin::config(&filter.wasm, text, findings)).collect();
    for (filter, config) in filters.iter().zip(&configs) {
        plugin::check(&filter.wasm, findings);
        filters::check(filter, config.as_ref(), findings);
        if let Some(config) = config {
            gate::check(config, findings);
            clusters::check(object, config, findings);
        }
    }
    let guarded = |manager: &At<'_>| {
        let of = |(filter, config)| filters::is_main(filter, manager).then_some(config);
        filters.iter().zip(&configs).find_map(of)
    };
    for manager in &managers {
        if let Some(config) = guarded(manager) {
            manager::check(manager, config.as_ref(), findings);
        }
    }
    chains::check(&everything, &managers, &|manager| guarded(manager).is_some(), findings);
    let names: Vec<_> = filters.iter().filter_map(|filter| filter.item.field("name")).collect();
    routes::check_disabled(&everything, &names, findings);
    if let [Some(config), ..] = &configs[..] {
        routes::check_policies(&everything, config, findings);
    }
    if !filters.is_empty() {
        check_admin(object, findings);
    }
    filters.len()
}

/// Whoever reaches it can stop Envoy and read its configuration.
fn check_admin(bootstrap: &At<'_>, findings: &mut Findings) {
    let Some(address) = bootstrap.find(&["admin", "address", "socket_address", "address"]) else { return };
    let Some(host) = address.text() else { return };
    let is_loopback = host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    if !is_loopback {
        let message = format!(
            "the admin interface listens on `{}`, where others may reach it, and it can stop Envoy; let it listen on 127.0.0.1",
            host.escape_debug()
        );
        findings.at(Lint::AdminExposed, &address, message);
    }
}
