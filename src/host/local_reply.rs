//! Answering in the upstream's place, with a text for `%RESPONSE_CODE_DETAILS%`, which the SDK leaves empty.

#![allow(unsafe_code, reason = "the host's function is declared here, as the SDK declares the rest")]

use crate::challenge::Answer;

#[link(wasm_import_module = "env")]
unsafe extern "C" {
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
}

/// Leaves the gRPC status to the host, which derives it from the HTTP status.
const GRPC_STATUS_OF_HTTP: i32 = -1;

/// Sends the answer. Where the host will not send it, the request stays paused.
pub fn send(answer: &Answer, details: &str) {
    let headers = serialize(&answer.headers);
    // SAFETY: every pointer is that of a live slice and goes with its length; the host copies before it returns.
    unsafe {
        proxy_send_local_response(
            u32::from(answer.status),
            details.as_ptr(),
            details.len(),
            answer.body.as_ptr(),
            answer.body.len(),
            headers.as_ptr(),
            headers.len(),
            GRPC_STATUS_OF_HTTP,
        );
    }
}

/// Header pairs as proxy-wasm 0.2.1 has them: their number, the sizes of each, then each name and value with a
/// zero byte behind it; numbers are 32 bits, little endian.
fn serialize(headers: &[(String, String)]) -> Vec<u8> {
    // No length comes near 32 bits: all are the configuration's.
    let size = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes();
    let mut bytes = size(headers.len()).to_vec();
    for (name, value) in headers {
        bytes.extend_from_slice(&size(name.len()));
        bytes.extend_from_slice(&size(value.len()));
    }
    for part in headers.iter().flat_map(|(name, value)| [name, value]) {
        bytes.extend_from_slice(part.as_bytes());
        bytes.push(0);
    }
    bytes
}
