//! The table of all lints.

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Requests can pass unchecked, or nothing loads.
    Error,
    /// It works, but is likely a mistake.
    Warning,
}

impl Severity {
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

macro_rules! lints {
    ($($lint:ident $severity:ident $id:literal $meaning:literal)*) => {
        /// A lint.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Lint {
            $(#[doc = $meaning] $lint,)*
        }

        impl Lint {
            /// All lints.
            pub const ALL: &[Lint] = &[$(Lint::$lint),*];

            /// The stable name.
            pub fn id(self) -> &'static str {
                match self { $(Lint::$lint => $id,)* }
            }

            pub fn severity(self) -> Severity {
                match self { $(Lint::$lint => Severity::$severity,)* }
            }

            /// The mistake that the lint reports.
            pub fn meaning(self) -> &'static str {
                match self { $(Lint::$lint => $meaning,)* }
            }
        }
    };
}

lints! {
    Syntax Error "syntax" "the file is neither YAML nor JSON, or has a key twice"
    NoFilter Error "no-filter" "no configuration of the filter is in the file"
    Configuration Error "configuration" "the filter would refuse its configuration"
    FailOpen Error "fail-open" "a filter that failed lets requests through"
    FilterDisabled Error "filter-disabled" "the filter is switched off, on a route or altogether"
    FilterOptional Error "filter-optional" "a host that cannot load the filter goes on without it"
    FilterConditional Error "filter-conditional" "a matcher decides whether the filter sees a request"
    AfterRouter Error "after-router" "the filter stands behind the router, where no request comes"
    JwtAuthn Error "jwt-authn" "no jwt_authn filter before the gate gives the claims that an issuer's tokens are judged by"
    UpgradeUnguarded Error "upgrade-unguarded" "requests for an upgrade pass filters of their own, and the gate is not among them"
    ChainUnguarded Error "chain-unguarded" "another filter chain of the listener leads to a guarded cluster without the gate"
    ListenerUnguarded Warning "listener-unguarded" "another listener leads to a guarded cluster without the gate"
    UnknownCluster Error "unknown-cluster" "an issuer's `cluster` is not defined"
    KeysWithoutTls Warning "keys-without-tls" "an issuer's keys come through a cluster without TLS"
    KeysUnverified Warning "keys-unverified" "an issuer's keys come by TLS from whoever answers: the certificate is not verified, or may be for any host"
    UnknownRoutePolicy Error "unknown-route-policy" "a route of Envoy names a policy that is not configured"
    RoutePolicyIgnored Warning "route-policy-ignored" "a route of Envoy names a policy, but the gate does not look there"
    RemoteCode Error "remote-code" "remote module without `sha256`, which Envoy refuses"
    CodeUnpinned Warning "code-unpinned" "module referenced by a mutable tag"
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
