//! What the access log is told, handed to Envoy as the filter state `wasm.mfa_gate`.

use log::warn;
use proxy_wasm::hostcalls;

use crate::access_log::entry;
use crate::decision::Decision;
use crate::protobuf::{put, put_number};

/// `WasmType.Protobuf`.
const PROTOBUF: u64 = 3;

const PROPERTY: &str = "mfa_gate";

/// Tells Envoy what the property is, so that it can write it as JSON.
pub fn declare() {
    // `DeclarePropertyArguments`: name, readonly, type, schema.
    let mut declaration = Vec::new();
    put(&mut declaration, 1, PROPERTY.as_bytes());
    put_number(&mut declaration, 2, 1);
    put_number(&mut declaration, 3, PROTOBUF);
    put(&mut declaration, 4, b"type.googleapis.com/google.protobuf.Struct");
    if hostcalls::call_foreign_function("declare_property", Some(&declaration)).is_err() {
        warn!("the host cannot declare properties: the access log has no `mfa_gate`");
    }
}

/// Tells the access log of a request that was decided.
pub fn tell(decision: &Decision<'_>) {
    let _ = hostcalls::set_property(vec![PROPERTY], Some(&entry(decision)));
}
