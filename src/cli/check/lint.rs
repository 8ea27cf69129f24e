//! The table of all lints.

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Severity {
    /// Requests can pass unchecked, or nothing loads.
    Error,
    /// It works, but is likely a mistake.
    Warning,
}

impl Severity {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

macro_rules! lints {
    ($($lint:ident $severity:ident $id:literal $meaning:literal)*) => {
        /// A lint.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Lint {
            $(#[doc = $meaning] $lint,)*
        }

        impl Lint {
            /// All lints.
            pub(super) const ALL: &[Self] = &[$(Self::$lint),*];

            /// The stable name.
            pub(super) fn id(self) -> &'static str {
                match self { $(Self::$lint => $id,)* }
            }

            pub(super) fn severity(self) -> Severity {
                match self { $(Self::$lint => Severity::$severity,)* }
            }

            /// The mistake that the lint reports.
            pub(super) fn meaning(self) -> &'static str {
                match self { $(Self::$lint => $meaning,)* }
            }
        }
    };
}

lints! {
    Syntax Error "syntax" "the file is neither YAML nor JSON, or has a duplicate key"
    NoFilter Error "no-filter" "the file does not contain the filter's configuration"
    Configuration Error "configuration" "the filter rejects its configuration"
    FailOpen Error "fail-open" "requests pass if the filter fails"
    FilterDisabled Error "filter-disabled" "the filter is disabled, on a route or entirely"
    FilterOptional Error "filter-optional" "a host that cannot load the filter runs without it"
    FilterConditional Error "filter-conditional" "a matcher decides which requests reach the filter"
    AfterRouter Error "after-router" "the filter is after the router, where no request reaches it"
    JwtAuthn Error "jwt-authn" "no jwt_authn filter before the gate stores the claims of an issuer with `verified_by`"
    UpgradeUnguarded Error "upgrade-unguarded" "an upgrade replaces the HTTP filters, and the gate is not among the new ones"
    ChainUnguarded Error "chain-unguarded" "another filter chain of the listener routes to a guarded cluster without the gate"
    ListenerUnguarded Warning "listener-unguarded" "another listener routes to a guarded cluster without the gate"
    UnknownCluster Error "unknown-cluster" "an issuer's `cluster` is not defined"
    KeysWithoutTls Warning "keys-without-tls" "an issuer's keys are fetched without TLS"
    KeysUnverified Warning "keys-unverified" "an issuer's keys are fetched by TLS, but the certificate or its host name is not verified"
    UnknownRoutePolicy Error "unknown-route-policy" "an Envoy route names a policy that is not configured"
    RoutePolicyIgnored Warning "route-policy-ignored" "an Envoy route names a policy, but the gate ignores route metadata"
    RemoteCode Error "remote-code" "remote module without `sha256`"
    CodeUnpinned Warning "code-unpinned" "module referenced by a mutable tag or URL"
    PluginType Error "plugin-type" "the plugin is loaded as a network filter, which sees no requests"
    PluginPhase Warning "plugin-phase" "other filters run before the gate"
    PluginMatch Warning "plugin-match" "the plugin applies to only a part of the traffic"
    EmptyVmId Warning "empty-vm-id" "the filter shares data with every other plugin that has no vm_id"
    AdminExposed Warning "admin-exposed" "Envoy's admin interface is reachable from other hosts"
    PathNormalisation Warning "path-normalisation" "Envoy may route by another path than the upstream reads"
    UnderscoreHeaders Warning "underscore-headers" "headers with underscores reach the upstream"
    HostPort Warning "host-port" "routes match hosts, and Envoy keeps a port or a trailing dot"
    DefaultPublic Warning "default-public" "paths without a route are open without a token"
    UnusedPolicy Warning "unused-policy" "no route uses the policy"
    UnreachableRoute Warning "unreachable-route" "the route never matches"
    OverruledRoute Warning "overruled-route" "every request for the route must also satisfy a stricter policy"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lint_ids_are_unique() {
        let mut ids: Vec<_> = Lint::ALL.iter().map(|lint| lint.id()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), Lint::ALL.len());
    }
}
