//! What Envoy's own filters and its access log are told of a request, in its filter state.

#![allow(unsafe_code, reason = "the host's function is declared here, as the SDK declares the rest")]

use log::warn;
use proxy_wasm::hostcalls;

use crate::access_log::entry;
use crate::decision::Decision;
use crate::deny_reason::DenyReason;
use crate::protobuf::{put, put_number};

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn proxy_set_property(path: *const u8, path_size: usize, value: *const u8, value_size: usize) -> u32;
}

/// `WasmType.Protobuf`.
const PROTOBUF: u64 = 3;

/// `wasm.mfa_gate` to others.
const LOG_ENTRY: &str = "mfa_gate";

/// `wasm.mfa_gate.reason` to others.
const REASON: &str = "mfa_gate.reason";

/// Tells Envoy what the log entry is, so that it can write it as JSON.
pub fn declare() {
    // `DeclarePropertyArguments`: name, type, schema. Not read-only: of two gates in a chain the last has the word.
    let mut declaration = Vec::new();
    put(&mut declaration, 1, LOG_ENTRY.as_bytes());
    put_number(&mut declaration, 3, PROTOBUF);
    put(&mut declaration, 4, b"type.googleapis.com/google.protobuf.Struct");
    if hostcalls::call_foreign_function("declare_property", Some(&declaration)).is_err() {
        warn!("the host cannot declare properties: the access log has no `mfa_gate`");
    }
}

/// Tells the access log of a request that was decided.
pub fn tell(decision: &Decision<'_>) {
    set(LOG_ENTRY, &entry(decision));
}

/// Tells why the status line should differ.
pub fn tell_reason(reason: DenyReason) {
    set(REASON, reason.as_str().as_bytes());
}

/// Sets a property, where the host lets it be set: another's may have its name. The SDK's own call traps there.
fn set(path: &str, value: &[u8]) {
    // SAFETY: every pointer is that of a live slice and goes with its length; the host copies before it returns.
    unsafe { proxy_set_property(path.as_ptr(), path.len(), value.as_ptr(), value.len()) };
}
