//! One file: its documents, each known by its content.

use std::ops::Range;

use super::cursor::At;
use super::finding::{Finding, Findings};
use super::gate::{self, GateConfig};
use super::lint::Lint;
use super::{envoy, find, gateway, istio, recognize};
use crate::spanned::Located;

/// A file and what was found in it.
#[derive(Debug)]
pub struct Checked {
    pub name: String,
    pub text: String,
    pub findings: Vec<Finding>,
}

/// What is said of a file without the filter.
pub const LOOKED_FOR: &str = "no configuration of the filter is in it; looked for the filter's own fields (`issuers`, `default`), \
    for an Envoy Wasm filter with them or with `mfa_gate` in its name, vm_id or code, for a WasmPlugin, \
    TrafficExtension or EnvoyFilter of Istio and an EnvoyExtensionPolicy of Envoy Gateway with the same";

/// Checks files that go together, by name and text.
pub fn check_all(files: Vec<(String, String)>) -> Vec<Checked> {
    let mut seen: Vec<_> = files.into_iter().map(|(name, text)| Seen::new(name, text)).collect();
    let any = seen.iter().any(|file| file.gates > 0);
    for file in &mut seen {
        // What stands beside the filter need not hold it; but what serves requests must, and one file of all.
        if let Some(start) = file.start.clone().filter(|_| file.gates == 0 && (file.serves || !any)) {
            file.findings.add(Lint::NoFilter, "", start, LOOKED_FOR);
        }
    }
    seen.into_iter()
        .map(|Seen { name, text, findings, .. }| Checked { name, text, findings: findings.into_sorted() })
        .collect()
}

struct Seen {
    name: String,
    text: String,
    findings: Findings,
    /// Where its first document starts; `None` where it could not be read.
    start: Option<Range<usize>>,
    gates: usize,
    /// Whether an Envoy is told here how to serve requests.
    serves: bool,
}

impl Seen {
    fn new(name: String, text: String) -> Self {
        let mut seen = Seen { name, text, findings: Findings::default(), start: None, gates: 0, serves: false };
        let documents = match Located::read(&seen.text) {
            Ok(documents) => documents,
            Err(syntax) => {
                seen.findings.add(Lint::Syntax, "", syntax.span, syntax.message);
                return seen;
            }
        };
        seen.start = Some(documents.first().map(|document| document.place("")).unwrap_or_default());
        for document in &documents {
            // A patch without filters only changes how another serves.
            seen.serves |= At::root(document).walk().iter().any(|at| {
                at.message("HttpConnectionManager").is_some_and(|manager| manager.get("http_filters").is_some())
            });
            for object in find::objects(document) {
                seen.gates += check_object(&object, &seen.text, &mut seen.findings);
            }
        }
        seen
    }
}

/// Checks an object; how many gates are in it.
fn check_object(object: &At<'_>, text: &str, findings: &mut Findings) -> usize {
    match object.field("kind") {
        Some("WasmPlugin" | "TrafficExtension") => istio::check(object, findings),
        Some("EnvoyExtensionPolicy") => gateway::check_policy(object, findings),
        Some("ClientTrafficPolicy") => {
            gateway::check_client_traffic(object, findings);
            0
        }
        // Among other kinds of Kubernetes, Istio's EnvoyFilter and Envoy Gateway's patches hold Envoy's own messages.
        None if recognize::by_fields(object.json()) => {
            gate::check(&GateConfig::of(object), findings);
            1
        }
        _ => envoy::check(object, text, findings),
    }
}
