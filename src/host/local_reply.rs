//! Responses in the upstream's place, encoded when the filter is configured.

use super::ffi::send_local_response;
use crate::challenge::{Answer, Challenge, answer, details};
use crate::deny_reason::DenyReason;
use crate::wire::header_map::encode;

/// A response, encoded for the host.
pub(super) struct Reply {
    status: u16,
    headers: Vec<u8>,
    body: String,
    details: String,
}

/// The response to each deny reason, made when the filter is configured: a denied request only sends one.
pub(super) struct Replies {
    http: Vec<Reply>,
    grpc: Vec<Reply>,
}

impl Replies {
    /// The responses, worded by `challenge`.
    pub(super) fn new(challenge: &Challenge) -> Self {
        let reply = |reason: DenyReason| Reply::new(&answer(challenge, reason), details(reason));
        let grpc = |reason: DenyReason| Reply::new(&answer(challenge, reason).for_grpc(reason), details(reason));
        Self {
            http: DenyReason::ALL.into_iter().map(reply).collect(),
            grpc: DenyReason::ALL.into_iter().map(grpc).collect(),
        }
    }

    /// The response to a reason.
    pub(super) fn of(&self, reason: DenyReason, is_grpc: bool) -> Option<&Reply> {
        let replies = if is_grpc { &self.grpc } else { &self.http };
        replies.get(reason.index())
    }
}

impl Reply {
    /// The response of an answer; `details` is the text of `%RESPONSE_CODE_DETAILS%`.
    pub(super) fn new(answer: &Answer, details: String) -> Self {
        Self { status: answer.status, headers: encode(&answer.headers), body: answer.body.clone(), details }
    }

    /// Sends the response. If the host refuses to, the request stays paused.
    pub(super) fn send(&self) {
        send_local_response(self.status, &self.details, &self.body, &self.headers);
    }
}
