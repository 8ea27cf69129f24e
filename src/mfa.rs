//! Proof of MFA in a verified token.

use crate::issuer::AppOnlyMark;
use crate::policy::Proof;
use crate::token::{ClaimError, Verified};

/// What a user's token says of MFA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MfaState {
    /// It was done, as the policy wants it.
    Proven,
    /// The token does not say so, which is a no.
    Missing,
    /// A token of a kind that cannot say so.
    Unknowable,
}

impl MfaState {
    /// The name in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            MfaState::Proven => "proven",
            MfaState::Missing => "missing",
            MfaState::Unknowable => "unknowable",
        }
    }
}

/// The claims that are looked at for proof.
pub const CLAIMS: [&str; 5] = ["amr", "ver", FEDERATED_CLAIMS[0], FEDERATED_CLAIMS[1], FEDERATED_CLAIMS[2]];

/// The claim in which Entra is told what a federated identity provider did, in each spelling.
pub const FEDERATED_CLAIMS: [&str; 3] = [
    "authenticationmethodsreferences",
    "authnmethodsreferences",
    "http://schemas.microsoft.com/claims/authnmethodsreferences",
];

/// Its value for MFA, in each spelling.
pub const FEDERATED_VALUES: [&str; 2] = ["multipleauthn", "http://schemas.microsoft.com/claims/multipleauthn"];

impl Proof {
    /// Looks for the proof in a user's token.
    ///
    /// # Errors
    ///
    /// `amr` is there and no array of strings (RFC 8176 section 1), or the federated claim is neither a string nor
    /// an array of strings.
    pub fn find(&self, token: &Verified) -> Result<MfaState, ClaimError> {
        let claims = token.claims();
        let amr = claims.texts("amr")?;
        let by_amr = match (&self.amr, &amr) {
            (Some(wanted), Some(amr)) => wanted.met_by(amr),
            _ => false,
        };
        // A malformed claim is an error even where another one proves MFA: a token is good or it is not.
        let by_federation = self.federated && {
            let mut found = false;
            for claim in FEDERATED_CLAIMS {
                let values = claims.text_or_texts(claim)?.unwrap_or_default();
                found |= values.iter().any(|value| FEDERATED_VALUES.contains(value));
            }
            found
        };
        if by_amr || by_federation {
            return Ok(MfaState::Proven);
        }
        // Entra's v2.0 access tokens have no `amr`, whatever the user did.
        let entra = token.issuer().app_only == Some(AppOnlyMark::Entra);
        let speechless = entra && amr.is_none() && claims.text("ver")? == Some("2.0");
        Ok(if speechless { MfaState::Unknowable } else { MfaState::Missing })
    }
}
