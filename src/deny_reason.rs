//! The closed set of deny reasons.

/// The outcome of an allowed request in headers, logs and metrics.
pub const ALLOW: &str = "allow";

/// The outcome of a denied request in logs and metrics.
pub const DENY: &str = "deny";

/// Why a request was denied. Responses, logs and metrics use this closed set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DenyReason {
    /// The path cannot be read.
    PathUnreadable,
    /// Envoy's route names a policy that is not configured.
    PolicyUnknown,
    /// The request carries no token.
    TokenMissing,
    /// The request carries more than one token.
    TokenAmbiguous,
    /// The token is longer than `token.max_bytes`.
    TokenTooLarge,
    /// The token is not a JWS in compact form, or has a header that is not supported.
    TokenMalformed,
    /// The algorithm is not supported, or not the key's.
    AlgorithmNotAllowed,
    /// The issuer has no such key.
    KeyUnknown,
    /// The signature is not the key's.
    SignatureInvalid,
    /// The issuer is not configured.
    IssuerUntrusted,
    /// The issuer is not trusted for this tenant.
    TenantNotAllowed,
    /// The token is for another audience.
    AudienceMismatch,
    /// `exp` has passed.
    TokenExpired,
    /// `nbf` or `iat` is in the future.
    TokenNotYetValid,
    /// A claim has a type or value that it cannot have.
    ClaimMalformed,
    /// The issuer's keys are not available.
    KeysUnavailable,
    /// A user's token does not prove MFA.
    MfaMissing,
    /// A user's token is of a kind that cannot carry the proof.
    MfaUnknowable,
    /// The token is application-only, and the policy requires a user.
    AppOnlyNotAllowed,
    /// A further claim condition of the policy is not met.
    ClaimNotMet,
}

impl DenyReason {
    /// Every reason, in the order of the variants.
    pub const ALL: [Self; 20] = [
        Self::PathUnreadable,
        Self::PolicyUnknown,
        Self::TokenMissing,
        Self::TokenAmbiguous,
        Self::TokenTooLarge,
        Self::TokenMalformed,
        Self::AlgorithmNotAllowed,
        Self::KeyUnknown,
        Self::SignatureInvalid,
        Self::IssuerUntrusted,
        Self::TenantNotAllowed,
        Self::AudienceMismatch,
        Self::TokenExpired,
        Self::TokenNotYetValid,
        Self::ClaimMalformed,
        Self::KeysUnavailable,
        Self::MfaMissing,
        Self::MfaUnknowable,
        Self::AppOnlyNotAllowed,
        Self::ClaimNotMet,
    ];

    /// Position in [`Self::ALL`].
    #[expect(clippy::as_conversions, reason = "the discriminants count from 0")]
    pub fn index(self) -> usize {
        self as usize
    }

    /// The name in logs and metrics. Stable.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PathUnreadable => "path-unreadable",
            Self::PolicyUnknown => "policy-unknown",
            Self::TokenMissing => "token-missing",
            Self::TokenAmbiguous => "token-ambiguous",
            Self::TokenTooLarge => "token-too-large",
            Self::TokenMalformed => "token-malformed",
            Self::AlgorithmNotAllowed => "algorithm-not-allowed",
            Self::KeyUnknown => "key-unknown",
            Self::SignatureInvalid => "signature-invalid",
            Self::IssuerUntrusted => "issuer-untrusted",
            Self::TenantNotAllowed => "tenant-not-allowed",
            Self::AudienceMismatch => "audience-mismatch",
            Self::TokenExpired => "token-expired",
            Self::TokenNotYetValid => "token-not-yet-valid",
            Self::ClaimMalformed => "claim-malformed",
            Self::KeysUnavailable => "keys-unavailable",
            Self::MfaMissing => "mfa-missing",
            Self::MfaUnknowable => "mfa-unknowable",
            Self::AppOnlyNotAllowed => "app-only-not-allowed",
            Self::ClaimNotMet => "claim-not-met",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::DenyReason;

    #[test]
    fn all_are_in_their_order() {
        for (index, reason) in DenyReason::ALL.into_iter().enumerate() {
            assert_eq!(reason.index(), index, "{reason:?}");
        }
    }
}
