//! Envoy Gateway: the EnvoyExtensionPolicy that loads the filter, and the ClientTrafficPolicy.

use super::cursor::At;
use super::finding::Findings;
use super::gate::{self, GateConfig};
use super::istio::unpinned;
use super::lint::Lint;
use super::recognize;

/// The extensions of an EnvoyExtensionPolicy that are the gate.
fn gates<'d>(object: &At<'d>) -> Vec<At<'d>> {
    let wasms = object.get("spec").map(|spec| spec.list("wasm")).unwrap_or_default();
    // The object's name identifies its extension only if there is one.
    let name = object.find(&["metadata", "name"]).filter(|_| wasms.len() == 1);
    let name = name.and_then(|name| name.text());
    wasms.into_iter().filter(|wasm| is_gate(name, wasm)).collect()
}

fn is_gate(name: Option<&str>, wasm: &At<'_>) -> bool {
    let names = [
        name,
        wasm.field("name"),
        wasm.field("rootID"),
        url(wasm, "image").and_then(|at| at.text()),
        url(wasm, "http").and_then(|at| at.text()),
    ];
    names.into_iter().flatten().any(recognize::by_name)
        || wasm.get("config").as_ref().is_some_and(recognize::by_configuration)
}

fn url<'d>(wasm: &At<'d>, source: &str) -> Option<At<'d>> {
    wasm.find(&["code", source, "url"])
}

/// The gate's configurations in an EnvoyExtensionPolicy.
pub(super) fn configs(object: &At<'_>) -> Vec<GateConfig> {
    gates(object).iter().filter_map(|wasm| wasm.get("config")).map(|at| GateConfig::of(&at)).collect()
}

/// Checks an EnvoyExtensionPolicy. Returns the number of gates in it.
pub(super) fn check_policy(object: &At<'_>, findings: &mut Findings) -> usize {
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
        let message = "failOpen: is true, so requests pass if the filter fails, cannot be fetched or rejects its configuration; remove it";
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

/// Checks a ClientTrafficPolicy: it can turn off Envoy Gateway's defaults, which normalise paths and reject underscores.
pub(super) fn check_client_traffic(object: &At<'_>, findings: &mut Findings) {
    let Some(spec) = object.get("spec") else { return };
    let (path, headers) = (spec.get("path"), spec.get("headers"));
    if let Some(at) = path.as_ref().and_then(|path| path.get_true("disableMergeSlashes")) {
        let message =
            "disableMergeSlashes: is true, so Envoy may route by another path than the upstream reads; remove it";
        findings.at(Lint::PathNormalisation, &at, message);
    }
    if let Some(at) = path.and_then(|path| path.get_text("escapedSlashesAction", "KeepUnchanged")) {
        let message = "escapedSlashesAction: keeps `%2F`, which the upstream may read as a slash and Envoy does not; set `RejectRequest`";
        findings.at(Lint::PathNormalisation, &at, message);
    }
    if let Some(at) = headers.and_then(|headers| headers.get_text("withUnderscoresAction", "Allow")) {
        let message = "withUnderscoresAction: allows `x_mfa_gate_subject`, which many frameworks take for `x-mfa-gate-subject`; write `RejectRequest`";
        findings.at(Lint::UnderscoreHeaders, &at, message);
    }
}
