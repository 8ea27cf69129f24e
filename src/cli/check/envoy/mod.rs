//! Envoy's configuration: a bootstrap, an xDS resource in a file, or such messages in the patches of Istio and Envoy Gateway.

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

/// The gate's configurations in an object that may contain its filter. Reports a finding for each that cannot be read.
pub(super) fn configs(object: &At<'_>, text: &str, findings: &mut Findings) -> Vec<GateConfig> {
    let everything = object.walk();
    let managers: Vec<_> = everything.iter().filter_map(|at| at.message("HttpConnectionManager")).collect();
    let filters = filters::find(&everything, &managers);
    filters.iter().filter_map(|filter| plugin::config(&filter.wasm, text, findings)).collect()
}

/// Checks an object that may contain the gate's filter. Returns the number of gates in it.
pub(super) fn check(object: &At<'_>, text: &str, findings: &mut Findings) -> usize {
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

/// The admin interface can stop Envoy and read its configuration, without authentication.
fn check_admin(bootstrap: &At<'_>, findings: &mut Findings) {
    let Some(address) = bootstrap.find(&["admin", "address", "socket_address", "address"]) else { return };
    let Some(host) = address.text() else { return };
    let is_loopback = host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    if !is_loopback {
        let message = format!(
            "the admin interface, which can stop Envoy, listens on `{}`, where other hosts may reach it; bind it to 127.0.0.1",
            host.escape_debug()
        );
        findings.at(Lint::AdminExposed, &address, message);
    }
}
