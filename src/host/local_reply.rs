//! Answering in the upstream's place, with a text for `%RESPONSE_CODE_DETAILS%`, which the SDK leaves empty.

#![allow(unsafe_code, reason = "the host's function is declared here, as the SDK declares the rest")]

use crate::challenge::{Answer, Challenge, answer, details};
use crate::deny_reason::DenyReason;

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

/// An answer as the host takes it.
pub struct Reply {
    status: u16,
    headers: Vec<u8>,
    body: String,
    details: String,
}

/// The answers to every reason, made when the filter is configured: a denied request only sends one.
pub struct Replies {
    http: Vec<Reply>,
    grpc: Vec<Reply>,
}

impl Replies {
    /// The answers as they are to be worded.
    pub fn new(challenge: &Challenge) -> Self {
        let reply = |reason: DenyReason| Reply::new(&answer(challenge, reason), details(reason));
        let grpc = |reason: DenyReason| Reply::new(&answer(challenge, reason).for_grpc(reason), details(reason));
        Replies {
            http: DenyReason::ALL.into_iter().map(reply).collect(),
            grpc: DenyReason::ALL.into_iter().map(grpc).collect(),
        }
    }

    /// The answer to a reason. There is one for each.
    pub fn of(&self, reason: DenyReason, is_grpc: bool) -> Option<&Reply> {
        let replies = if is_grpc { &self.grpc } else { &self.http };
        replies.get(reason as usize)
    }
}

impl Reply {
    /// An answer, and what the log's `%RESPONSE_CODE_DETAILS%` says of it.
    pub fn new(answer: &Answer, details: String) -> Self {
        Reply { status: answer.status, headers: serialize(&answer.headers), body: answer.body.clone(), details }
    }

    /// Sends it. Where the host will not send it, the request stays paused.
    pub fn send(&self) {
        // SAFETY: every pointer is that of a live slice and goes with its length; the host copies before it returns.
        unsafe {
            proxy_send_local_response(
                u32::from(self.status),
                self.details.as_ptr(),
                self.details.len(),
                self.body.as_ptr(),
                self.body.len(),
                self.headers.as_ptr(),
                self.headers.len(),
                GRPC_STATUS_OF_HTTP,
            );
        }
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
