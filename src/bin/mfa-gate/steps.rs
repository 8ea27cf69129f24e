//! A decision, step by step: each step is asked of the core, none is decided here.

use std::fmt::Display;

use mfa_gate::decision::{Applied, Means, Request as _, claim_meets, each_route, policies_on};
use mfa_gate::keys::{KeySet, Lookup};
use mfa_gate::mfa::{FEDERATED_CLAIMS, MfaState};
use mfa_gate::policy::{AppOnly, AppOnlyMark, Demand, Gate, Issuer, MfaDemand};
use mfa_gate::route::{Reading, RequestPath, Route};
use mfa_gate::subject::{Subject, USER_NAMES};
use mfa_gate::time::{Round, UnixTime};
use mfa_gate::token::{Claims, Compact, Credential, Unverified, Verified};

use crate::request::Described;
use crate::words;

/// One step, in sentences.
#[derive(Debug)]
pub struct Step {
    /// What it looks at.
    pub name: &'static str,
    /// What it finds.
    pub lines: Vec<String>,
}

/// The steps so far.
#[derive(Debug, Default)]
pub struct Steps(Vec<Step>);

impl Steps {
    /// Starts a step; what is said next belongs to it.
    pub fn begin(&mut self, name: &'static str) {
        self.0.push(Step { name, lines: Vec::new() });
    }

    /// Says a sentence.
    pub fn say(&mut self, line: impl Into<String>) {
        if let Some(step) = self.0.last_mut() {
            step.lines.push(line.into());
        }
    }

