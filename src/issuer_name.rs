//! What an issuer calls itself: literally, or per tenant.

use std::fmt;

/// What an issuer calls itself in `iss`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum IssuerName {
    /// This string, byte for byte (RFC 7519 section 4.1.1).
    Exact(String),
    /// The token's own `tid` between `before` and `after`, as in Entra's multi-tenant issuers.
    PerTenant {
        /// The part before the tenant.
        before: String,
        /// The part after the tenant.
        after: String,
    },
}

impl fmt::Display for IssuerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(name) => f.write_str(name),
            Self::PerTenant { before, after } => {
                [before, Self::TENANT, after].into_iter().try_for_each(|part| f.write_str(part))
            }
        }
    }
}

impl IssuerName {
    /// The placeholder of the tenant in the configuration.
    pub const TENANT: &str = "{tid}";

    /// Entra's placeholder of the tenant in its metadata and key sets.
    pub const TENANT_OF_ENTRA: &str = "{tenantid}";

    /// Whether `name` is this issuer as written in provider metadata: literally, or with Entra's `{tenantid}`
    /// placeholder.
    pub fn matches_metadata(&self, name: &str) -> bool {
        match self {
            Self::Exact(own) => own == name,
            Self::PerTenant { before, after } => {
                between(name, before, after).is_some_and(|tenant| tenant == Self::TENANT_OF_ENTRA)
            }
        }
    }

    /// Whether a token with these `iss` and `tid` claims comes from this issuer.
    pub fn matches(&self, iss: &str, tid: Option<&str>) -> bool {
        match self {
            Self::Exact(name) => name == iss,
            Self::PerTenant { before, after } => {
                between(iss, before, after).is_some_and(|tenant| !tenant.is_empty() && tid == Some(tenant))
            }
        }
    }
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    text.strip_prefix(before)?.strip_suffix(after)
}
