//! The HTTP connection manager around the gate: what it does to a path, a host and headers, and for upgrades.

use mfa_gate::wire::json::Json;

use super::plugin;
use crate::check::cursor::At;
use crate::check::finding::Findings;
use crate::check::gate::GateConfig;
use crate::check::lint::Lint;
use crate::terminal::quoted;

pub fn check(manager: &At<'_>, config: Option<&GateConfig>, findings: &mut Findings) {
    for name in ["normalize_path", "merge_slashes"] {
        if !manager.is_true(name) {
            let message = format!(
                "{name}: is not true, so Envoy routes by a path that the upstream may read as another; write `{name}: true`"
            );
            findings.at(Lint::PathNormalisation, &manager.get(name).unwrap_or(manager.clone()), message);
        }
    }
    // KEEP_UNCHANGED is 1, and what Envoy does by itself.
    let escaped = manager.get("path_with_escaped_slashes_action");
    if escaped
        .as_ref()
        .is_none_or(|at| at.is_enum("KEEP_UNCHANGED", 1) || at.is_enum("IMPLEMENTATION_SPECIFIC_DEFAULT", 0))
    {
        let message = "path_with_escaped_slashes_action: keeps `%2F`, which Envoy does not take for a slash and the upstream may; write `REJECT_REQUEST`";
        findings.at(Lint::PathNormalisation, &escaped.unwrap_or(manager.clone()), message);
    }
    let options = manager.get("common_http_protocol_options");
    let underscores = options.as_ref().and_then(|options| options.get("headers_with_underscores_action"));
    if underscores.as_ref().is_none_or(|at| at.is_enum("ALLOW", 0)) {
        let message = "headers_with_underscores_action: allows `x_mfa_gate_subject`, which many frameworks take for `x-mfa-gate-subject`; write `REJECT_REQUEST` in `common_http_protocol_options`";
        findings.at(Lint::UnderscoreHeaders, &underscores.or(options).unwrap_or(manager.clone()), message);
    }
    if config.is_some_and(GateConfig::goes_by_host) {
        check_host(manager, findings);
    }
    check_upgrades(manager, findings);
}

fn check_host(manager: &At<'_>, findings: &mut Findings) {
    let strips_port = manager.is_true("strip_any_host_port") || manager.is_true("strip_matching_host_port");
    for (strips, name) in
        [(strips_port, "strip_any_host_port"), (manager.is_true("strip_trailing_host_dot"), "strip_trailing_host_dot")]
    {
        if !strips {
            let message = format!(
                "{name}: is not true, and routes of the gate go by host: a host that comes with one must meet what is demanded without as well; write `{name}: true`"
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
                "requests for an upgrade to {} pass these filters instead of the others, and the gate is not among them; remove `filters`, or put the gate first",
                quoted(upgrade.field("upgrade_type").unwrap_or_default())
            );
            findings.at(Lint::UpgradeUnguarded, &filters, message);
        }
    }
}
