//! The adapter to the host: the only module that names `proxy_wasm`.
//!
//! The SDK's string getters trap on bytes that are not UTF-8, which any client can send, so header values are read as bytes.
//! A status that the SDK does not expect still traps; Envoy returns none for these calls.

mod clock;
mod configured;
mod crypto;
mod ffi;
mod filter_state;
mod http_context;
mod key_ring;
mod local_reply;
mod metrics;
mod root_context;
mod settle;
mod waiting;

use proxy_wasm::types::LogLevel;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|id| Box::new(root_context::GateRootContext::new(id)));
}}
