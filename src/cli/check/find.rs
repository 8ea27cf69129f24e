//! Finds the filter's configuration in a file: the file itself, or a part of a configuration of Envoy, Istio or Envoy Gateway.

use super::cursor::At;
use super::finding::Findings;
use super::gate::GateConfig;
use super::{envoy, gateway, istio, recognize};
use crate::spanned::{Located, SyntaxError};

/// The objects of a document. The output of `kubectl get -o yaml` is a list of several.
pub(super) fn objects(document: &Located) -> Vec<At<'_>> {
    let root = At::root(document);
    if root.field("kind") == Some("List") { root.list("items") } else { vec![root] }
}

/// Every configuration of the filter in a file, with the positions of its values.
///
/// # Errors
///
/// The text is neither YAML nor JSON, or one of the configurations cannot be read.
pub(crate) fn configs(text: &str) -> Result<Vec<Located>, SyntaxError> {
    let documents = Located::read(text)?;
    let mut findings = Findings::default();
    let objects: Vec<_> = documents.iter().flat_map(objects).collect();
    let configs: Vec<_> = objects.iter().flat_map(|object| of_object(object, text, &mut findings)).collect();
    if let Some(finding) = findings.into_sorted().into_iter().next() {
        return Err(SyntaxError { message: finding.message, span: finding.span });
    }
    Ok(configs.iter().map(|config| config.located().clone()).collect())
}

fn of_object(object: &At<'_>, text: &str, findings: &mut Findings) -> Vec<GateConfig> {
    match object.field("kind") {
        Some("WasmPlugin" | "TrafficExtension") => istio::config(object).into_iter().collect(),
        Some("EnvoyExtensionPolicy") => gateway::configs(object),
        None if recognize::by_fields(object.json()) => vec![GateConfig::of(object)],
        _ => envoy::configs(object, text, findings),
    }
}
