//! Host functions that the SDK does not declare, or whose wrappers trap or lose information.
//!
//! The only unsafe code of the crate.

#![allow(unsafe_code, reason = "host functions are foreign functions")]

use std::ptr::null_mut;

use proxy_wasm::types::MapType;

use crate::wire::header_map::HeaderMap;

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, size: *mut usize) -> u32;

    fn proxy_send_local_response(
        status: u32,
        details: *const u8,
        details_size: usize,
        body: *const u8,
        body_size: usize,
        headers: *const u8,
        headers_size: usize,
        grpc_status: i32,
    ) -> u32;

    fn proxy_set_property(path: *const u8, path_size: usize, value: *const u8, value_size: usize) -> u32;
}

const OK: u32 = 0;

/// Leaves the gRPC status to the host, which derives it from the HTTP status.
const GRPC_STATUS_OF_HTTP: i32 = -1;

/// The headers or trailers of this kind, in one call; `None` if the host has none to give.
///
/// The SDK's wrapper copies each header, and traps on a name that is not UTF-8.
#[expect(clippy::as_conversions, reason = "the discriminants are proxy-wasm's numbers")]
pub(super) fn headers(map: MapType) -> Option<HeaderMap> {
    let mut data = null_mut();
    let mut size = 0;
    // SAFETY: both pointers are to live variables, which the host writes before it returns.
    let status = unsafe { proxy_get_header_map_pairs(map as u32, &raw mut data, &raw mut size) };
    if status != OK || data.is_null() {
        return None;
    }
    // SAFETY: the host allocated these bytes by `proxy_on_memory_allocate`, where the SDK makes a vector of exactly this
    // capacity and gives up its ownership; the host wrote all of them.
    Some(HeaderMap::new(unsafe { Vec::from_raw_parts(data, size, size) }))
}

/// Answers the request in the upstream's place. `headers` are encoded as [`crate::wire::header_map::encode`] does; `details`
/// is the text of `%RESPONSE_CODE_DETAILS%`, which the SDK's wrapper leaves empty.
///
/// Ignores a refusal: the request then stays paused and never reaches the upstream.
pub(super) fn send_local_response(status: u16, details: &str, body: &str, headers: &[u8]) {
    // SAFETY: every pointer and length describe a live slice; the host copies before it returns.
    unsafe {
        proxy_send_local_response(
            u32::from(status),
            details.as_ptr(),
            details.len(),
            body.as_ptr(),
            body.len(),
            headers.as_ptr(),
            headers.len(),
            GRPC_STATUS_OF_HTTP,
        );
    }
}

/// Sets a property. Ignores a refusal: another filter may own the name. The SDK's wrapper traps there.
pub(super) fn set_property(path: &str, value: &[u8]) {
    // SAFETY: every pointer and length describe a live slice; the host copies before it returns.
    unsafe { proxy_set_property(path.as_ptr(), path.len(), value.as_ptr(), value.len()) };
}
