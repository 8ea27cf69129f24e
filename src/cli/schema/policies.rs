//! `policies`.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;

use super::texts::Text;

/// What a route may demand.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("anyOf" = [{"required": ["amr"]}, {"required": ["federated"]}]))]
pub struct Policy {
    /// Proof of MFA: exact values of the claim `amr`. This or `federated` is required.
    amr: Option<Values>,
    /// A federated identity provider's statement that is proof as well.
    federated: Option<Federated>,
    /// Whether an application's own token passes without proof.
    #[schemars(extend("default" = "deny"))]
    app_only: Option<AppOnly>,
    /// Further conditions, claim by claim. `scp` and `scope` are words, arrays are items.
    claims: Option<BTreeMap<String, Values>>,
}

/// Values that a claim must hold.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1))]
struct Values {
    /// At least one of these.
    #[schemars(length(min = 1))]
    any_of: Option<BTreeSet<Text>>,
    /// Every one of these.
    #[schemars(length(min = 1))]
    all_of: Option<BTreeSet<Text>>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Federated {
    /// The claim `authnmethodsreferences`, in any spelling, with `multipleauthn`.
    Multipleauthn,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum AppOnly {
    /// It passes.
    Allow,
    /// It does not.
    Deny,
}
