//! Checks of the filter's own configuration that the schema cannot express.

use std::collections::BTreeSet;

use mfa_gate::config::{self, join};
use mfa_gate::gate::Gate;
use mfa_gate::wire::json::Json;

use super::cursor::At;
use super::finding::Findings;
use super::lint::Lint;
use super::reachable::{self, Dead};
use crate::spanned::Located;
use crate::terminal::quoted;

/// A configuration of the filter in a document.
#[derive(Debug)]
pub(super) struct GateConfig {
    located: Located,
    /// Path of the configuration in the document.
    prefix: String,
}

/// An issuer with `verified_by`: jwt_authn verifies its tokens.
pub(super) struct VerifiedBy<'d> {
    /// The name under which jwt_authn stores the claims.
    pub metadata: At<'d>,
    /// The name of the issuer.
    pub issuer: Option<&'d str>,
}

impl GateConfig {
    /// A configuration that is YAML or JSON of the document.
    pub(super) fn of(at: &At<'_>) -> Self {
        Self { located: at.located(), prefix: at.path().to_owned() }
    }

    /// A configuration that is JSON in a string. Reports a finding and returns `None` if it is not JSON.
    pub(super) fn in_text(at: &At<'_>, json: &str, file: &str, findings: &mut Findings) -> Option<Self> {
        match Located::read_embedded(json, file, at.span()) {
            Ok(located) => Some(Self { located, prefix: at.path().to_owned() }),
            Err(syntax) => {
                let message = format!("the configuration is not JSON: {}", syntax.message);
                findings.add(Lint::Configuration, at.path(), syntax.span, message);
                None
            }
        }
    }

    pub(super) fn root(&self) -> At<'_> {
        At::root(&self.located)
    }

    /// The configuration with the positions of its values in the file.
    pub(super) fn located(&self) -> &Located {
        &self.located
    }

    /// Reports a finding at a field of this configuration.
    pub(super) fn wrong(&self, findings: &mut Findings, lint: Lint, path: &str, message: impl Into<String>) {
        let whole = match path.is_empty() {
            true => self.prefix.clone(),
            false if self.prefix.is_empty() => path.to_owned(),
            false => format!("{}.{path}", self.prefix),
        };
        findings.add(lint, whole, self.located.place(path), message);
    }

    /// The clusters that keys are fetched through.
    pub(super) fn key_clusters(&self) -> Vec<At<'_>> {
        let issuers = self.root().list("issuers").into_iter();
        issuers
            .flat_map(|issuer| [issuer.find(&["jwks", "cluster"]), issuer.find(&["discovery", "cluster"])])
            .flatten()
            .collect()
    }

    /// The issuers with `verified_by`.
    pub(super) fn verified_by<'c>(&'c self) -> Vec<VerifiedBy<'c>> {
        let of = |issuer: At<'c>| {
            Some(VerifiedBy { metadata: issuer.find(&["verified_by", "metadata"])?, issuer: issuer.field("issuer") })
        };
        self.root().list("issuers").into_iter().filter_map(of).collect()
    }

    /// Whether a route of the gate matches hosts.
    pub(super) fn matches_hosts(&self) -> bool {
        self.root().list("routes").iter().any(|route| route.get("hosts").is_some())
    }

    /// Whether the metadata of Envoy's routes can name policies.
    pub(super) fn uses_route_metadata(&self) -> bool {
        self.root().is_true("envoy_route_metadata")
    }

    /// The names of all policies, including the built-in ones.
    pub(super) fn policies(&self) -> BTreeSet<&str> {
        let own = self.root().get("policies").map(|policies| policies.members()).unwrap_or_default();
        own.into_iter().map(|(name, _)| name).chain(["public", "signed_in"]).collect()
    }
}

pub(super) fn check(config: &GateConfig, findings: &mut Findings) {
    match config::from_json(config.root().json()) {
        Ok(gate) => check_routes(config, &gate, findings),
        Err(errors) => {
            for error in errors.iter() {
                let message = format!("{error}{}", advice(config, &error.path));
                config.wrong(findings, Lint::Configuration, &error.path, message);
            }
        }
    }
    let root = config.root();
    if root.field("default") == Some("public") {
        config.wrong(
            findings,
            Lint::DefaultPublic,
            "default",
            "default: is `public`, so every path without a route is open without a token; use the strictest policy here, and `public` in routes",
        );
    }
    unused_policies(config, findings);
}

/// The shipped configurations contain no keys, because each deployment has its own.
fn advice(config: &GateConfig, path: &str) -> &'static str {
    let set = config.root().list("issuers").into_iter().filter_map(|issuer| issuer.find(&["jwks", "inline"]));
    let is_empty =
        |set: &At<'_>| matches!(set.get("keys").map(|keys| keys.json()), Some(Json::Array(keys)) if keys.is_empty());
    match set.into_iter().any(|set| set.path() == path && is_empty(&set)) {
        true => {
            "; add the issuer's public keys, or let the filter fetch them: `jwks: {uri: https://..., cluster: NAME}`"
        }
        false => "",
    }
}

fn unused_policies(config: &GateConfig, findings: &mut Findings) {
    let root = config.root();
    // Envoy's routes name policies too, and may be in other files.
    if config.uses_route_metadata() {
        return;
    }
    let routes = root.list("routes");
    let used: BTreeSet<_> =
        routes.iter().filter_map(|route| route.field("policy")).chain(root.field("default")).collect();
    for (name, at) in root.get("policies").map(|policies| policies.members()).unwrap_or_default() {
        if !used.contains(name) {
            let message = format!(
                "{}: no route uses {}, and neither does `default`; use it or remove it",
                at.path(),
                quoted(name)
            );
            config.wrong(findings, Lint::UnusedPolicy, at.path(), message);
        }
    }
}

fn check_routes(config: &GateConfig, gate: &Gate, findings: &mut Findings) {
    for (index, route) in gate.routes.iter().enumerate() {
        let path = format!("routes[{index}]");
        let dead = reachable::dead(route);
        for dead in &dead {
            match dead {
                Dead::Path => {
                    let path = match config.root().list("routes").get(index).and_then(|route| route.get("path")) {
                        Some(at) => at.path().to_owned(),
                        None => join(&path, "prefix"),
                    };
                    let message = format!(
                        "{path}: is longer than any path that the gate accepts, so route `{}` never matches",
                        route.name
                    );
                    config.wrong(findings, Lint::UnreachableRoute, &path, message);
                }
                Dead::Host(host) => {
                    let path = format!("{path}.hosts[{host}]");
                    let pattern = route.patterns[*host].host.to_string();
                    let message = format!(
                        "{path}: no valid host is below {}, so route `{}` never matches here",
                        quoted(pattern.trim_start_matches("*.")),
                        route.name
                    );
                    config.wrong(findings, Lint::UnreachableRoute, &path, message);
                }
            }
        }
        if dead.is_empty()
            && let Some(over) = reachable::overruled(gate, index)
        {
            let by = over.route.map(|route| format!(" of route `{}`", route.name)).unwrap_or_default();
            let message = format!(
                "{path}: every request for it must also satisfy `{}`{by}, because some upstreams read its path or method as that one; `{}` never decides alone",
                over.policy.name, route.policy.name
            );
            config.wrong(findings, Lint::OverruledRoute, &path, message);
        }
    }
}
