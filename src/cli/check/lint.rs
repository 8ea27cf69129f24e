//! Everything that is looked for, in one place.

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Requests pass unjudged, or nothing loads.
    Error,
    /// It works, but hardly as it was meant.
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
        /// One thing that is looked for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Lint {
            $(#[doc = $meaning] $lint,)*
        }

        impl Lint {
            /// All there are.
            pub const ALL: &[Lint] = &[$(Lint::$lint),*];

            /// Its name, which stays.
            pub fn id(self) -> &'static str {
                match self { $(Lint::$lint => $id,)* }
            }

            pub fn severity(self) -> Severity {
                match self { $(Lint::$lint => Severity::$severity,)* }
            }

            /// What it finds.
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
    PluginPhase Warning "plugin-phase" "other filters come before the gate"
    PluginMatch Warning "plugin-match" "the plugin sees a part of the traffic alone"
    EmptyVmId Warning "empty-vm-id" "the filter shares memory with every other plugin that has no vm_id"
    AdminExposed Warning "admin-exposed" "Envoy's admin interface can be reached from outside"
    PathNormalisation Warning "path-normalisation" "the upstream may read another path than Envoy routes by"
    UnderscoreHeaders Warning "underscore-headers" "headers with underscores reach the upstream"
    HostPort Warning "host-port" "routes go by host, and Envoy keeps what may stand behind one"
    DefaultPublic Warning "default-public" "what no route claims is open to all"
    UnusedPolicy Warning "unused-policy" "a policy that nothing names"
    UnreachableRoute Warning "unreachable-route" "a route that can never match"
    OverruledRoute Warning "overruled-route" "a route whose every request must meet a stricter one too"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_have_one_name() {
        let mut ids: Vec<_> = Lint::ALL.iter().map(|lint| lint.id()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), Lint::ALL.len());
    }
}
