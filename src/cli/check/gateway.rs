//! Envoy Gateway: the policy that loads the filter, and the one that says what clients may send.

use super::cursor::At;
use super::finding::Findings;
use super::gate::{self, GateConfig};
use super::istio::unpinned;
use super::lint::Lint;
use super::recognize;

/// The extensions of an EnvoyExtensionPolicy that are the gate.
fn gates<'d>(object: &At<'d>) -> Vec<At<'d>> {
    let wasms = object.get("spec").map(|spec| spec.list("wasm")).unwrap_or_default();
    // The object's own name tells of its extension where it has one alone.
    let name = object.find(&["metadata", "name"]).filter(|_| wasms.len() == 1);
    let name = name.and_then(|name| name.text());
    wasms.into_iter().filter(|wasm| is_gate(name, wasm)).collect()
}

fn is_gate(name: Option<&str>, wasm: &At<'_>) -> bool {
    let said = [
        name,
        wasm.field("name"),
        wasm.field("rootID"),
        url(wasm, "image").and_then(|at| at.text()),
        url(wasm, "http").and_then(|at| at.text()),
    ];
    said.into_iter().flatten().any(recognize::by_name)
        || wasm.get("config").as_ref().is_some_and(recognize::by_configuration)
}

fn url<'d>(wasm: &At<'d>, source: &str) -> Option<At<'d>> {
    wasm.find(&["code", source, "url"])
}

/// The gate's configurations in an EnvoyExtensionPolicy.
pub fn configs(object: &At<'_>) -> Vec<GateConfig> {
    gates(object).iter().filter_map(|wasm| wasm.get("config")).map(|at| GateConfig::of(&at)).collect()
}

/// Checks an EnvoyExtensionPolicy; how many gates are in it.
pub fn check_policy(object: &At<'_>, findings: &mut Findings) -> usize {
    let gates = gates(object);
    gates.iter().for_each(|wasm| check_wasm(wasm, findings));
    gates.len()
}

fn check_wasm(wasm: &At<'_>, findings: &mut Findings) {
    match &wasm.get("config") {
        Some(at) => gate::check(&GateConfig::of(at), findings),
        None => findings.at(Lint::Configuration, wasm, "the extension has no `config`, so the filter refuses to start"),
    }
    if let Some(at) = wasm.get_true("failOpen") {
        let message = "failOpen: is true, so requests pass where the filter fails, cannot be fetched or refuses its configuration; remove it";
        findings.at(Lint::FailOpen, &at, message);
    }
    for source in ["image", "http"] {
        if let Some(at) = url(wasm, source)
            && let Some(url) = at.text()
            && !url.contains("@sha256:")
            && wasm.find(&["code", source, "sha256"]).is_none()
        {
            findings.at(Lint::CodeUnpinned, &at, unpinned("url", url));
        }
    }
}

/// Checks a ClientTrafficPolicy: Envoy Gateway normalises paths and refuses underscores by itself, unless told not to.
pub fn check_client_traffic(object: &At<'_>, findings: &mut Findings) {
    let Some(spec) = object.get("spec") else { return };
    let (path, headers) = (spec.get("path"), spec.get("headers"));
    if let Some(at) = path.as_ref().and_then(|path| path.get_true("disableMergeSlashes")) {
        let message =
            "disableMergeSlashes: is true, so Envoy routes by a path that the upstream may read as another; remove it";
        findings.at(Lint::PathNormalisation, &at, message);
    }
    if let Some(at) = path.and_then(|path| path.get_text("escapedSlashesAction", "KeepUnchanged")) {
        let message = "escapedSlashesAction: keeps `%2F`, which Envoy does not take for a slash and the upstream may; write `RejectRequest`";
        findings.at(Lint::PathNormalisation, &at, message);
    }
    if let Some(at) = headers.and_then(|headers| headers.get_text("withUnderscoresAction", "Allow")) {
        let message = "withUnderscoresAction: allows `x_mfa_gate_subject`, which many frameworks take for `x-mfa-gate-subject`; write `RejectRequest`";
        findings.at(Lint::UnderscoreHeaders, &at, message);
    }
}
