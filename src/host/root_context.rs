//! The root context: one configuration of the filter in one worker.

use std::rc::Rc;
use std::time::Duration;

use log::{error, info};
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{BufferType, ContextType};

use super::clock::now;
use super::configured::Configured;
use super::filter_state;
use super::http_context::GateHttpContext;
use super::key_ring::{KeyRing, TICK};
use super::settle::settle_waiting;
use crate::config;
use crate::time::{Span, UnixTime};

/// Holds the configuration. A host creates no HTTP context before there is one, nor after it was refused.
pub(super) struct GateRootContext {
    id: u32,
    ticks: u32,
    configured: Option<Rc<Configured>>,
}

/// The delay of the first tick, which fetches keys: as short as possible.
const FIRST_TICK: Span = Span::from_millis(1);

/// Counts are flushed every second, so that several increments of one of thousands of series share a host call.
const TICKS_OF_METRICS: u32 = 10;

fn tick_in(period: Span) {
    let _ = hostcalls::set_tick_period(Duration::from_millis(period.as_millis().unsigned_abs()));
}

impl GateRootContext {
    /// A context without a configuration.
    pub(super) fn new(id: u32) -> Self {
        Self { id, ticks: 0, configured: None }
    }

    /// Updates the keys, and settles the requests that waited for them.
    fn update_keys(&self, update: impl FnOnce(&KeyRing, UnixTime)) {
        let (Some(configured), Some(now)) = (&self.configured, now()) else { return };
        update(&configured.ring, now);
        settle_waiting(configured, now, self.id);
    }
}

impl Context for GateRootContext {
    fn on_http_call_response(&mut self, token: u32, headers: usize, body_size: usize, _trailers: usize) {
        // A failed call has no headers, and asking the host for one would trap.
        let body_size = (headers > 0).then_some(body_size);
        self.update_keys(|ring, now| ring.answer(token, body_size, now));
    }
}

impl RootContext for GateRootContext {
    fn on_configure(&mut self, size: usize) -> bool {
        // Set the level now, so that no request formats a message that the host drops.
        if let Ok(level) = hostcalls::get_log_level() {
            proxy_wasm::set_log_level(level);
        }
        let bytes = hostcalls::get_buffer(BufferType::PluginConfiguration, 0, size).ok().flatten().unwrap_or_default();
        match config::parse(&bytes) {
            Ok(gate) => {
                info!(
                    "mfa-gate {} loaded its configuration: {} issuers, {} policies, {} routes, default `{}`",
                    env!("CARGO_PKG_VERSION"),
                    gate.trust.issuers.len(),
                    gate.policies.len(),
                    gate.routes.iter().count(),
                    gate.default.name
                );
                let configured = Configured::new(gate);
                info!("mfa-gate verifies {}", configured.crypto.describe());
                if configured.gate.trust.access_log.is_some() {
                    filter_state::declare();
                }
                // No fetch begins here: Envoy configures one VM more than it keeps, and a fetch of that one is lost.
                tick_in(FIRST_TICK);
                self.ticks = 0;
                self.configured = Some(Rc::new(configured));
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

    fn on_tick(&mut self) {
        if self.ticks == 0 {
            tick_in(TICK);
        }
        self.ticks = self.ticks.wrapping_add(1);
        self.update_keys(KeyRing::tick);
        if self.ticks.is_multiple_of(TICKS_OF_METRICS)
            && let Some(configured) = &self.configured
        {
            configured.metrics.flush();
        }
    }

    fn create_http_context(&self, context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(GateHttpContext::new(context_id, self.configured.clone())))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}
