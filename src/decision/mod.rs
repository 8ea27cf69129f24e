//! The decision: allow or deny, and why.
//!
//! A request's way: [`matching`] finds the policies it must meet, [`authenticate`] its verified token, [`demand`] compares
//! the two; the result is a [`Permit`] or a [`Denial`].

mod authenticate;
mod demand;
mod denial;
mod environment;
mod jwt_authn;
mod matching;
mod request;

pub use authenticate::{AuthenticatedToken, TokenSource};
pub use demand::claim_meets;
pub use denial::{Denial, Detail};
pub use environment::Environment;
pub use matching::{Applied, matching_routes, policies_on};
pub use request::{Request, RoutePolicy};

use authenticate::verified_token;

use crate::deny_reason::DenyReason;
use crate::gate::Gate;
use crate::mfa::MfaState;
use crate::policy::{Demand, Policy};
use crate::route::Route;
use crate::token::{Subject, Verified};
use crate::upstream::UpstreamValues;

/// The outcome of a request, and what decided it.
#[derive(Debug)]
pub struct Decision<'g> {
    /// The route whose policy decided; `None` if the default policy or Envoy's route decided, or if matching was not
    /// reached.
    pub route: Option<&'g Route>,
    /// The policy that decided; `None` if matching failed.
    pub policy: Option<&'g Policy>,
    /// The token, if one was verified.
    pub token: Option<AuthenticatedToken>,
    /// What a verified user's token proves: by the policy that decided, or by [`Gate::usual_proof`] if that policy demands
    /// no proof.
    pub mfa: Option<MfaState>,
    /// Allow or deny.
    pub outcome: Result<Permit, Denial>,
}

/// Permission to proceed. Only [`decide`] can create one.
#[derive(Debug)]
pub struct Permit {
    upstream: UpstreamValues,
}

impl Permit {
    /// The headers to set for the upstream.
    pub fn upstream(&self) -> &UpstreamValues {
        &self.upstream
    }
}

/// Decides whether a request may pass.
///
/// Each reading of its path matches a route, and the policy of each of these routes must be met; the first policy that is
/// not met decides.
pub fn decide<'g>(gate: &'g Gate, request: &impl Request, environment: &Environment<'_>) -> Decision<'g> {
    let applied = match policies_on(gate, request) {
        Ok(applied) => applied,
        Err(denial) => return Decision { route: None, policy: None, token: None, mfa: None, outcome: Err(denial) },
    };
    let needs_token = |applied: &&Applied<'_>| applied.policy.demand != Demand::Public;
    let Some(first) = applied.iter().find(needs_token) else {
        let first = applied.first();
        return Decision {
            route: first.and_then(|first| first.route),
            policy: first.map(|first| first.policy),
            token: None,
            mfa: None,
            outcome: Ok(Permit { upstream: gate.upstream.public_values() }),
        };
    };
    let (token, (deciding, outcome)) = match verified_token(&gate.trust, request, environment) {
        Ok(token) => {
            let judged = judge(gate, &token.verified, first, &applied);
            (Some(token), judged)
        }
        Err(denial) => (None, (first, Err(denial))),
    };
    let mfa = token.as_ref().and_then(|token| mfa_state(gate, &token.verified, deciding.policy, &outcome));
    Decision { route: deciding.route, policy: Some(deciding.policy), token, mfa, outcome }
}

fn judge<'g, 'c>(
    gate: &Gate,
    verified: &Verified,
    first: &'c Applied<'g>,
    applied: &'c [Applied<'g>],
) -> (&'c Applied<'g>, Result<Permit, Denial>) {
    for one in applied {
        let met = match &one.policy.demand {
            Demand::Public | Demand::SignedIn => Ok(()),
            Demand::Mfa(demand) => demand.met_by(verified),
        };
        if let Err(denial) = met {
            return (one, Err(denial));
        }
    }
    let upstream = gate.upstream.values(verified.subject(), verified.claims());
    (first, Ok(Permit { upstream }))
}

fn mfa_state(gate: &Gate, token: &Verified, policy: &Policy, outcome: &Result<Permit, Denial>) -> Option<MfaState> {
    match (token.subject(), &policy.demand, outcome) {
        (Subject::App, _, _) => None,
        // The result of `judge`, which need not be computed twice.
        (Subject::User, Demand::Mfa(_), Ok(_)) => Some(MfaState::Proven),
        (Subject::User, _, Err(Denial { reason: DenyReason::MfaMissing, .. })) => Some(MfaState::Missing),
        (Subject::User, Demand::Mfa(demand), Err(_)) => demand.proof.find(token).ok(),
        (Subject::User, Demand::SignedIn | Demand::Public, _) => gate.usual_proof.find(token).ok(),
    }
}
