//! One file: its documents, each known by its content.

use std::path::Path;

use super::at::At;
use super::finding::{Finding, Findings};
use super::gate::{self, GateConfig};
use super::lint::Lint;
use super::{envoy, gateway, istio, known};
use crate::located::Located;

/// A file and what was found in it.
#[derive(Debug)]
pub struct Checked {
    pub name: String,
    pub text: String,
    pub findings: Vec<Finding>,
}

const LOOKED_FOR: &str = "no configuration of the filter is in it; looked for the filter's own fields (`issuers`, `default`), \
    for an Envoy Wasm filter with them or with `mfa_gate` in its name, vm_id or code, for a WasmPlugin, \
    TrafficExtension or EnvoyFilter of Istio and an EnvoyExtensionPolicy of Envoy Gateway with the same";

impl Checked {
    pub fn new(path: &Path, text: String) -> Self {
        let name = if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
        let mut findings = Findings::default();
        match Located::read(&text) {
            Ok(documents) => check(&documents, &text, &mut findings),
            Err(syntax) => findings.add(Lint::Syntax, "", syntax.span, syntax.message),
        }
        Checked { name, text, findings: findings.into_sorted() }
    }
}

fn check(documents: &[Located], text: &str, findings: &mut Findings) {
    let mut found = 0;
    for document in documents {
        let root = At::root(document);
        // What `kubectl get -o yaml` prints.
        let objects = if root.field("kind") == Some("List") { root.list("items") } else { vec![root] };
        found += objects.iter().map(|object| check_object(object, text, findings)).sum::<usize>();
    }
    if found == 0 {
        let start = documents.first().map(|document| document.place("")).unwrap_or_default();
        findings.add(Lint::NoFilter, "", start, LOOKED_FOR);
    }
}

/// Checks an object; how many gates are in it.
fn check_object(object: &At<'_>, text: &str, findings: &mut Findings) -> usize {
    match object.field("kind") {
        Some("WasmPlugin") => istio::check_plugin(object, findings),
        Some("TrafficExtension") => istio::check_extension(object, findings),
        Some("EnvoyExtensionPolicy") => gateway::check_policy(object, findings),
        Some("ClientTrafficPolicy") => {
            gateway::check_client_traffic(object, findings);
            0
        }
        // Among other kinds of Kubernetes, Istio's EnvoyFilter and Envoy Gateway's patches hold Envoy's own messages.
        None if known::by_fields(object.json()) => {
            gate::check(&GateConfig::of(object), findings);
            1
        }
        _ => envoy::check(object, text, findings),
    }
}
