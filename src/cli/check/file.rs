//! Checks files. The content of each document determines its kind.

use std::ops::Range;

use super::cursor::At;
use super::finding::{Finding, Findings};
use super::gate::{self, GateConfig};
use super::lint::Lint;
use super::{envoy, find, gateway, istio, recognize};
use crate::spanned::Located;

/// A file, and the findings in it.
#[derive(Debug)]
pub(super) struct Checked {
    pub name: String,
    pub text: String,
    pub findings: Vec<Finding>,
}

/// The message for a file without the filter.
pub(crate) const LOOKED_FOR: &str = "the file does not contain the filter's configuration; searched for the filter's own fields (`issuers`, `default`), \
    an Envoy Wasm filter with these fields or with `mfa_gate` in its name, vm_id or code, and such a WasmPlugin, \
    TrafficExtension or EnvoyFilter of Istio or EnvoyExtensionPolicy of Envoy Gateway";

/// Checks files, by name and text, as parts of one configuration.
pub(super) fn check_all(files: Vec<(String, String)>) -> Vec<Checked> {
    let mut scanned: Vec<_> = files.into_iter().map(|(name, text)| Scanned::new(name, text)).collect();
    let any = scanned.iter().any(|file| file.gates > 0);
    for file in &mut scanned {
        // Each file that serves requests must contain the filter; of the others, at least one must.
        if let Some(start) = file.start.clone().filter(|_| file.gates == 0 && (file.serves || !any)) {
            file.findings.add(Lint::NoFilter, "", start, LOOKED_FOR);
        }
    }
    scanned
        .into_iter()
        .map(|Scanned { name, text, findings, .. }| Checked { name, text, findings: findings.into_sorted() })
        .collect()
}

struct Scanned {
    name: String,
    text: String,
    findings: Findings,
    /// Start of the first document; `None` if the file cannot be parsed.
    start: Option<Range<usize>>,
    gates: usize,
    /// Whether the file configures how an Envoy serves requests.
    serves: bool,
}

impl Scanned {
    fn new(name: String, text: String) -> Self {
        let mut scanned = Self { name, text, findings: Findings::default(), start: None, gates: 0, serves: false };
        let documents = match Located::read(&scanned.text) {
            Ok(documents) => documents,
            Err(syntax) => {
                scanned.findings.add(Lint::Syntax, "", syntax.span, syntax.message);
                return scanned;
            }
        };
        scanned.start = Some(documents.first().map(|document| document.place("")).unwrap_or_default());
        for document in &documents {
            // A manager without filters is a patch of another one.
            scanned.serves |= At::root(document).walk().iter().any(|at| {
                at.message("HttpConnectionManager").is_some_and(|manager| manager.get("http_filters").is_some())
            });
            for object in find::objects(document) {
                scanned.gates += check_object(&object, &scanned.text, &mut scanned.findings);
            }
        }
        scanned
    }
}

/// Checks an object. Returns the number of gates in it.
fn check_object(object: &At<'_>, text: &str, findings: &mut Findings) -> usize {
    match object.field("kind") {
        Some("WasmPlugin" | "TrafficExtension") => istio::check(object, findings),
        Some("EnvoyExtensionPolicy") => gateway::check_policy(object, findings),
        Some("ClientTrafficPolicy") => {
            gateway::check_client_traffic(object, findings);
            0
        }
        // Istio's EnvoyFilter and Envoy Gateway's patches, among other Kubernetes kinds, contain Envoy's own messages.
        None if recognize::by_fields(object.json()) => {
            gate::check(&GateConfig::of(object), findings);
            1
        }
        _ => envoy::check(object, text, findings),
    }
}
