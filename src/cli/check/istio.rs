//! Istio's WasmPlugin, and TrafficExtension, which has the same fields in another layout.

use super::cursor::At;
use super::finding::Findings;
use super::gate::{self, GateConfig};
use super::lint::Lint;
use super::recognize;
use crate::terminal::quoted;

/// The resource that loads the gate.
struct Plugin<'d> {
    spec: At<'d>,
    /// The object with the fields of the Wasm module.
    wasm: At<'d>,
}

impl<'d> Plugin<'d> {
    /// The gate in a WasmPlugin or a TrafficExtension; `None` for another plugin.
    fn of(object: &At<'d>) -> Option<Self> {
        let spec = object.get("spec")?;
        let wasm = match object.field("kind") {
            Some("TrafficExtension") => spec.get("wasm")?,
            _ => spec.clone(),
        };
        let name = object.find(&["metadata", "name"]).and_then(|at| at.text());
        let names = [name, wasm.field("pluginName"), wasm.field("url")];
        let is_gate = names.into_iter().flatten().any(recognize::by_name)
            || wasm.get("pluginConfig").as_ref().is_some_and(recognize::by_configuration);
        is_gate.then_some(Plugin { spec, wasm })
    }

    fn config(&self) -> Option<GateConfig> {
        self.wasm.get("pluginConfig").map(|at| GateConfig::of(&at))
    }
}

/// The gate's configuration in a WasmPlugin or a TrafficExtension.
pub(super) fn config(object: &At<'_>) -> Option<GateConfig> {
    Plugin::of(object)?.config()
}

/// Checks a WasmPlugin or a TrafficExtension. Returns the number of gates in it.
pub(super) fn check(object: &At<'_>, findings: &mut Findings) -> usize {
    let Some(plugin) = Plugin::of(object) else { return 0 };
    let config = plugin.config();
    match &config {
        Some(config) => gate::check(config, findings),
        None => {
            let message = "the plugin has no `pluginConfig`, so it refuses to start";
            findings.at(Lint::Configuration, &plugin.wasm, message);
        }
    }
    check_plugin_fields(&plugin.wasm, findings);
    check_phase(&plugin.spec, config.as_ref(), findings);
    check_match(&plugin.spec, findings);
    1
}

fn check_plugin_fields(wasm: &At<'_>, findings: &mut Findings) {
    if let Some(at) = wasm.get_text("failStrategy", "FAIL_OPEN") {
        let message = "failStrategy: is `FAIL_OPEN`, so every request passes if the plugin fails or cannot be fetched; set `FAIL_CLOSE` or `FAIL_RELOAD`";
        findings.at(Lint::FailOpen, &at, message);
    }
    if let Some(at) = wasm.get_text("type", "NETWORK") {
        let message = "type: is `NETWORK`, and a network filter sees no requests; set `HTTP`, or remove `type`";
        findings.at(Lint::PluginType, &at, message);
    }
    if let Some(at) = wasm.get("url")
        && let Some(url) = at.text()
        && !url.starts_with("file:")
        && !url.contains("@sha256:")
        && wasm.field("sha256").is_none()
    {
        findings.at(Lint::CodeUnpinned, &at, unpinned("url", url));
    }
}

/// The message for a module referenced by a mutable tag or URL.
pub(super) fn unpinned(field: &str, url: &str) -> String {
    let (why, fix) = match url.starts_with("http") {
        true => ("", "add `sha256: HASH`"),
        false => ("a tag can be moved to another image; ", "append `@sha256:HASH`, or add `sha256`"),
    };
    format!("{field}: {} is not pinned to its content; {why}{fix}", quoted(url))
}

fn check_phase(spec: &At<'_>, config: Option<&GateConfig>, findings: &mut Findings) {
    let phase = spec.field("phase");
    let at = spec.get("phase").unwrap_or(spec.clone());
    // Istio inserts its jwt_authn filters between AUTHN and AUTHZ.
    if let Some(config) = config
        && let Some(verified) = config.verified_by().first()
    {
        if phase == Some("AUTHN") {
            let message = format!(
                "phase: is `AUTHN`, before the jwt_authn filter that verifies the tokens for {}; set `AUTHZ`",
                verified.metadata.path()
            );
            findings.at(Lint::JwtAuthn, &at, message);
        }
        return;
    }
    if phase != Some("AUTHN") {
        let message = format!(
            "phase: is {}, so other filters process requests before the gate checks them; set `AUTHN`",
            phase.map_or("missing".to_owned(), quoted)
        );
        findings.at(Lint::PluginPhase, &at, message);
    }
}

fn check_match(spec: &At<'_>, findings: &mut Findings) {
    for traffic in spec.list("match") {
        if let Some(at) = traffic.get_text("mode", "CLIENT") {
            let message = "match: `CLIENT` is outbound traffic, so inbound requests pass unchecked; set `SERVER`, or for a gateway `CLIENT_AND_SERVER`";
            findings.at(Lint::PluginMatch, &at, message);
        }
        if let Some(at) = traffic.get("ports") {
            let message = "match: requests to other ports pass unchecked; remove `ports`, unless the workload serves no other ports";
            findings.at(Lint::PluginMatch, &at, message);
        }
    }
}
