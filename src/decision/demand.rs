//! Whether a verified token meets a policy's demand.

use super::denial::Denial;
use crate::deny_reason::DenyReason;
use crate::mfa::MfaState;
use crate::policy::{AppOnly, MfaDemand, Values};
use crate::token::{ClaimError, Claims, Subject, Verified};

impl MfaDemand {
    /// Checks whether a verified token meets the demand.
    pub(super) fn met_by(&self, token: &Verified) -> Result<(), Denial> {
        match (token.subject(), self.app_only) {
            (Subject::App, AppOnly::Allow) => {}
            (Subject::App, AppOnly::Deny) => {
                return Err(Denial::new(
                    DenyReason::AppOnlyNotAllowed,
                    "the policy wants a user, the token is an application's own",
                ));
            }
            (Subject::User, _) => match self.proof.find(token)? {
                MfaState::Proven => {}
                MfaState::Missing => return Err(Denial::new(DenyReason::MfaMissing, "the token does not prove MFA")),
                MfaState::Unknowable => {
                    return Err(Denial::new(
                        DenyReason::MfaUnknowable,
                        "a v2.0 token of Entra carries no `amr`, so it cannot prove MFA",
                    ));
                }
            },
        }
        for (name, wanted) in &self.claims {
            if !claim_meets(token.claims(), name, wanted)? {
                return Err(Denial::new(
                    DenyReason::ClaimNotMet,
                    format!("claim `{name}` does not hold what the policy wants"),
                ));
            }
        }
        Ok(())
    }
}

/// Whether a claim holds what is wanted: the items of an array, a string as one value, `scp` and `scope` split at spaces
/// (RFC 8693 section 4.2).
///
/// # Errors
///
/// The claim is neither a string nor an array of strings.
pub fn claim_meets(claims: &Claims<'_>, name: &str, wanted: &Values) -> Result<bool, ClaimError> {
    let Some(values) = claims.text_or_texts(name)? else { return Ok(false) };
    let words: Vec<&str> = match name {
        "scp" | "scope" => values.iter().flat_map(|value| value.split(' ')).collect(),
        _ => values,
    };
    Ok(wanted.met_by(&words))
}
