//! The reasons for which a request is denied.

/// Why a request was denied: the closed set that answers, logs and metrics use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DenyReason {
    /// The path has no reading that could be judged.
    PathUnreadable,
    /// Envoy's route names a policy that is not configured.
    PolicyUnknown,
    /// No token where one could be.
    TokenMissing,
    /// More than one token.
    TokenAmbiguous,
    /// Longer than what is read.
    TokenTooLarge,
    /// Not a token that is read.
    TokenMalformed,
    /// An algorithm that is not taken, or not by this key.
    AlgorithmNotAllowed,
    /// The issuer has no such key.
    KeyUnknown,
    /// Not the key's signature.
    SignatureInvalid,
    /// No configured issuer.
    IssuerUntrusted,
    /// Not for this tenant.
    TenantNotAllowed,
    /// For another audience.
    AudienceMismatch,
    /// Past its `exp`.
    TokenExpired,
    /// Before its `nbf` or `iat`.
    TokenNotYetValid,
    /// A claim with a type or value that it cannot have.
    ClaimMalformed,
    /// The issuer's keys are not at hand.
    KeysUnavailable,
    /// A user without proof of MFA.
    MfaMissing,
    /// A user with a token that cannot carry the proof.
    MfaUnknowable,
    /// An application where a user is wanted.
    AppOnlyNotAllowed,
    /// A further condition on a claim is not met.
    ClaimNotMet,
}

impl DenyReason {
    /// Every reason, in the order of the variants.
    pub const ALL: [DenyReason; 20] = [
        DenyReason::PathUnreadable,
        DenyReason::PolicyUnknown,
        DenyReason::TokenMissing,
        DenyReason::TokenAmbiguous,
        DenyReason::TokenTooLarge,
        DenyReason::TokenMalformed,
        DenyReason::AlgorithmNotAllowed,
        DenyReason::KeyUnknown,
        DenyReason::SignatureInvalid,
        DenyReason::IssuerUntrusted,
        DenyReason::TenantNotAllowed,
        DenyReason::AudienceMismatch,
        DenyReason::TokenExpired,
        DenyReason::TokenNotYetValid,
        DenyReason::ClaimMalformed,
        DenyReason::KeysUnavailable,
        DenyReason::MfaMissing,
        DenyReason::MfaUnknowable,
        DenyReason::AppOnlyNotAllowed,
        DenyReason::ClaimNotMet,
    ];

    /// The name in logs and metrics. Stable.
    pub fn as_str(self) -> &'static str {
        match self {
            DenyReason::PathUnreadable => "path-unreadable",
            DenyReason::PolicyUnknown => "policy-unknown",
            DenyReason::TokenMissing => "token-missing",
            DenyReason::TokenAmbiguous => "token-ambiguous",
            DenyReason::TokenTooLarge => "token-too-large",
            DenyReason::TokenMalformed => "token-malformed",
            DenyReason::AlgorithmNotAllowed => "algorithm-not-allowed",
            DenyReason::KeyUnknown => "key-unknown",
            DenyReason::SignatureInvalid => "signature-invalid",
            DenyReason::IssuerUntrusted => "issuer-untrusted",
            DenyReason::TenantNotAllowed => "tenant-not-allowed",
            DenyReason::AudienceMismatch => "audience-mismatch",
            DenyReason::TokenExpired => "token-expired",
            DenyReason::TokenNotYetValid => "token-not-yet-valid",
            DenyReason::ClaimMalformed => "claim-malformed",
            DenyReason::KeysUnavailable => "keys-unavailable",
            DenyReason::MfaMissing => "mfa-missing",
            DenyReason::MfaUnknowable => "mfa-unknowable",
            DenyReason::AppOnlyNotAllowed => "app-only-not-allowed",
            DenyReason::ClaimNotMet => "claim-not-met",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::DenyReason;

    #[test]
    fn all_are_in_their_order() {
        for (index, reason) in DenyReason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, index, "{reason:?}");
        }
    }
}
