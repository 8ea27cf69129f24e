//! The shell: the only place that knows the proxy.
//!
//! The SDK's convenient getters trap on bytes that are not UTF-8, which any client can send; so header values are
//! had as bytes. A status that the SDK does not expect still traps; Envoy gives none for these calls.

mod crypto;
mod exchange;
mod filter_state;
mod gate;
mod header_map;
mod key_ring;
mod local_reply;
mod metrics;
mod waiting;

use proxy_wasm::types::LogLevel;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|id| Box::new(gate::GateContext::new(id)));
}}
