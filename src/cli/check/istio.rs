//! Istio's WasmPlugin, and TrafficExtension, which says the same in another order.

use super::cursor::At;
use super::finding::Findings;
use super::gate::{self, GateConfig};
use super::lint::Lint;
use super::recognize;
use crate::terminal::quoted;

/// What loads the gate.
struct Plugin<'d> {
    spec: At<'d>,
    /// What says of the module.
    wasm: At<'d>,
}

impl<'d> Plugin<'d> {
    /// The gate in a WasmPlugin or a TrafficExtension; none in another's.
    fn of(object: &At<'d>) -> Option<Self> {
        let spec = object.get("spec")?;
        let wasm = match object.field("kind") {
            Some("TrafficExtension") => spec.get("wasm")?,
            _ => spec.clone(),
        };
        let name = object.find(&["metadata", "name"]).and_then(|at| at.text());
        let said = [name, wasm.field("pluginName"), wasm.field("url")];
        let is_gate = said.into_iter().flatten().any(recognize::by_name)
            || wasm.get("pluginConfig").as_ref().is_some_and(recognize::by_configuration);
        is_gate.then_some(Plugin { spec, wasm })
    }

    fn config(&self) -> Option<GateConfig> {
        self.wasm.get("pluginConfig").map(|at| GateConfig::of(&at))
    }
}

/// The gate's configuration in a WasmPlugin or a TrafficExtension.
pub fn config(object: &At<'_>) -> Option<GateConfig> {
    Plugin::of(object)?.config()
}

/// Checks a WasmPlugin or a TrafficExtension; how many gates it is.
pub fn check(object: &At<'_>, findings: &mut Findings) -> usize {
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
        let message = "failStrategy: is `FAIL_OPEN`, so a plugin that fails or cannot be fetched lets every request through; write `FAIL_CLOSE` or `FAIL_RELOAD`";
        findings.at(Lint::FailOpen, &at, message);
    }
    if let Some(at) = wasm.get_text("type", "NETWORK") {
        let message = "type: is `NETWORK`, and a network filter sees no requests; write `HTTP`, or leave it out";
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

/// What is said of code that may be another tomorrow.
pub fn unpinned(field: &str, url: &str) -> String {
    let (how, example) = match url.starts_with("http") {
        true => ("", "`sha256: HASH` beside it"),
        false => ("a tag may name another image tomorrow; ", "`@sha256:HASH` behind it, or `sha256` beside it"),
    };
    format!("{field}: {} is not pinned to its content; {how}write {example}", quoted(url))
}

fn check_phase(spec: &At<'_>, config: Option<&GateConfig>, findings: &mut Findings) {
    let phase = spec.field("phase");
    let at = spec.get("phase").unwrap_or(spec.clone());
    // Istio's own jwt_authn filters stand between AUTHN and AUTHZ.
    if let Some(config) = config
        && let Some(verified) = config.verified_by().first()
    {
        if phase == Some("AUTHN") {
            let message = format!(
                "phase: is `AUTHN`, before the jwt_authn filter that is to verify tokens for {}; write `AUTHZ`",
                verified.metadata.path()
            );
            findings.at(Lint::JwtAuthn, &at, message);
        }
        return;
    }
    if phase != Some("AUTHN") {
        let message = format!(
            "phase: is {}, so other filters see requests before the gate has judged them; write `AUTHN`",
            phase.map_or("missing".to_owned(), quoted)
        );
        findings.at(Lint::PluginPhase, &at, message);
    }
}

fn check_match(spec: &At<'_>, findings: &mut Findings) {
    for traffic in spec.list("match") {
        if let Some(at) = traffic.get_text("mode", "CLIENT") {
            let message = "match: `CLIENT` is what goes out, so requests that come in pass unjudged; write `SERVER`, or for a gateway `CLIENT_AND_SERVER`";
            findings.at(Lint::PluginMatch, &at, message);
        }
        if let Some(at) = traffic.get("ports") {
            let message = "match: requests to other ports pass unjudged; remove `ports`, unless no others are served";
            findings.at(Lint::PluginMatch, &at, message);
        }
    }
}
