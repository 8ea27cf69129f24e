//! The host's clock.

use std::time::UNIX_EPOCH;

use proxy_wasm::hostcalls;

use crate::time::UnixTime;

/// The time now; `None` if the host has no clock.
pub(super) fn now() -> Option<UnixTime> {
    let since = hostcalls::get_current_time().ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(UnixTime::from_millis)
}
