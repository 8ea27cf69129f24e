//! Traces a decision step by step. The core evaluates every step; nothing is decided here.

use mfa_gate::cases::native::NativeRequest;
use mfa_gate::decision::{Applied, Environment, Request as _, RoutePolicy, matching_routes, policies_on};
use mfa_gate::gate::Gate;
use mfa_gate::keys::KeySource;
use mfa_gate::policy::Demand;
use mfa_gate::route::{Reading, RequestPath, Route};
use mfa_gate::token::{Compact, TokenError, Unverified};

use super::field_paths;
use super::keys::Keys;
use super::steps::{Steps, Tone};
use super::{token, wording};
use crate::terminal;

impl Steps<'_> {
    /// Adds the steps from the request to the last condition. `None` if a step stops the decision.
    pub(super) fn trace(
        &mut self,
        gate: &Gate,
        request: &NativeRequest,
        keys: &Keys,
        environment: &Environment<'_>,
    ) -> Option<()> {
        self.add_request(request);
        let policies = self.add_policies(gate, request)?;

        self.begin("token");
        if policies.iter().all(|applied| applied.policy.demand == Demand::Public) {
            self.add("not read: the policy requires none");
            return None;
        }
        if !gate.trust.metadata_names.is_empty() {
            let names = terminal::list(&gate.trust.metadata_names);
            self.add_as(Tone::Unsure, format!("jwt_authn's metadata under {names} is unknown here"));
            let issuer = gate.trust.issuers.iter().find(|issuer| matches!(issuer.keys, KeySource::Metadata(_)));
            self.cite(issuer.map(|issuer| field_paths::keys(issuer)).as_deref());
        }
        let values = token::carriers(gate, request);
        let token = self.add_credential(&values)?;
        let compact = self.check(Compact::decode(token, &gate.trust.rules))?;
        let unverified = self.check(compact.read(&gate.trust.rules, environment.cache.last_header()))?;
        self.add_contents(&unverified, environment.verification.now);

        self.begin("trust");
        let issuer = match unverified.issuer(&gate.trust) {
            Ok(issuer) => issuer,
            Err(error) => {
                self.add_as(Tone::Bad, error.to_string());
                self.cite(Some(&distrust(gate, &unverified)));
                return None;
            }
        };
        self.add_issuer(issuer);
        let set = self.check(unverified.check_signature(issuer, &environment.verification));
        let Some(set) = set else {
            self.cite(Some(&field_paths::keys(issuer)));
            return None;
        };
        self.add_key(&set, keys.is_stand_in(&set), &unverified);
        self.cite(Some(&field_paths::keys(issuer)));
        let audience = field_paths::issuer(issuer, "audiences");
        let verified = match unverified.verify(&gate.trust, &environment.verification) {
            Ok(verified) => verified,
            Err(error) => {
                self.add_as(Tone::Bad, error.to_string());
                self.cite(match error {
                    TokenError::AudienceMismatch(_) => Some(&audience),
                    TokenError::Expired { .. } | TokenError::NotYetValid { .. } => Some("token.leeway"),
                    _ => None,
                });
                return None;
            }
        };
        self.add_as(Tone::Good, "audience and times are valid");
        self.cite(Some(&audience));

        self.begin("subject");
        let subject = verified.subject();
        self.add(format!("{}, {}", subject.as_str(), token::subject_claims(unverified.claims(), verified.issuer())));
        self.cite(Some(&field_paths::issuer(issuer, "app_only")));

        for Applied { policy, .. } in &policies {
            if let Demand::Mfa(demand) = &policy.demand {
                self.begin("mfa");
                self.add_proof(&policy.name, demand, &verified, subject)?;
                self.add_conditions(&policy.name, demand, verified.claims())?;
            }
        }
        Some(())
    }

    /// Adds the request.
    pub(super) fn add_request(&mut self, request: &NativeRequest) {
        self.begin("request");
        let part = |name: &str| terminal::escaped(&request.text(name).unwrap_or_default()).into_owned();
        self.add(format!("{} {}", part(":method"), part(":path")));
        if let Some(host) = request.text(":authority") {
            self.add(format!("for host {}", terminal::quoted(&host)));
        }
    }

    /// Adds the matching routes and the policies that the request must meet. `None` if the request cannot be parsed.
    pub(super) fn add_policies<'g>(&mut self, gate: &'g Gate, request: &NativeRequest) -> Option<Vec<Applied<'g>>> {
        self.begin("path");
        let policies = self.check(policies_on(gate, request).map_err(|denial| denial.detail))?;
        self.add_readings(gate, request);
        self.begin("policy");
        for Applied { policy, .. } in &policies {
            self.add(format!("`{}` requires {}", policy.name, wording::demand(&policy.demand)));
            self.cite(field_paths::policy(policy).as_deref());
        }
        Some(policies)
    }

    fn add_readings(&mut self, gate: &Gate, request: &NativeRequest) -> Option<()> {
        let path = request.header(":path");
        let path = RequestPath::read(path.as_deref()).ok()?;
        match (request.route_policy(), gate.envoy_route_metadata) {
            (RoutePolicy::Unset | RoutePolicy::Unreadable, _) => {}
            (RoutePolicy::Named(_), false) => {
                self.add("the policy of Envoy's route is not read: `envoy_route_metadata` is false");
                self.cite(Some("envoy_route_metadata"));
            }
            (RoutePolicy::Named(name), true) => {
                let name = String::from_utf8_lossy(&name);
                self.add(format!("Envoy's route names policy {}", terminal::quoted(&name)));
                self.cite(Some("envoy_route_metadata"));
                if !path.is_ambiguous() {
                    return None;
                }
            }
        }
        let mut lines = Vec::new();
        let visit = |reading: Reading<'_>, route: Option<&Route>| {
            let (result, field) = match route {
                Some(route) => {
                    let result = format!("matches route `{}`, policy `{}`", route.name, route.policy.name);
                    (result, field_paths::route(gate, route))
                }
                None if reading.trimmed => ("matches no route, so this reading is ignored".to_owned(), None),
                None => {
                    let result = format!("matches no route: default policy `{}`", gate.default.name);
                    (result, Some("default".to_owned()))
                }
            };
            let line = (format!("{} {result}", terminal::quoted(reading.path)), field);
            if !lines.contains(&line) {
                lines.push(line);
            }
        };
        matching_routes(gate, request, &path, visit).ok()?;
        for (line, field) in lines {
            self.add(line);
            self.cite(field.as_deref());
        }
        Some(())
    }
}

/// The field that excludes the token's issuer or tenant.
fn distrust(gate: &Gate, token: &Unverified<'_>) -> String {
    let source = token.source().ok();
    let known =
        source.and_then(|source| gate.trust.issuers.iter().find(|issuer| issuer.name.matches(source.iss, source.tid)));
    known.map_or("issuers".to_owned(), |issuer| match issuer.keys {
        KeySource::Metadata(_) => field_paths::keys(issuer),
        KeySource::Inline(_) | KeySource::Fetched(_) => field_paths::issuer(issuer, "tenants"),
    })
}