    /// Says what is wrong, if anything is.
    fn hear<T, E: Display>(&mut self, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.say(error.to_string())).ok()
    }

    /// The steps, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Step> {
        self.0.iter()
    }

    /// Tells the steps from the request to the last condition; `None` where it got no further.
    pub fn tell(&mut self, gate: &Gate, request: &Described, means: &Means<'_>) -> Option<()> {
        self.begin("request");
        self.say(format!("{} {}", words::escaped(&request.method), words::escaped(&request.target)));
        if let Some(host) = &request.host {
            self.say(format!("for host {}", words::quoted(host)));
        }

        self.begin("path");
        let policies = self.hear(policies_on(gate, request).map_err(|denial| denial.detail))?;
        self.tell_readings(gate, request);
        self.begin("policy");
        for Applied { policy, .. } in &policies {
            self.say(format!("`{}` wants {}", policy.name, words::demand(&policy.demand)));
        }

        self.begin("token");
        if policies.iter().all(|applied| applied.policy.demand == Demand::Public) {
            self.say("not looked at");
            return None;
        }
        if !gate.metadata_names.is_empty() {
            let names = words::list(&gate.metadata_names);
            self.say(format!("what jwt_authn leaves in its metadata under {names} is not known here"));
        }
        let values = gate
            .token
            .headers
            .iter()
            .map(|name| (name.as_str(), request.header(name).unwrap_or_default().into_owned()));
        let values: Vec<_> = values.collect();
        let token = self.tell_credential(&values)?;
        let compact = self.hear(Compact::decode(token, &gate.token))?;
        let unverified = self.hear(compact.read(&gate.token))?;
        self.tell_contents(&unverified, means.now);

        self.begin("trust");
        let issuer = self.hear(unverified.issuer(gate))?;
        self.tell_issuer(issuer);
        let keys = self.hear(unverified.check_signature(issuer, means))?;
        self.tell_key(&keys, &unverified);
        let verified = self.hear(unverified.verify(gate, means))?;
        self.say("audience and times are right");

        self.begin("subject");
        let subject = verified.subject();
        self.say(format!("{}, {}", subject.as_str(), why(unverified.claims(), verified.issuer())));

        for Applied { policy, .. } in &policies {
            if let Demand::Mfa(demand) = &policy.demand {
                self.begin("mfa");
                self.tell_proof(&policy.name, demand, &verified, subject)?;
                self.tell_conditions(demand, verified.claims())?;
            }
        }
        Some(())
    }

    fn tell_readings(&mut self, gate: &Gate, request: &Described) -> Option<()> {
        let path = request.header(":path");
        let path = RequestPath::read(path.as_deref()).ok()?;
        match (&request.route_policy, gate.envoy_route_metadata) {
            (None, _) => {}
            (Some(_), false) => self.say("the policy of Envoy's route is not read: `envoy_route_metadata` is false"),
            (Some(name), true) => {
                self.say(format!("Envoy's route names policy {}", words::quoted(name)));
                if !path.is_ambiguous() {
                    return None;
                }
            }
        }
        let mut told = Vec::new();
        let each = |reading: Reading<'_>, route: Option<&Route>| {
            let fate = match route {
                Some(Route { name, policy, .. }) => format!("falls to route `{name}`, policy `{}`", policy.name),
                None if reading.trimmed => "would fall to no route, and does not count".to_owned(),
                None => format!("falls to no route: default policy `{}`", gate.default.name),
            };
            let line = format!("{} {fate}", words::quoted(reading.path));
            if !told.contains(&line) {
                told.push(line);
            }
        };
        each_route(gate, request, &path, each).ok()?;
        told.into_iter().for_each(|line| self.say(line));
        Some(())
    }

    fn tell_credential<'v>(&mut self, values: &'v [(&str, Vec<u8>)]) -> Option<&'v [u8]> {
        let mut offered = Credential::None;
        for (name, value) in values {
            let offer = Credential::from_header(name, value);
            self.say(match offer {
                Credential::None => format!("`{name}` carries no token"),
                Credential::Token(token) => format!("`{name}` carries a token of {} bytes", token.len()),
                Credential::Several => format!("`{name}` carries more than one token"),
                Credential::Malformed => format!("`{name}` has `Bearer`, but not one token behind it"),
            });
            offered = offered.and(offer);
        }
        match offered {
            Credential::Token(token) => Some(token),
            Credential::None | Credential::Several | Credential::Malformed => None,
        }
    }

    fn tell_contents(&mut self, token: &Unverified<'_>, now: UnixTime) {
        let (header, claims) = (token.header(), token.claims());
        let member = |value: &Option<String>| value.as_deref().map_or("absent".to_owned(), words::quoted);
        self.say(format!("alg {}, kid {}, typ {}", header.algorithm, member(&header.key_id), member(&header.kind)));
        for name in ["iss", "tid", "aud"] {
            self.say(format!("{name} {}", words::claim(claims.get(name))));
        }
        for (name, round) in [("iat", Round::Up), ("nbf", Round::Up), ("exp", Round::Down)] {
            match claims.date(name, round) {
                Ok(Some(time)) => {
                    self.say(format!("{name} {}, {}", words::time(time), words::distance(time, now)));
                }
                Ok(None) => self.say(format!("{name} absent")),
                Err(malformed) => self.say(malformed.to_string()),
            }
        }
    }

    fn tell_issuer(&mut self, issuer: &Issuer) {
        self.say(format!("the issuer is trusted as {}", words::issuer(&issuer.name)));
        if issuer.tenants.is_some() {
            self.say("the tenant is one of the issuer's");
        }
    }

    fn tell_key(&mut self, keys: &KeySet, token: &Unverified<'_>) {
        let key =
            token.source().map(|source| keys.find(token.header().key_id.as_deref(), token.header().algorithm, source));
        let name = match key {
            Ok(Lookup::Found(key)) => key.id(),
            Ok(Lookup::OtherAlgorithm | Lookup::Unknown) | Err(_) => None,
        };
        self.say(format!("the signature is good, by key {}", name.map_or("without a kid".to_owned(), words::quoted)));
    }

    fn tell_proof(&mut self, policy: &str, demand: &MfaDemand, token: &Verified, subject: Subject) -> Option<()> {
        match (subject, demand.app_only) {
            (Subject::App, AppOnly::Allow) => {
                self.say(format!("policy `{policy}` lets an app-only token pass without"))
            }
            (Subject::App, AppOnly::Deny) => self.say(format!("policy `{policy}` lets no app-only token pass")),
            (Subject::User, _) => {
                let claims = token.claims();
                self.say(format!("amr {}", words::claim(claims.get("amr"))));
                if demand.proof.federated {
                    for name in FEDERATED_CLAIMS.into_iter().filter(|name| claims.get(name).is_some()) {
                        self.say(format!("{name} {}", words::claim(claims.get(name))));
                    }
                }
                let state = match self.hear(demand.proof.find(token))? {
                    MfaState::Proven => "is proof",
                    MfaState::Missing => "is no proof",
                    MfaState::Unknowable => "cannot be proof: an Entra v2.0 token has no amr",
                };
                self.say(format!("for policy `{policy}` that {state}"));
            }
        }
        Some(())
    }

    fn tell_conditions(&mut self, demand: &MfaDemand, claims: &Claims<'_>) -> Option<()> {
        for (name, wanted) in &demand.claims {
            let met = if self.hear(claim_meets(claims, name, wanted))? { "met" } else { "not met" };
            let found = words::claim(claims.get(name));
            self.say(format!("claim `{name}` {found}; wanted: {}: {met}", words::values(wanted)));
        }
        Some(())
    }
}

/// What the subject was told by.
fn why(claims: &Claims<'_>, issuer: &Issuer) -> String {
    let listed = |names: &[&str]| {
        let each = names.iter().map(|name| format!("{name} {}", words::claim(claims.get(name))));
        each.collect::<Vec<_>>().join(", ")
    };
    match issuer.app_only {
        None => "as this issuer has no `app_only`".to_owned(),
        Some(AppOnlyMark::Entra) => {
            let asked = ["idtyp", "appidacr", "azpacr", "scp", "oid", "sub"];
            let names = USER_NAMES.into_iter().filter(|name| claims.get(name).is_some());
            let names: Vec<_> = asked.into_iter().chain(names).collect();
            format!("by what `entra` looks at: {}", listed(&names))
        }
        Some(AppOnlyMark::Rfc9068) => {
            format!("by what `rfc9068` looks at: {}", listed(&["sub", "client_id"]))
        }
    }
}
