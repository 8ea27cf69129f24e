//! The price of being asked: the least that a host takes for a filter that sees requests, and nothing behind it.
//! No SDK, as it exports every callback, and the host calls each that is exported.

#[unsafe(no_mangle)]
extern "C" fn proxy_abi_version_0_2_1() {}

/// A host wants it, and calls it only to hand over what was asked for.
#[unsafe(no_mangle)]
extern "C" fn proxy_on_memory_allocate(_size: usize) -> *mut u8 {
    core::ptr::null_mut()
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_vm_start(_context: u32, _size: u32) -> u32 {
    1
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_configure(_context: u32, _size: u32) -> u32 {
    1
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_context_create(_context: u32, _root: u32) {}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_headers(_context: u32, _headers: u32, _end_of_stream: u32) -> u32 {
    0
}
