//! The filter state of a request: the access-log entry, and the deny reason for Envoy's other filters.

use log::warn;
use proxy_wasm::hostcalls;

use super::ffi::set_property;
use crate::decision::Decision;
use crate::deny_reason::DenyReason;
use crate::telemetry::access_log::entry;
use crate::wire::protobuf::{put, put_number};

/// `WasmType.Protobuf`.
const PROTOBUF: u64 = 3;

/// Envoy's name for it is `wasm.mfa_gate`.
const LOG_ENTRY: &str = "mfa_gate";

/// Envoy's name for it is `wasm.mfa_gate.reason`.
const REASON: &str = "mfa_gate.reason";

/// Declares the type of the log entry, so that Envoy can write it as JSON.
pub(super) fn declare() {
    // `DeclarePropertyArguments`: name, type, schema. Not read-only: of two gates in a chain the last one writes.
    let mut declaration = Vec::new();
    put(&mut declaration, 1, LOG_ENTRY.as_bytes());
    put_number(&mut declaration, 3, PROTOBUF);
    put(&mut declaration, 4, b"type.googleapis.com/google.protobuf.Struct");
    if hostcalls::call_foreign_function("declare_property", Some(&declaration)).is_err() {
        warn!("the host cannot declare properties: the access log has no `mfa_gate`");
    }
}

/// Sets the access-log entry of a decided request.
pub(super) fn set_log_entry(decision: &Decision<'_>) {
    set_property(LOG_ENTRY, &entry(decision));
}

/// Sets the reason, by which the shipped Lua filter words the status line.
pub(super) fn set_reason(reason: DenyReason) {
    set_property(REASON, reason.as_str().as_bytes());
}
