//! The Wasm filter's message: plugin, VM, code, and the gate's configuration.

use crate::check::cursor::At;
use crate::check::finding::Findings;
use crate::check::gate::GateConfig;
use crate::check::lint::Lint;
use crate::check::recognize;
use crate::terminal::quoted;

/// Whether a Wasm filter is the gate: its configuration has the gate's fields, or its name, root_id, vm_id or code contains the
/// gate's name.
pub(super) fn is_gate(wasm: &At<'_>) -> bool {
    let Some(plugin) = wasm.get("config") else { return false };
    let code = |place: &[&str]| plugin.find(&[&["vm_config", "code"], place].concat()).and_then(|at| at.text());
    let names = [
        plugin.field("name"),
        plugin.field("root_id"),
        plugin.find(&["vm_config", "vm_id"]).and_then(|at| at.text()),
        code(&["local", "filename"]),
        code(&["remote", "http_uri", "uri"]),
    ];
    names.into_iter().flatten().any(recognize::by_name)
        || plugin.get("configuration").is_some_and(|configuration| {
            let value = configuration.get("value").unwrap_or(configuration);
            recognize::by_configuration(&value)
        })
}

/// The gate's configuration. Reports a finding and returns `None` if it is absent or cannot be read.
pub(super) fn config(wasm: &At<'_>, text: &str, findings: &mut Findings) -> Option<GateConfig> {
    let plugin = wasm.get("config")?;
    let Some(any) = plugin.get("configuration") else {
        let message = "the filter has no `configuration`, so it refuses to start";
        findings.at(Lint::Configuration, &plugin, message);
        return None;
    };
    if let Some(fields) = any.message("Struct").and_then(|message| message.get("value")) {
        return Some(GateConfig::of(&fields));
    }
    if let Some(string) = any.message("StringValue").and_then(|message| message.get("value"))
        && let Some(json) = string.text()
    {
        return GateConfig::in_text(&string, json, text, findings);
    }
    let message = format!(
        "the configuration is {}, which `check` cannot read; use a google.protobuf.Struct or a StringValue with a `value`",
        any.field("@type").map_or("without `@type`".to_owned(), quoted)
    );
    findings.at(Lint::Configuration, &any, message);
    None
}

pub(super) fn check(wasm: &At<'_>, findings: &mut Findings) {
    let Some(plugin) = wasm.get("config") else { return };
    if let Some(at) = plugin.get("failure_policy").filter(|at| at.is_enum("FAIL_OPEN", 3)) {
        let message =
            "failure_policy: is `FAIL_OPEN`, so every request passes after the filter has trapped; set `FAIL_RELOAD`";
        findings.at(Lint::FailOpen, &at, message);
    }
    if let Some(at) = plugin.get_true("fail_open") {
        let message = "fail_open: is true, so every request passes after the filter has trapped; set `failure_policy: FAIL_RELOAD`";
        findings.at(Lint::FailOpen, &at, message);
    }
    let vm = plugin.get("vm_config");
    if vm.as_ref().and_then(|vm| vm.field("vm_id")).is_none() {
        let at = vm.as_ref().and_then(|vm| vm.get("vm_id").or(Some(vm.clone())));
        let message = "the filter has no `vm_id`, so every other plugin without one can overwrite the keys it shares; set `vm_id: mfa_gate`";
        findings.at(Lint::EmptyVmId, &at.unwrap_or(plugin), message);
    }
    if let Some(remote) = vm.and_then(|vm| vm.find(&["code", "remote"]))
        && remote.field("sha256").is_none()
    {
        let message = "the remote module has no `sha256`, so Envoy refuses it; give the module's hash";
        findings.at(Lint::RemoteCode, &remote, message);
    }
}
