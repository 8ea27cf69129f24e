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
use mfa_gate::token::Subject;
use mfa_gate::token::{Claims, Credential, Unverified, Verified};

use super::field_paths;
use super::steps::{Steps, Tone};
use super::wording;
use crate::terminal;

/// The line for a signature without a key to verify it.
const NOT_VERIFIED: &str = "the signature is not verified, because the issuer's keys are fetched: pass them with \
    `--keys`; the steps below assume a valid signature";

impl Steps<'_> {
    /// Adds the headers that may carry a token. Returns the token, if there is exactly one.
    pub(super) fn add_credential<'v>(&mut self, values: &'v [(&str, Vec<u8>)]) -> Option<&'v [u8]> {
        for (name, value) in values {
            self.add(match Credential::from_header(name, value) {
                Credential::None => format!("`{name}` carries no token"),
                Credential::Token(token) => format!("`{name}` carries a token of {} bytes", token.len()),
                Credential::Several => format!("`{name}` carries more than one token"),
                Credential::Malformed => format!("`{name}` has `Bearer` without exactly one token"),
            });
            self.cite(Some("token.headers"));
        }
        match offered(values) {
            Credential::Token(token) => Some(token),
            Credential::None | Credential::Several | Credential::Malformed => None,
        }
    }

    /// Adds the contents of a token.
    pub(super) fn add_contents(&mut self, token: &Unverified<'_>, now: UnixTime) {
        let (header, claims) = (token.header(), token.claims());
        let member = |value: &Option<String>| value.as_deref().map_or("absent".to_owned(), terminal::quoted);
        self.add(format!("alg {}, kid {}, typ {}", header.algorithm, member(&header.key_id), member(&header.kind)));
        for name in ["iss", "tid", "aud"] {
            self.add(format!("{name} {}", wording::claim(claims.get(name))));
        }
        for (name, round) in [("iat", Round::Up), ("nbf", Round::Up), ("exp", Round::Down)] {
            match claims.date(name, round) {
                Ok(Some(time)) => {
                    self.add(format!("{name} {}, {}", wording::time(time), wording::distance(time, now)));
                }
                Ok(None) => self.add(format!("{name} absent")),
                Err(malformed) => self.add(malformed.to_string()),
            }
        }
    }

    /// Adds the trusted issuer.
    pub(super) fn add_issuer(&mut self, issuer: &Issuer) {
        self.add_as(Tone::Good, format!("the issuer is trusted as {}", wording::issuer(&issuer.name)));
        self.cite(Some(&field_paths::issuer(issuer, "issuer")));
        if issuer.tenants.is_some() {
            self.add_as(Tone::Good, "the tenant is one of the issuer's");
            self.cite(Some(&field_paths::issuer(issuer, "tenants")));
        }
    }

    /// Adds the key that verifies the signature, or that the signature is not verified.
    pub(super) fn add_key(&mut self, keys: &KeySet, is_stand_in: bool, token: &Unverified<'_>) {
        if is_stand_in {
            return self.add_as(Tone::Unsure, NOT_VERIFIED);
        }
        let key =
            token.source().map(|source| keys.find(token.header().key_id.as_deref(), token.header().algorithm, source));
        let name = match key {
            Ok(Lookup::Found(key)) => key.id(),
            Ok(Lookup::OtherAlgorithm | Lookup::Unknown) | Err(_) => None,
        };
        let name = name.map_or("without `kid`".to_owned(), terminal::quoted);
        self.add_as(Tone::Good, format!("the signature is valid, with key {name}"));
    }

    /// Adds whether a token meets the MFA requirement of a policy. `None` if a claim is malformed.
    pub(super) fn add_proof(
        &mut self,
        policy: &str,
        demand: &MfaDemand,
        token: &Verified,
        subject: Subject,
    ) -> Option<()> {
        match (subject, demand.app_only) {
            (Subject::App, AppOnly::Allow) => {
                self.add_as(Tone::Good, format!("policy `{policy}` allows app-only tokens without MFA"));
                self.cite(Some(&field_paths::of_policy(policy, "app_only")));
            }
            (Subject::App, AppOnly::Deny) => {
                self.add_as(Tone::Bad, format!("policy `{policy}` denies app-only tokens"));
                self.cite(Some(&field_paths::of_policy(policy, "app_only")));
            }
            (Subject::User, _) => {
                let claims = token.claims();
                self.add(format!("amr {}", wording::claim(claims.get("amr"))));
                if demand.proof.federated {
                    for name in FEDERATED_CLAIMS.into_iter().filter(|name| claims.get(name).is_some()) {
                        self.add(format!("{name} {}", wording::claim(claims.get(name))));
                    }
                }
                let (tone, line) = match self.check(demand.proof.find(token))? {
                    MfaState::Proven => (Tone::Good, format!("MFA is proven for policy `{policy}`")),
                    MfaState::Missing => (Tone::Bad, format!("MFA is not proven for policy `{policy}`")),
                    MfaState::Unknowable => (
                        Tone::Bad,
                        format!("MFA cannot be proven for policy `{policy}`: an Entra v2.0 token has no amr"),
                    ),
                };
                self.add_as(tone, line);
                let field = if demand.proof.amr.is_some() { "amr" } else { "federated" };
                self.cite(Some(&field_paths::of_policy(policy, field)));
            }
        }
        Some(())
    }

    /// Adds whether a policy's conditions on other claims are met. `None` if a claim is malformed.
    pub(super) fn add_conditions(&mut self, policy: &str, demand: &MfaDemand, claims: &Claims<'_>) -> Option<()> {
        for (name, required) in &demand.claims {
            let is_met = self.check(claim_meets(claims, name, required))?;
            let (tone, met) = if is_met { (Tone::Good, "met") } else { (Tone::Bad, "not met") };
            let found = wording::claim(claims.get(name));
            self.add_as(tone, format!("claim `{name}` {found}; required: {}: {met}", wording::values(required)));
            self.cite(Some(&join(&field_paths::of_policy(policy, "claims"), name)));
        }
        Some(())
    }
}

