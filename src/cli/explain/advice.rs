//! Advice on how a denied request could be allowed.

use mfa_gate::deny_reason::DenyReason;
use serde_json::{Value, json};

use super::steps::Steps;

/// Advice for the operator and for the caller.
struct Advice {
    /// For the operator of the gate.
    operator: &'static str,
    /// For the sender of the request; `None` if the sender can do nothing.
    caller: Option<&'static str>,
}

fn advice(reason: DenyReason) -> Advice {
    let (operator, caller) = match reason {
        DenyReason::PathUnreadable => (
            "no policy can allow it, because upstreams would interpret it in different ways; if the client is yours, make it send a plain path",
            Some("send a path that starts with `/`, with complete escapes and without NUL, and a plain host name"),
        ),
        DenyReason::PolicyUnknown => {
            ("add a policy of that name to `policies`, or name an existing one in the metadata of Envoy's route", None)
        }
        DenyReason::TokenMissing => (
            "if the path needs no token, add a route with the policy `public`; if another header carries the token, add that header to `token.headers`; if jwt_authn verifies the token, place it before the gate",
            Some("get an access token of a trusted issuer and send it as `Authorization: Bearer TOKEN`"),
        ),
        DenyReason::TokenAmbiguous => (
            "if a proxy before the gate adds its own token, make it remove the client's; or list fewer headers in `token.headers`",
            Some("send one token, in one header"),
        ),
        DenyReason::TokenTooLarge => (
            "raise `token.max_bytes`, if the issuer's tokens are this long",
            Some("ask for a token with fewer claims or groups"),
        ),
        DenyReason::TokenMalformed => (
            "check the header's value: the gate cannot verify an opaque, encrypted or truncated token",
            Some(
                "send the complete, unchanged access token, a signed JWT of three parts; not an ID token, and not an encrypted token",
            ),
        ),
        DenyReason::AlgorithmNotAllowed => (
            "make the issuer sign with a supported algorithm that matches its key; `none` and shared secrets are never supported",
            Some("get a token directly from the issuer and do not change its header"),
        ),
        DenyReason::KeyUnknown => (
            "check that the issuer's key set contains the key: update an inline key set when the issuer rotates its keys; a fetched one may belong to another issuer",
            Some("get a new token; the issuer may have withdrawn the key of this one"),
        ),
        DenyReason::SignatureInvalid => (
            "check that the key set belongs to this issuer; a changed token, or one for Microsoft Graph, never verifies",
            Some("get a new token for this API and send it unchanged"),
        ),
        DenyReason::IssuerUntrusted => (
            "if its tokens should be accepted, add it to `issuers` exactly as in `iss`, including a final `/`",
            Some("get the token from the issuer that this API trusts"),
        ),
        DenyReason::TenantNotAllowed => (
            "if the tenant's users should have access, add its `tid` to the issuer's `tenants`",
            Some("sign in to a tenant that this API serves"),
        ),
        DenyReason::AudienceMismatch => (
            "if the token is meant for this API, add its `aud` to the issuer's `audiences`",
            Some("request a token for this API: `resource` or `scope` of the token request selects the audience"),
        ),
        DenyReason::TokenExpired => (
            "nothing, if only this token is old; if all tokens are expired, compare the clocks of gateway and issuer",
            Some("get a new token, with the refresh token or a new sign-in"),
        ),
        DenyReason::TokenNotYetValid => (
            "compare the clocks of gateway and issuer; `token.leeway` tolerates a small difference",
            Some("wait until the token is valid, or get a new one after the clock is corrected"),
        ),
        DenyReason::ClaimMalformed => (
            "make the issuer write the claim with its standard type; the gate does not convert types",
            Some("get a token directly from the issuer; if this is one, the issuer's operator must correct the claim"),
        ),
        DenyReason::KeysUnavailable => (
            "check why the keys cannot be fetched: the cluster, its TLS settings, and the answer of the issuer's server",
            Some("try again later with the same token, which may be valid"),
        ),
        DenyReason::MfaMissing => (
            "nothing, if users should prove MFA; make the identity provider require it (Conditional Access); if a federated provider does MFA, forward its proof and set `federated: multipleauthn`",
            Some("sign in again with MFA and use the new token: a token proves only what its sign-in proved"),
        ),
        DenyReason::MfaUnknowable => (
            "make Entra issue v1.0 access tokens for this API (`requestedAccessTokenVersion` 1 or null in its registration), which carry `amr`",
            Some("nothing: a v2.0 token cannot carry the proof; ask the API's operator"),
        ),
        DenyReason::AppOnlyNotAllowed => (
            "if applications should have access without a user, set `app_only: allow` in the policy",
            Some("get a token on behalf of a user (App+User) instead of the application's own"),
        ),
        DenyReason::ClaimNotMet => (
            "if they should have access, assign the role or scope at the issuer, or change `claims` of the policy",
            Some("request the scope, or have the role assigned, and get a new token"),
        ),
    };
    Advice { operator, caller }
}

/// Adds the advice as a step.
pub(super) fn add(steps: &mut Steps<'_>, reason: DenyReason) {
    let Advice { operator, caller } = advice(reason);
    steps.begin("advice");
    steps.add(format!("operator: {operator}"));
    if let Some(caller) = caller {
        steps.add(format!("caller: {caller}"));
    }
}

/// The advice as JSON.
pub(super) fn to_json(reason: DenyReason) -> Value {
    let Advice { operator, caller } = advice(reason);
    json!({"operator": operator, "caller": caller})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_advice_is_one_line_and_unique_to_its_reason() {
        let mut seen = Vec::new();
        for reason in DenyReason::ALL {
            let Advice { operator, caller } = advice(reason);
            for sentence in std::iter::once(operator).chain(caller) {
                assert!(!sentence.ends_with('.') && !sentence.contains('\n'), "{}", reason.as_str());
                assert!(!seen.contains(&sentence), "{}: {sentence}", reason.as_str());
                seen.push(sentence);
            }
        }
    }
}
