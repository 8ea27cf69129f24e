//! The gate as it was configured: data only. [`crate::config`] makes it, [`crate::decision`] asks it.

use std::fmt;
use std::sync::Arc;

use crate::access_log::AccessLog;
use crate::challenge::Challenge;
use crate::keys::KeySource;
use crate::route::Routes;
use crate::time::Span;
use crate::upstream::UpstreamHeaders;

/// All that one filter configuration says.
#[derive(Debug)]
pub struct Gate {
    /// Whose tokens are trusted, and on what terms.
    pub issuers: Vec<Arc<Issuer>>,
    /// The names under which issuers' claims may stand in jwt_authn's metadata, none twice.
    pub metadata_names: Vec<String>,
    /// The policies, the built-in ones included, ordered by name.
    pub policies: Vec<Arc<Policy>>,
    /// Which requests meet which policy.
    pub routes: Routes,
    /// The policy of what no route claims.
    pub default: Arc<Policy>,
    /// Whether the metadata of Envoy's own route may name the policy (`mfa_gate.policy`).
    pub envoy_route_metadata: bool,
    /// How a token is carried and how large it may be.
    pub token: TokenRules,
    /// How a denial is worded.
    pub challenge: Challenge,
    /// What the upstream is told.
    pub upstream: UpstreamHeaders,
    /// Whether signatures are verified by the host where it can: many times faster.
    pub host_crypto: bool,
    /// How much a worker remembers of verified tokens.
    pub cache: CacheBounds,
    /// What the access log is told; `None` is nothing.
    pub access_log: Option<AccessLog>,
    /// What counts as proof in the access log and in the metrics where a policy asks for none: what the default policy takes,
    /// or `mfa` in `amr` (RFC 8176).
    pub usual_proof: Proof,
    /// The claims that decisions and upstreams look at once a token is verified, ordered, none twice.
    pub claims_kept: Vec<String>,
}

impl Gate {
    /// The policy of this name.
    pub fn policy(&self, name: &str) -> Option<&Policy> {
        let place = self.policies.binary_search_by(|policy| policy.name.as_str().cmp(name)).ok()?;
        self.policies.get(place).map(Arc::as_ref)
    }
}

/// Some names, found quickly however many there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names(Vec<String>);

impl Names {
    /// These names.
    pub fn new(mut names: Vec<String>) -> Self {
        names.sort_unstable();
        Names(names)
    }

    /// Whether it is one of them.
    pub fn contain(&self, name: &str) -> bool {
        self.0.binary_search_by(|own| own.as_str().cmp(name)).is_ok()
    }

    /// The names, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// The bounds of the cache of verified tokens, for each worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheBounds {
    /// The most tokens; 0 keeps none.
    pub max_entries: usize,
    /// The most memory, in bytes.
    pub max_bytes: usize,
}

/// How a token is carried, and its bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRules {
    /// The longest token that is read, in bytes of its compact form.
    pub max_bytes: usize,
    /// How deep the JSON of a token's header and claims may nest.
    pub max_depth: usize,
    /// How far the clocks of issuer and gate may differ.
    pub leeway: Span,
    /// The request headers that may carry the token, lower case. `authorization` carries it behind
    /// `Bearer` (RFC 6750 section 2.1), any other bare.
    pub headers: Vec<String>,
}

/// An authority whose tokens are trusted.
#[derive(Debug)]
pub struct Issuer {
    /// Its place among the issuers.
    pub index: usize,
    /// What `iss` must be.
    pub name: IssuerName,
    /// The tenants one of which `tid` must name, where they are listed.
    pub tenants: Option<Names>,
    /// The values one of which `aud` must hold (RFC 7519 section 4.1.3).
    pub audiences: Names,
    /// What its tokens are verified by.
    pub keys: KeySource,
    /// How it marks the token of an application alone; without a mark every token is a user's.
    pub app_only: Option<AppOnlyMark>,
}

/// What an issuer calls itself in `iss`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum IssuerName {
    /// This, byte for byte (RFC 7519 section 4.1.1).
    Exact(String),
    /// The token's own `tid` between the two, as Entra's multi-tenant issuers have it.
    PerTenant {
        /// What stands before the tenant.
        before: String,
        /// What stands after it.
        after: String,
    },
}

impl fmt::Display for IssuerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IssuerName::Exact(name) => f.write_str(name),
            IssuerName::PerTenant { before, after } => {
                [before, Self::TENANT, after].into_iter().try_for_each(|part| f.write_str(part))
            }
        }
    }
}

impl IssuerName {
    /// What stands for the tenant in a template.
    pub const TENANT: &str = "{tid}";

    /// What Entra writes for it in its metadata and key sets.
    pub const TENANT_OF_ENTRA: &str = "{tenantid}";

    /// Whether a provider's metadata call it so: as it is, or, as Entra's do, with the tenant left open.
    pub fn is_written(&self, name: &str) -> bool {
        match self {
            IssuerName::Exact(own) => own == name,
            IssuerName::PerTenant { before, after } => name
                .strip_prefix(before.as_str())
                .and_then(|rest| rest.strip_suffix(after.as_str()))
                .is_some_and(|tenant| tenant == Self::TENANT_OF_ENTRA),
        }
    }

    /// Whether a token with this `iss` and this `tid` calls itself so.
    pub fn matches(&self, iss: &str, tid: Option<&str>) -> bool {
        match self {
            IssuerName::Exact(name) => name == iss,
            IssuerName::PerTenant { before, after } => {
                let between = iss.strip_prefix(before.as_str()).and_then(|rest| rest.strip_suffix(after.as_str()));
                between.is_some_and(|tenant| !tenant.is_empty() && tid == Some(tenant))
            }
        }
    }
}

/// How an issuer marks a token that an application got for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppOnlyMark {
    /// Entra's claims: `idtyp`, or `appidacr`/`azpacr` with `oid` equal to `sub`.
    Entra,
    /// RFC 9068 section 2.2: `sub` is the `client_id`.
    Rfc9068,
}

/// What a route demands, under the name the configuration gives it.
#[derive(Debug, PartialEq, Eq)]
pub struct Policy {
    /// The name, as routes and logs use it.
    pub name: String,
    /// The demand.
    pub demand: Demand,
}

/// What it takes to pass.
#[derive(Debug, PartialEq, Eq)]
pub enum Demand {
    /// Nothing; the token is not looked at.
    Public,
    /// Any valid token, a user's or an application's.
    SignedIn,
    /// Proof of MFA from a user.
    Mfa(MfaDemand),
}

/// What a policy that demands MFA takes.
#[derive(Debug, PartialEq, Eq)]
pub struct MfaDemand {
    /// What counts as proof.
    pub proof: Proof,
    /// Whether an application's own token passes without proof.
    pub app_only: AppOnly,
    /// What the claims must say besides, of any token: claim name and condition.
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

/// Whether an application's own token passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppOnly {
    /// It passes without proof of MFA.
    Allow,
    /// It is refused.
    Deny,
}

/// A condition on a set of values. Values compare exactly.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    /// At least one of these, where any is listed.
    pub any_of: Vec<String>,
    /// Every one of these.
    pub all_of: Vec<String>,
}

impl Values {
    /// Whether these values meet the condition.
    pub fn met_by(&self, values: &[&str]) -> bool {
        let has = |wanted: &String| values.contains(&wanted.as_str());
        (self.any_of.is_empty() || self.any_of.iter().any(has)) && self.all_of.iter().all(has)
    }
}
