//! What a route demands of a token: data only.

/// A demand under the name that the configuration gives it.
#[derive(Debug, PartialEq, Eq)]
pub struct Policy {
    /// The name, as routes and logs use it.
    pub name: String,
    /// The demand.
    pub demand: Demand,
}

/// What a request must prove to be allowed.
#[derive(Debug, PartialEq, Eq)]
pub enum Demand {
    /// Nothing; the token is not read.
    Public,
    /// Any valid token, a user's or an application's.
    SignedIn,
    /// Proof of MFA from a user.
    Mfa(MfaDemand),
}

/// The parts of a demand for MFA.
#[derive(Debug, PartialEq, Eq)]
pub struct MfaDemand {
    /// What counts as proof.
    pub proof: Proof,
    /// Whether an application-only token passes without proof.
    pub app_only: AppOnly,
    /// Further conditions on any token: claim name and values.
    pub claims: Vec<(String, Values)>,
}

/// What counts as proof of MFA: any one of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// A condition on `amr` (RFC 8176).
    pub amr: Option<Values>,
    /// Whether `multipleauthn` of a federated identity provider counts.
    pub federated: bool,
}

/// Whether an application-only token passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppOnly {
    /// The token passes without proof of MFA.
    Allow,
    /// The token is denied.
    Deny,
}

/// A condition on a set of values. Values compare exactly.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    /// At least one of these, if any is listed.
    pub any_of: Vec<String>,
    /// Every one of these.
    pub all_of: Vec<String>,
}

impl Values {
    /// Whether `values` meet the condition.
    pub fn met_by(&self, values: &[&str]) -> bool {
        let has = |wanted: &String| values.contains(&wanted.as_str());
        (self.any_of.is_empty() || self.any_of.iter().any(has)) && self.all_of.iter().all(has)
    }
}
