//! Proof of MFA in a verified token.

use crate::issuer::AppOnlyMark;
use crate::policy::Proof;
use crate::token::{ClaimError, Verified};

/// Whether a user's token proves MFA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MfaState {
    /// The token carries the proof that the policy demands.
    Proven,
    /// The token carries no proof; treated as not proven.
    Missing,
    /// The token is of a kind that cannot carry the proof.
    Unknowable,
}

impl MfaState {
    /// The name in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Missing => "missing",
            Self::Unknowable => "unknowable",
        }
    }
}

/// The claims that may carry proof.
pub const CLAIMS: [&str; 5] = ["amr", "ver", FEDERATED_CLAIMS[0], FEDERATED_CLAIMS[1], FEDERATED_CLAIMS[2]];

/// The claim in which a federated identity provider states its authentication methods to Entra, in each spelling.
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
    /// `amr` is not an array of strings (RFC 8176 section 1), or the federated claim is neither a string nor an array of
    /// strings.
    pub fn find(&self, token: &Verified) -> Result<MfaState, ClaimError> {
        let claims = token.claims();
        let amr = claims.texts("amr")?;
        let by_amr = match (&self.amr, &amr) {
            (Some(wanted), Some(amr)) => wanted.met_by(amr),
            _ => false,
        };
        // A malformed claim is an error even if another claim proves MFA.
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
        // Entra's v2.0 access tokens never carry `amr`.
        let entra = token.issuer().app_only == Some(AppOnlyMark::Entra);
        let cannot_carry = entra && amr.is_none() && claims.text("ver")? == Some("2.0");
        Ok(if cannot_carry { MfaState::Unknowable } else { MfaState::Missing })
    }
}
