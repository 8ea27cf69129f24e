//! What would make a denied request pass.

use mfa_gate::deny_reason::DenyReason;
use serde_json::{Value, json};

use super::steps::Steps;

/// What to do.
struct Advice {
    /// For whoever runs the gate.
    operator: &'static str,
    /// For whoever sends the request; `None` if they can do nothing.
    caller: Option<&'static str>,
}

fn advice(reason: DenyReason) -> Advice {
    let (operator, caller) = match reason {
        DenyReason::PathUnreadable => (
            "no policy can let it pass, as upstreams would read it in different ways; if the client is yours, have it write the path plainly",
            Some("write the path from `/` on, with whole escapes, without NUL, and the host as a name alone"),
        ),
        DenyReason::PolicyUnknown => (
            "configure a policy of that name under `policies`, or name one that is there in the metadata of Envoy's route",
            None,
        ),
        DenyReason::TokenMissing => (
            "if it should pass without a token, give its path a route with the policy `public`; if it carries one elsewhere, name that header in `token.headers`; if jwt_authn verifies it, see that it does so before the gate",
            Some("get an access token of a trusted issuer and send it as `Authorization: Bearer TOKEN`"),
        ),
        DenyReason::TokenAmbiguous => (
            "if a proxy before the gate adds a token of its own, have it remove the client's; or name fewer headers in `token.headers`",
            Some("send one token, in one header"),
        ),
        DenyReason::TokenTooLarge => (
            "raise `token.max_bytes`, if the issuer's tokens are as long as this",
            Some("ask for a token with fewer claims or groups"),
        ),
        DenyReason::TokenMalformed => (
            "see what is in the header: an opaque token, an encrypted one, or one that was cut cannot be judged here",
            Some(
                "send the access token whole and unchanged, as a JWT of three parts; not an ID token, and nothing that is encrypted",
            ),
        ),
        DenyReason::AlgorithmNotAllowed => (
            "have the issuer sign with an algorithm that is taken and that its key is for; `none` and shared secrets never are",
            Some("get a token from the issuer itself, whose algorithm nobody changed"),
        ),
        DenyReason::KeyUnknown => (
            "see whether the issuer's key set has the key: one that is inline has to be replaced when the issuer changes its keys, one that is fetched may be another issuer's",
            Some("get a new token; the key of this one may have been withdrawn"),
        ),
        DenyReason::SignatureInvalid => (
            "see whether the key set is that of this issuer; a token that was changed, or is for Microsoft Graph, never verifies",
            Some("get a new token for this API and send it unchanged"),
        ),
        DenyReason::IssuerUntrusted => (
            "if its tokens should count, add it to `issuers` with `iss` letter by letter, the last `/` included",
            Some("get the token from the issuer that this API trusts"),
        ),
        DenyReason::TenantNotAllowed => (
            "if the tenant's users may come, add its `tid` to the issuer's `tenants`",
            Some("sign in to a tenant that this API serves"),
        ),
        DenyReason::AudienceMismatch => (
            "if the token is meant for this API, add its `aud` to the issuer's `audiences`",
            Some("ask for a token for this API: its audience is chosen by `resource` or `scope` of the token request"),
        ),
        DenyReason::TokenExpired => (
            "nothing, if the client's token is old; if all are, compare the clocks of gateway and issuer",
            Some("get a new token, by the refresh token or a new sign-in"),
        ),
        DenyReason::TokenNotYetValid => (
            "compare the clocks of gateway and issuer; `token.leeway` bears a small difference",
            Some("wait until the token is valid, or get a new one when the clock is right"),
        ),
        DenyReason::ClaimMalformed => (
            "have the issuer write the claim in the type that the standard gives it; the gate does not guess",
            Some("get a token from the issuer itself; if this is one, its operator has to mend the claim"),
        ),
        DenyReason::KeysUnavailable => (
            "see why the keys cannot be fetched: the cluster, its TLS, and what the issuer's server answers",
            Some("try again later with the same token, which may be good"),
        ),
        DenyReason::MfaMissing => (
            "nothing, if users should prove MFA; have the identity provider ask for it (Conditional Access), and where another provider does MFA, pass its proof on and set `federated: multipleauthn`",
            Some("sign in anew with MFA and use the new token: a token keeps what its sign-in proved"),
        ),
        DenyReason::MfaUnknowable => (
            "have Entra issue v1.0 access tokens for this API (`requestedAccessTokenVersion` 1 or null in its registration), which carry `amr`",
            Some("nothing: no v2.0 token can carry the proof; ask the API's operator"),
        ),
        DenyReason::AppOnlyNotAllowed => (
            "if applications may come without a user, set `app_only: allow` in the policy",
            Some("get a token on behalf of a user (App+User) instead of the application's own"),
        ),
        DenyReason::ClaimNotMet => (
            "if they should pass, give the user or application the role or scope at the issuer, or change `claims` of the policy",
            Some("ask for the scope, or to be given the role, and get a new token"),
        ),
    };
    Advice { operator, caller }
}

/// Adds the advice as a step.
pub fn tell(steps: &mut Steps<'_>, reason: DenyReason) {
    let Advice { operator, caller } = advice(reason);
    steps.begin("advice");
    steps.say(format!("operator: {operator}"));
    if let Some(caller) = caller {
        steps.say(format!("caller: {caller}"));
    }
}

/// The advice as JSON.
pub fn to_json(reason: DenyReason) -> Value {
    let Advice { operator, caller } = advice(reason);
    json!({"operator": operator, "caller": caller})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sentence_is_one_and_no_two_reasons_share_one() {
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
