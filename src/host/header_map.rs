//! All headers in one call, their bytes as they are: the SDK's own copies each, and traps on a name that is not UTF-8.

#![allow(unsafe_code, reason = "the host's function is declared here, as the SDK declares the rest")]

use std::ptr::null_mut;

use proxy_wasm::types::MapType;

use crate::headers::Headers;

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, size: *mut usize) -> u32;
}

const OK: u32 = 0;

/// The headers, or trailers, of this kind; `None` where the host has none to give.
pub fn headers(map: MapType) -> Option<Headers> {
    let mut data = null_mut();
    let mut size = 0;
    // SAFETY: both pointers are to live variables, which the host writes before it returns.
    let status = unsafe { proxy_get_header_map_pairs(map as u32, &raw mut data, &raw mut size) };
    if status != OK || data.is_null() {
        return None;
    }
    // SAFETY: the host had these bytes from `proxy_on_memory_allocate`, where the SDK makes a vector of just this
    // capacity and gives it away; it wrote all of them.
    Some(Headers::new(unsafe { Vec::from_raw_parts(data, size, size) }))
}
