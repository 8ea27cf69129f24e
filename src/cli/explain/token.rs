//! The steps that explain a token.

use mfa_gate::cases::native::NativeRequest;
use mfa_gate::config::join;
use mfa_gate::decision::{Request as _, claim_meets};
use mfa_gate::gate::Gate;
use mfa_gate::issuer::{AppOnlyMark, Issuer};
use mfa_gate::keys::{KeySet, Lookup};
use mfa_gate::mfa::{FEDERATED_CLAIMS, MfaState};
use mfa_gate::policy::{AppOnly, MfaDemand};
use mfa_gate::time::{Round, UnixTime};
use mfa_gate::token::{Claims, Credential, Unverified, Verified};
use mfa_gate::token::{Subject, USER_NAMES};

use super::field_paths;
use super::steps::{Steps, Tone};
use super::wording;
use crate::terminal;

/// What is said where there is no key to verify by.
const NOT_VERIFIED: &str = "the signature is not verified, as the issuer's keys are fetched: give them by `--keys`; what \
    follows is as if it were good";

impl Steps<'_> {
    /// Tells the headers that may carry a token; the token, if there is one.
    pub fn tell_credential<'v>(&mut self, values: &'v [(&str, Vec<u8>)]) -> Option<&'v [u8]> {
        for (name, value) in values {
            self.say(match Credential::from_header(name, value) {
                Credential::None => format!("`{name}` carries no token"),
                Credential::Token(token) => format!("`{name}` carries a token of {} bytes", token.len()),
                Credential::Several => format!("`{name}` carries more than one token"),
                Credential::Malformed => format!("`{name}` has `Bearer`, but not one token behind it"),
            });
            self.by(Some("token.headers"));
        }
        match offered(values) {
            Credential::Token(token) => Some(token),
            Credential::None | Credential::Several | Credential::Malformed => None,
        }
    }

    /// Tells what stands in a token.
    pub fn tell_contents(&mut self, token: &Unverified<'_>, now: UnixTime) {
        let (header, claims) = (token.header(), token.claims());
        let member = |value: &Option<String>| value.as_deref().map_or("absent".to_owned(), terminal::quoted);
        self.say(format!("alg {}, kid {}, typ {}", header.algorithm, member(&header.key_id), member(&header.kind)));
        for name in ["iss", "tid", "aud"] {
            self.say(format!("{name} {}", wording::claim(claims.get(name))));
        }
        for (name, round) in [("iat", Round::Up), ("nbf", Round::Up), ("exp", Round::Down)] {
            match claims.date(name, round) {
                Ok(Some(time)) => {
                    self.say(format!("{name} {}, {}", wording::time(time), wording::distance(time, now)));
                }
                Ok(None) => self.say(format!("{name} absent")),
                Err(malformed) => self.say(malformed.to_string()),
            }
        }
    }

    /// Tells that the issuer is trusted.
    pub fn tell_issuer(&mut self, issuer: &Issuer) {
        self.say_as(Tone::Good, format!("the issuer is trusted as {}", wording::issuer(&issuer.name)));
        self.by(Some(&field_paths::issuer(issuer, "issuer")));
        if issuer.tenants.is_some() {
            self.say_as(Tone::Good, "the tenant is one of the issuer's");
            self.by(Some(&field_paths::issuer(issuer, "tenants")));
        }
    }

    /// Tells that the signature is good, and whose it is; or that there is no key to tell by.
    pub fn tell_key(&mut self, keys: &KeySet, presumed: bool, token: &Unverified<'_>) {
        if presumed {
            return self.say_as(Tone::Unsure, NOT_VERIFIED);
        }
        let key =
            token.source().map(|source| keys.find(token.header().key_id.as_deref(), token.header().algorithm, source));
        let name = match key {
            Ok(Lookup::Found(key)) => key.id(),
            Ok(Lookup::OtherAlgorithm | Lookup::Unknown) | Err(_) => None,
        };
        let name = name.map_or("without a kid".to_owned(), terminal::quoted);
        self.say_as(Tone::Good, format!("the signature is good, by key {name}"));
    }

    /// Tells whether a token proves MFA as a policy wants it; `None` where that cannot be read.
    pub fn tell_proof(&mut self, policy: &str, demand: &MfaDemand, token: &Verified, subject: Subject) -> Option<()> {
        match (subject, demand.app_only) {
            (Subject::App, AppOnly::Allow) => {
                self.say_as(Tone::Good, format!("policy `{policy}` lets an app-only token pass without"));
                self.by(Some(&field_paths::of_policy(policy, "app_only")));
            }
            (Subject::App, AppOnly::Deny) => {
                self.say_as(Tone::Bad, format!("policy `{policy}` lets no app-only token pass"));
                self.by(Some(&field_paths::of_policy(policy, "app_only")));
            }
            (Subject::User, _) => {
                let claims = token.claims();
                self.say(format!("amr {}", wording::claim(claims.get("amr"))));
                if demand.proof.federated {
                    for name in FEDERATED_CLAIMS.into_iter().filter(|name| claims.get(name).is_some()) {
                        self.say(format!("{name} {}", wording::claim(claims.get(name))));
                    }
                }
                let (tone, state) = match self.hear(demand.proof.find(token))? {
                    MfaState::Proven => (Tone::Good, "is proof"),
                    MfaState::Missing => (Tone::Bad, "is no proof"),
                    MfaState::Unknowable => (Tone::Bad, "cannot be proof: an Entra v2.0 token has no amr"),
                };
                self.say_as(tone, format!("for policy `{policy}` that {state}"));
                let field = if demand.proof.amr.is_some() { "amr" } else { "federated" };
                self.by(Some(&field_paths::of_policy(policy, field)));
            }
        }
        Some(())
    }

    /// Tells whether a policy's further conditions are met; `None` where that cannot be read.
    pub fn tell_conditions(&mut self, policy: &str, demand: &MfaDemand, claims: &Claims<'_>) -> Option<()> {
        for (name, wanted) in &demand.claims {
            let is_met = self.hear(claim_meets(claims, name, wanted))?;
            let (tone, met) = if is_met { (Tone::Good, "met") } else { (Tone::Bad, "not met") };
            let found = wording::claim(claims.get(name));
            self.say_as(tone, format!("claim `{name}` {found}; wanted: {}: {met}", wording::values(wanted)));
            self.by(Some(&join(&field_paths::of_policy(policy, "claims"), name)));
        }
        Some(())
    }
}

/// The headers that may carry a token, with their values.
pub fn carriers<'g>(gate: &'g Gate, request: &NativeRequest) -> Vec<(&'g str, Vec<u8>)> {
    let value = |name: &str| request.header(name).unwrap_or_default().into_owned();
    gate.trust.rules.headers.iter().map(|name| (name.as_str(), value(name))).collect()
}

/// What these headers offer together.
pub fn offered<'v>(values: &'v [(&str, Vec<u8>)]) -> Credential<'v> {
    let offers = values.iter().map(|(name, value)| Credential::from_header(name, value));
    offers.fold(Credential::None, Credential::and)
}

/// The claims that the subject follows from.
pub fn why(claims: &Claims<'_>, issuer: &Issuer) -> String {
    let listed = |names: &[&str]| {
        let each = names.iter().map(|name| format!("{name} {}", wording::claim(claims.get(name))));
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
