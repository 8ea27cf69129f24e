//! The root context: one configuration of the filter in one worker.

use std::rc::Rc;

use log::{error, info};
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{BufferType, ContextType};

use super::exchange::Exchange;
use crate::config;
use crate::policy::Gate;

/// Holds the configuration, once there is one. A host creates no exchange before, nor with one that was refused.
#[derive(Default)]
pub struct GateContext {
    gate: Option<Rc<Gate>>,
}

impl Context for GateContext {}

impl RootContext for GateContext {
    fn on_configure(&mut self, size: usize) -> bool {
        // Whether the host drops a message is known now, so that no request pays for one that nobody reads.
        if let Ok(level) = hostcalls::get_log_level() {
            proxy_wasm::set_log_level(level);
        }
        let bytes = hostcalls::get_buffer(BufferType::PluginConfiguration, 0, size).ok().flatten().unwrap_or_default();
        match config::parse(&bytes) {
            Ok(gate) => {
                info!(
                    "mfa-gate {} took its configuration: {} issuers, {} policies, {} routes, default `{}`",
                    env!("CARGO_PKG_VERSION"),
                    gate.issuers.len(),
                    gate.policies.len(),
                    gate.routes.iter().count(),
                    gate.default.name
                );
                self.gate = Some(Rc::new(gate));
                true
            }
            Err(errors) => {
                for error in errors.iter() {
                    error!("mfa-gate refuses its configuration: {error}");
                }
                false
            }
        }
    }

    fn create_http_context(&self, _context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Exchange::new(self.gate.clone())))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}