/// The headers that may carry a token, with their values.
pub(super) fn carriers<'g>(gate: &'g Gate, request: &NativeRequest) -> Vec<(&'g str, Vec<u8>)> {
    let value = |name: &str| request.header(name).unwrap_or_default().into_owned();
    gate.trust.rules.headers.iter().map(|name| (name.as_str(), value(name))).collect()
}

/// The credential in these headers.
pub(super) fn offered<'v>(values: &'v [(&str, Vec<u8>)]) -> Credential<'v> {
    let offers = values.iter().map(|(name, value)| Credential::from_header(name, value));
    offers.fold(Credential::None, Credential::and)
}

/// The claims that determine the subject.
pub(super) fn subject_claims(claims: &Claims<'_>, issuer: &Issuer) -> String {
    let listed = |names: &[&str]| {
        let each = names.iter().map(|name| format!("{name} {}", wording::claim(claims.get(name))));
        each.collect::<Vec<_>>().join(", ")
    };
    let (mark, read): (_, &[&str]) = match issuer.app_only {
        None => return "because this issuer has no `app_only`".to_owned(),
        Some(AppOnlyMark::Entra) => ("entra", &["idtyp", "appidacr", "azpacr", "scp", "oid", "sub"]),
        Some(AppOnlyMark::Rfc9068) => ("rfc9068", &["sub", "client_id"]),
    };
    // The next step shows `amr`.
    let user_claims = issuer.app_only.into_iter().flat_map(AppOnlyMark::user_claims);
    let present = user_claims.filter(|name| !read.contains(name) && claims.get(name).is_some());
    let names: Vec<_> = read.iter().copied().chain(present).collect();
    format!("from the claims that `{mark}` reads: {}", listed(&names))
}
