//! Envoy Gateway: the policy that loads the filter, and the one that says what clients may send.

use super::at::At;
use super::finding::Findings;
use super::gate::{self, GateConfig};
use super::istio::unpinned;
use super::known;
use super::lint::Lint;

/// Checks an EnvoyExtensionPolicy; how many gates are in it.
pub fn check_policy(object: &At<'_>, findings: &mut Findings) -> usize {
    let wasms = object.get("spec").map(|spec| spec.list("wasm")).unwrap_or_default();
    // The object's own name tells of its extension where it has one alone.
    let name = object.find(&["metadata", "name"]).filter(|_| wasms.len() == 1);
    let name = name.and_then(|name| name.text());
    wasms.iter().filter(|wasm| check_wasm(name, wasm, findings)).count()
}

/// Checks a Wasm extension; whether it is the gate.
fn check_wasm(name: Option<&str>, wasm: &At<'_>, findings: &mut Findings) -> bool {
    let configuration = wasm.get("config");
    let url = |source: &str| wasm.find(&["code", source, "url"]);
    let said = [
        name,
        wasm.field("name"),
        wasm.field("rootID"),
        url("image").and_then(|at| at.text()),
        url("http").and_then(|at| at.text()),
    ];
    let is_gate =
        said.into_iter().flatten().any(known::by_name) || configuration.as_ref().is_some_and(known::by_configuration);
    if !is_gate {
        return false;
    }
    match &configuration {
        Some(at) => gate::check(&GateConfig::of(at), findings),
        None => findings.at(Lint::Configuration, wasm, "the extension has no `config`, so the filter refuses to start"),
    }
    if let Some(at) = wasm.get("failOpen").filter(|_| wasm.is_true("failOpen")) {
        let message = "failOpen: is true, so requests pass where the filter fails, cannot be fetched or refuses its configuration; remove it";
        findings.at(Lint::FailOpen, &at, message);
    }
    for source in ["image", "http"] {
        if let Some(at) = url(source)
            && let Some(url) = at.text()
            && !url.contains("@sha256:")
            && wasm.find(&["code", source, "sha256"]).is_none()
        {
            findings.at(Lint::CodeUnpinned, &at, unpinned("url", url));
        }
    }
    true
}

/// Checks a ClientTrafficPolicy: Envoy Gateway normalises paths and refuses underscores by itself, unless told not to.
pub fn check_client_traffic(object: &At<'_>, findings: &mut Findings) {
    let Some(spec) = object.get("spec") else { return };
    if let Some(at) = spec.find(&["path", "disableMergeSlashes"])
        && spec.get("path").is_some_and(|path| path.is_true("disableMergeSlashes"))
    {
        let message =
            "disableMergeSlashes: is true, so Envoy routes by a path that the upstream may read as another; remove it";
        findings.at(Lint::PathNormalisation, &at, message);
    }
    if let Some(at) = spec.find(&["path", "escapedSlashesAction"]).filter(|at| at.text() == Some("KeepUnchanged")) {
        let message = "escapedSlashesAction: keeps `%2F`, which Envoy does not take for a slash and the upstream may; write `RejectRequest`";
        findings.at(Lint::PathNormalisation, &at, message);
    }
    if let Some(at) = spec.find(&["headers", "withUnderscoresAction"]).filter(|at| at.text() == Some("Allow")) {
        let message = "withUnderscoresAction: allows `x_mfa_gate_subject`, which many a framework takes for `x-mfa-gate-subject`; write `RejectRequest`";
        findings.at(Lint::UnderscoreHeaders, &at, message);
    }
}
