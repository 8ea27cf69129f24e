//! The HTTP connection manager around the gate: how it normalises paths, hosts and headers, and its upgrades.

use mfa_gate::wire::json::Json;

use super::plugin;
use crate::check::cursor::At;
use crate::check::finding::Findings;
use crate::check::gate::GateConfig;
use crate::check::lint::Lint;
use crate::terminal::quoted;

pub(super) fn check(manager: &At<'_>, config: Option<&GateConfig>, findings: &mut Findings) {
    for name in ["normalize_path", "merge_slashes"] {
        if !manager.is_true(name) {
            let message = format!(
                "{name}: is not true, so Envoy may route by another path than the upstream reads; set `{name}: true`"
            );
            findings.at(Lint::PathNormalisation, &manager.get(name).unwrap_or(manager.clone()), message);
        }
    }
    // KEEP_UNCHANGED is 1, and Envoy's default.
    let escaped = manager.get("path_with_escaped_slashes_action");
    if escaped
        .as_ref()
        .is_none_or(|at| at.is_enum("KEEP_UNCHANGED", 1) || at.is_enum("IMPLEMENTATION_SPECIFIC_DEFAULT", 0))
    {
        let message = "path_with_escaped_slashes_action: keeps `%2F`, which the upstream may read as a slash and Envoy does not; set `REJECT_REQUEST`";
        findings.at(Lint::PathNormalisation, &escaped.unwrap_or(manager.clone()), message);
    }
    let options = manager.get("common_http_protocol_options");
    let underscores = options.as_ref().and_then(|options| options.get("headers_with_underscores_action"));
    if underscores.as_ref().is_none_or(|at| at.is_enum("ALLOW", 0)) {
        let message = "headers_with_underscores_action: allows `x_mfa_gate_subject`, which many frameworks take for `x-mfa-gate-subject`; write `REJECT_REQUEST` in `common_http_protocol_options`";
        findings.at(Lint::UnderscoreHeaders, &underscores.or(options).unwrap_or(manager.clone()), message);
    }
    if config.is_some_and(GateConfig::matches_hosts) {
        check_host(manager, findings);
    }
    check_upgrades(manager, findings);
}

fn check_host(manager: &At<'_>, findings: &mut Findings) {
    let strips_port = manager.is_true("strip_any_host_port") || manager.is_true("strip_matching_host_port");
    let strips_dot = manager.is_true("trailing dot");
    for (strips, name, part) in
        [(strips_port, "strip_any_host_port", "port"), (strips_dot, "trailing dot", "trailing dot")]
    {
        if !strips {
            let message = format!(
                "{name}: is not true, and routes of the gate match hosts: a request for a host with a {part} must also satisfy the routes without `hosts`; set `{name}: true`"
            );
            findings.at(Lint::HostPort, &manager.get(name).unwrap_or(manager.clone()), message);
        }
    }
}

fn check_upgrades(manager: &At<'_>, findings: &mut Findings) {
    for upgrade in manager.list("upgrade_configs") {
        let Some(filters) =
            upgrade.get("filters").filter(|at| matches!(at.json(), Json::Array(items) if !items.is_empty()))
        else {
            continue;
        };
        let has_gate = filters.walk().iter().filter_map(|at| at.message("Wasm")).any(|wasm| plugin::is_gate(&wasm));
        if !has_gate {
            let message = format!(
                "an upgrade to {} replaces the HTTP filters with these, and the gate is not among them; remove `filters`, or put the gate first",
                quoted(upgrade.field("upgrade_type").unwrap_or_default())
            );
            findings.at(Lint::UpgradeUnguarded, &filters, message);
        }
    }
}
