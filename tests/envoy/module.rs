//! The imports of the module. Envoy rejects a module with an unknown import, but only when it loads the module.

use std::collections::BTreeSet;

use wasmparser::{Parser, Payload};

use crate::proxy::artifacts::module;

#[test]
fn the_module_imports_only_proxy_wasm_and_wasi() {
    let path = module().unwrap_or_else(|error| panic!("{error}"));
    let module = std::fs::read(path).expect("the module");
    let mut from = BTreeSet::new();
    let mut exports = BTreeSet::new();
    for payload in Parser::new(0).parse_all(&module) {
        match payload.expect("a wasm module") {
            Payload::ImportSection(section) => {
                from.extend(section.into_imports().map(|import| import.expect("an import").module.to_owned()));
            }
            Payload::ExportSection(section) => {
                exports.extend(section.into_iter().map(|export| export.expect("an export").name.to_owned()));
            }
            _ => {}
        }
    }
    let wanted = ["env", "wasi_snapshot_preview1"].map(str::to_owned);
    assert_eq!(from, BTreeSet::from(wanted));
    // Otherwise this is another module.
    for name in ["proxy_abi_version_0_2_1", "proxy_on_configure", "proxy_on_request_headers"] {
        assert!(exports.contains(name), "no export `{name}`");
    }
}
