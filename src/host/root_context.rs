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

/// Holds the configuration, once there is one. A host creates no exchange before, nor with one that was refused.
pub(super) struct GateRootContext {
    id: u32,
    ticks: u32,
    configured: Option<Rc<Configured>>,
}

/// The first look at the keys comes as soon as the host can.
const FIRST_TICK: Span = Span::from_millis(1);

/// What was counted is told every second: of thousands of series, each is then told several counts at once.
const TICKS_OF_METRICS: u32 = 10;

fn tick_in(period: Span) {
    let _ = hostcalls::set_tick_period(Duration::from_millis(period.as_millis().unsigned_abs()));
}

impl GateRootContext {
    /// Not configured yet.
    pub fn new(id: u32) -> Self {
        GateRootContext { id, ticks: 0, configured: None }
    }

    /// Keeps keys fresh, and settles the requests that waited for them.
    fn look_after_keys(&self, look: impl FnOnce(&KeyRing, UnixTime)) {
        let (Some(configured), Some(now)) = (&self.configured, now()) else { return };
        look(&configured.ring, now);
        settle_waiting(configured, now, self.id);
    }
}

impl Context for GateRootContext {
    fn on_http_call_response(&mut self, token: u32, headers: usize, body_size: usize, _trailers: usize) {
        // A call that failed has no headers, and to ask the host for one would trap.
        let body_size = (headers > 0).then_some(body_size);
        self.look_after_keys(|ring, now| ring.answer(token, body_size, now));
    }
}

impl RootContext for GateRootContext {
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
                // No fetch begins here: Envoy configures one machine more than it keeps, and a fetch begun there is lost.
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
        self.look_after_keys(KeyRing::tick);
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
