//! The steps of a decision. The core makes each; none is decided here.

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
    /// Tells the steps from the request to the last condition; `None` where it got no further.
    pub fn tell(
        &mut self,
        gate: &Gate,
        request: &NativeRequest,
        keys: &Keys,
        environment: &Environment<'_>,
    ) -> Option<()> {
        self.tell_request(request);
        let policies = self.tell_policies(gate, request)?;

        self.begin("token");
        if policies.iter().all(|applied| applied.policy.demand == Demand::Public) {
            self.say("not looked at");
            return None;
        }
        if !gate.trust.metadata_names.is_empty() {
            let names = terminal::list(&gate.trust.metadata_names);
            self.say_as(Tone::Unsure, format!("what jwt_authn leaves in its metadata under {names} is not known here"));
            let issuer = gate.trust.issuers.iter().find(|issuer| matches!(issuer.keys, KeySource::Metadata(_)));
            self.by(issuer.map(|issuer| field_paths::keys(issuer)).as_deref());
        }
        let values = token::carriers(gate, request);
        let token = self.tell_credential(&values)?;
        let compact = self.hear(Compact::decode(token, &gate.trust.rules))?;
        let unverified = self.hear(compact.read(&gate.trust.rules, environment.cache.last_header()))?;
        self.tell_contents(&unverified, environment.verification.now);

        self.begin("trust");
        let issuer = match unverified.issuer(&gate.trust) {
            Ok(issuer) => issuer,
            Err(error) => {
                self.say_as(Tone::Bad, error.to_string());
                self.by(Some(&distrust(gate, &unverified)));
                return None;
            }
        };
        self.tell_issuer(issuer);
        let set = self.hear(unverified.check_signature(issuer, &environment.verification));
        let Some(set) = set else {
            self.by(Some(&field_paths::keys(issuer)));
            return None;
        };
        self.tell_key(&set, keys.are_presumed(&set), &unverified);
        self.by(Some(&field_paths::keys(issuer)));
        let audience = field_paths::issuer(issuer, "audiences");
        let verified = match unverified.verify(&gate.trust, &environment.verification) {
            Ok(verified) => verified,
            Err(error) => {
                self.say_as(Tone::Bad, error.to_string());
                self.by(match error {
                    TokenError::AudienceMismatch(_) => Some(&audience),
                    TokenError::Expired { .. } | TokenError::NotYetValid { .. } => Some("token.leeway"),
                    _ => None,
                });
                return None;
            }
        };
        self.say_as(Tone::Good, "audience and times are right");
        self.by(Some(&audience));

        self.begin("subject");
        let subject = verified.subject();
        self.say(format!("{}, {}", subject.as_str(), token::why(unverified.claims(), verified.issuer())));
        self.by(Some(&field_paths::issuer(issuer, "app_only")));

        for Applied { policy, .. } in &policies {
            if let Demand::Mfa(demand) = &policy.demand {
                self.begin("mfa");
                self.tell_proof(&policy.name, demand, &verified, subject)?;
                self.tell_conditions(&policy.name, demand, verified.claims())?;
            }
        }
        Some(())
    }

    /// Tells what is asked for.
    pub fn tell_request(&mut self, request: &NativeRequest) {
        self.begin("request");
        let part = |name: &str| terminal::escaped(&request.text(name).unwrap_or_default()).into_owned();
        self.say(format!("{} {}", part(":method"), part(":path")));
        if let Some(host) = request.text(":authority") {
            self.say(format!("for host {}", terminal::quoted(&host)));
        }
    }

    /// Tells the routes that a request falls to, and the policies that it must meet; `None` where it cannot be read.
    pub fn tell_policies<'g>(&mut self, gate: &'g Gate, request: &NativeRequest) -> Option<Vec<Applied<'g>>> {
        self.begin("path");
        let policies = self.hear(policies_on(gate, request).map_err(|denial| denial.detail))?;
        self.tell_readings(gate, request);
        self.begin("policy");
        for Applied { policy, .. } in &policies {
            self.say(format!("`{}` wants {}", policy.name, wording::demand(&policy.demand)));
            self.by(field_paths::policy(policy).as_deref());
        }
        Some(policies)
    }

    fn tell_readings(&mut self, gate: &Gate, request: &NativeRequest) -> Option<()> {
        let path = request.header(":path");
        let path = RequestPath::read(path.as_deref()).ok()?;
        match (request.route_policy(), gate.envoy_route_metadata) {
            (RoutePolicy::Unset | RoutePolicy::Unreadable, _) => {}
            (RoutePolicy::Named(_), false) => {
                self.say("the policy of Envoy's route is not read: `envoy_route_metadata` is false");
                self.by(Some("envoy_route_metadata"));
            }
            (RoutePolicy::Named(name), true) => {
                let name = String::from_utf8_lossy(&name);
                self.say(format!("Envoy's route names policy {}", terminal::quoted(&name)));
                self.by(Some("envoy_route_metadata"));
                if !path.is_ambiguous() {
                    return None;
                }
            }
        }
        let mut told = Vec::new();
        let each = |reading: Reading<'_>, route: Option<&Route>| {
            let (fate, field) = match route {
                Some(route) => {
                    let fate = format!("falls to route `{}`, policy `{}`", route.name, route.policy.name);
                    (fate, field_paths::route(gate, route))
                }
                None if reading.trimmed => ("would fall to no route, and does not count".to_owned(), None),
                None => {
                    let fate = format!("falls to no route: default policy `{}`", gate.default.name);
                    (fate, Some("default".to_owned()))
                }
            };
            let line = (format!("{} {fate}", terminal::quoted(reading.path)), field);
            if !told.contains(&line) {
                told.push(line);
            }
        };
        matching_routes(gate, request, &path, each).ok()?;
        for (line, field) in told {
            self.say(line);
            self.by(field.as_deref());
        }
        Some(())
    }
}

/// The rule by which a token's issuer or tenant is not trusted.
fn distrust(gate: &Gate, token: &Unverified<'_>) -> String {
    let source = token.source().ok();
    let known =
        source.and_then(|source| gate.trust.issuers.iter().find(|issuer| issuer.name.matches(source.iss, source.tid)));
    known.map_or("issuers".to_owned(), |issuer| match issuer.keys {
        KeySource::Metadata(_) => field_paths::keys(issuer),
        KeySource::Inline(_) | KeySource::Fetched(_) => field_paths::issuer(issuer, "tenants"),
    })
}
