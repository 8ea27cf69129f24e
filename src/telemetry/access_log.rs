//! The access-log entry of a request: a `google.protobuf.Struct`, which Envoy writes as JSON
//! (`%FILTER_STATE(wasm.mfa_gate:TYPED)%`).

use crate::decision::Decision;
use crate::deny_reason::{ALLOW, DENY};
use crate::wire::google_struct::add_text;

/// Member: [`ALLOW`] or [`DENY`].
pub const DECISION: &str = "decision";
/// Member: the deny reason, as [`crate::deny_reason::DenyReason::as_str`].
pub const REASON: &str = "reason";
/// Member: the name of the route.
pub const ROUTE: &str = "route";
/// Member: the name of the policy.
pub const POLICY: &str = "policy";
/// Member: whether a user's token proves MFA, as [`crate::mfa::MfaState::as_str`].
pub const MFA: &str = "mfa";

/// Room for the members that a decision adds to those of its token, in bytes; short of it the vector grows.
const MEMBERS_BYTES: usize = 256;

/// Encodes the entry of a request.
///
/// Concatenated protobuf messages merge, so the token's members are copied as they were encoded at verification.
pub fn entry(decision: &Decision<'_>) -> Vec<u8> {
    let of_token = decision.token.as_ref().map(|token| token.verified.logged()).unwrap_or_default();
    let mut members = Vec::with_capacity(of_token.len().saturating_add(MEMBERS_BYTES));
    members.extend_from_slice(of_token);
    match &decision.outcome {
        Ok(_) => add_text(&mut members, DECISION, ALLOW),
        Err(denial) => {
            add_text(&mut members, DECISION, DENY);
            add_text(&mut members, REASON, denial.reason.as_str());
        }
    }
    if let Some(route) = decision.route {
        add_text(&mut members, ROUTE, &route.name);
    }
    if let Some(policy) = decision.policy {
        add_text(&mut members, POLICY, &policy.name);
    }
    if let Some(mfa) = decision.mfa {
        add_text(&mut members, MFA, mfa.as_str());
    }
    members
}
