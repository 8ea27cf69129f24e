//! The decision: allow or deny, and why.

mod vouched;

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

use crate::deny_reason::DenyReason;
use crate::keys::{InlineKeys, KeyStore, RustCrypto, Verifier};
use crate::mfa::MfaState;
use crate::policy::{AppOnly, Demand, Gate, MfaDemand, Policy, Values};
use crate::route::{Authority, Reading, RequestPath, Route};
use crate::subject::Subject;
use crate::time::UnixTime;
use crate::token::{Claims, Compact, Credential, Evidence, Malformed, TokenCache, TokenError, Verified};
use crate::upstream::Told;

/// A request as its host tells it. Each look may cost a call to the host, so each is made once, and only if needed.
pub trait Request {
    /// The value of a header, pseudo-headers included; several of one name joined with commas, as Envoy does.
    fn header(&self, name: &str) -> Option<Cow<'_, [u8]>>;

    /// The policy that Envoy's own route names in its metadata.
    fn route_policy(&self) -> RoutePolicy;

    /// What filters before this one left for the request: an `envoy.config.core.v3.Metadata` on the wire; `None` where
    /// there is none. Never anything that the request itself says.
    fn dynamic_metadata(&self) -> Option<Vec<u8>>;
}

/// What the metadata of Envoy's route says (`mfa_gate.policy`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoutePolicy {
    /// Nothing.
    Unset,
    /// This name.
    Named(Vec<u8>),
    /// Something that is no name.
    Unreadable,
}

/// What was decided, by which route and policy.
#[derive(Debug)]
pub struct Decision<'g> {
    /// The route whose policy decided; `None` where it was the default, Envoy's route, or nothing got so far.
    pub route: Option<&'g Route>,
    /// The policy that decided; `None` where it did not come to one.
    pub policy: Option<&'g Policy>,
    /// The token, where it came to a verified one.
    pub token: Option<Seen>,
    /// What a verified user's token proves: by the policy that decided, or by [`Gate::usual_proof`] where that one asks for
    /// no proof.
    pub mfa: Option<MfaState>,
    /// Allow or deny.
    pub outcome: Result<Permit, Denial>,
}

/// A verified token.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The token.
    pub verified: Rc<Verified>,
    /// What says that it is one.
    pub source: TokenSource,
}

/// What says that a token is a verified one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenSource {
    /// It was remembered.
    Cache,
    /// Its signature was verified.
    Signature,
    /// jwt_authn verified it.
    Metadata,
}

impl TokenSource {
    /// The name in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            TokenSource::Cache => "cache",
            TokenSource::Signature => "signature",
            TokenSource::Metadata => "metadata",
        }
    }
}

/// Leave to pass, had from [`decide`] alone.
#[derive(Debug)]
pub struct Permit {
    told: Told,
}

impl Permit {
    /// What the upstream is to be told.
    pub fn told(&self) -> &Told {
        &self.told
    }
}

/// A denial.
#[derive(Debug, PartialEq)]
pub struct Denial {
    /// Why, in one word.
    pub reason: DenyReason,
    /// Why, in a sentence. For the operator alone; it may quote the request.
    pub detail: Detail,
}

/// Why a request was denied, put into words only when somebody reads it.
#[derive(Debug, PartialEq)]
pub enum Detail {
    /// In these.
    Words(Cow<'static, str>),
    /// For what is wrong with the token.
    Token(TokenError),
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Detail::Words(words) => f.write_str(words),
            Detail::Token(error) => error.fmt(f),
        }
    }
}

impl Denial {
    /// The issuer, by its index, whose newer keys might turn it.
    pub fn awaits(&self) -> Option<usize> {
        match &self.detail {
            Detail::Words(_) => None,
            Detail::Token(error) => error.awaits(),
        }
    }

    fn new(reason: DenyReason, words: impl Into<Cow<'static, str>>) -> Self {
        Denial { reason, detail: Detail::Words(words.into()) }
    }
}

impl From<TokenError> for Denial {
    fn from(error: TokenError) -> Self {
        Denial { reason: error.reason(), detail: Detail::Token(error) }
    }
}

impl From<Malformed> for Denial {
    fn from(malformed: Malformed) -> Self {
        TokenError::from(malformed).into()
    }
}

/// A policy that applies to a request, and the route it comes from.
#[derive(Debug, Clone, Copy)]
pub struct Applied<'g> {
    /// The route; `None` for the default and for the policy that Envoy's route names.
    pub route: Option<&'g Route>,
    /// The policy.
    pub policy: &'g Policy,
}

/// What a decision is made with, besides the configuration and the request.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// The keys that are at hand.
    pub keys: &'a dyn KeyStore,
    /// What verifies signatures.
    pub verifier: &'a dyn Verifier,
    /// What is remembered of tokens.
    pub cache: &'a TokenCache,
    /// The time.
    pub now: UnixTime,
}

impl<'a> Means<'a> {
    /// What it takes without a host: the keys of the configuration, and signatures verified in pure Rust.
    pub fn without_host(cache: &'a TokenCache, now: UnixTime) -> Self {
        Means { keys: &InlineKeys, verifier: &RustCrypto, cache, now }
    }
}

/// Decides whether a request may pass.
///
/// Each reading of its path falls to a route, and each route's policy must let it through; the first that does not
/// is the answer.
pub fn decide<'g>(gate: &'g Gate, request: &impl Request, means: &Means<'_>) -> Decision<'g> {
    let applied = match policies_on(gate, request) {
        Ok(applied) => applied,
        Err(denial) => return Decision { route: None, policy: None, token: None, mfa: None, outcome: Err(denial) },
    };
    let wants_token = |applied: &&Applied<'_>| applied.policy.demand != Demand::Public;
    let Some(first) = applied.iter().find(wants_token) else {
        let first = applied.first();
        return Decision {
            route: first.and_then(|first| first.route),
            policy: first.map(|first| first.policy),
            token: None,
            mfa: None,
            outcome: Ok(Permit { told: gate.upstream.tell_public() }),
        };
    };
    let (token, (deciding, outcome)) = match verified_token(gate, request, means) {
        Ok(token) => {
            let judged = judge(gate, &token.verified, first, &applied);
            (Some(token), judged)
        }
        Err(denial) => (None, (first, Err(denial))),
    };
    let mfa = token.as_ref().and_then(|token| proves(gate, &token.verified, deciding.policy, &outcome));
    Decision { route: deciding.route, policy: Some(deciding.policy), token, mfa, outcome }
}

fn proves(gate: &Gate, token: &Verified, policy: &Policy, outcome: &Result<Permit, Denial>) -> Option<MfaState> {
    match (token.subject(), &policy.demand, outcome) {
        (Subject::App, _, _) => None,
        // What was found when it was judged.
        (Subject::User, Demand::Mfa(_), Ok(_)) => Some(MfaState::Proven),
        (Subject::User, _, Err(Denial { reason: DenyReason::MfaMissing, .. })) => Some(MfaState::Missing),
        (Subject::User, Demand::Mfa(demand), Err(_)) => demand.proof.find(token).ok(),
        (Subject::User, Demand::SignedIn | Demand::Public, _) => gate.usual_proof.find(token).ok(),
    }
}

/// The policies a request must meet, none twice: one for each reading of its path.
///
/// # Errors
///
/// The request's target cannot be read, or Envoy's route names no policy.
pub fn policies_on<'g>(gate: &'g Gate, request: &impl Request) -> Result<Vec<Applied<'g>>, Denial> {
    let path = request.header(":path");
    let path = RequestPath::read(path.as_deref())
        .map_err(|unreadable| Denial::new(DenyReason::PathUnreadable, unreadable.as_str()))?;
    let mut applied: Vec<Applied<'g>> = Vec::new();
    let mut add = |route: Option<&'g Route>, policy: &'g Policy| {
        if !applied.iter().any(|other| std::ptr::eq(other.policy, policy)) {
            applied.push(Applied { route, policy });
        }
    };
    if let Some(policy) = envoy_policy(gate, request)? {
        add(None, policy);
        // Envoy chose its route by one reading. Where an upstream may find another structure in the path, that
        // reading is judged by the gate's own routes as well.
        if !path.is_ambiguous() {
            return Ok(applied);
        }
    }
    each_route(gate, request, &path, |reading, route| {
        if route.is_some() || !reading.trimmed {
            add(route, route.map_or(&gate.default, |route| &route.policy));
        }
    })?;
    Ok(applied)
}

/// Tells the route that each reading of a request falls to: of its path, its host and its method.
///
/// # Errors
///
/// Routes go by host, and the request's cannot be read.
pub fn each_route<'g, 'p>(
    gate: &'g Gate,
    request: &impl Request,
    path: &'p RequestPath<'_>,
    mut each: impl FnMut(Reading<'p>, Option<&'g Route>),
) -> Result<(), Denial> {
    let host = if gate.routes.by_host() { Some(authority(request)?) } else { None };
    // Envoy may have chosen another host's route by a port or a dot at the end; then no host's own route may count.
    let unhosted = host.as_ref().filter(|host| !host.is_bare()).map(|_| None);
    let method = if gate.routes.by_method() { request.header(":method") } else { None };
    let method = method.as_deref().and_then(|method| std::str::from_utf8(method).ok()).unwrap_or_default();
    for reading in path.readings() {
        for host in [Some(host.as_ref()), unhosted].into_iter().flatten() {
            for method in methods(method) {
                gate.routes.find(host, reading.path, &method).for_each(|route| each(reading, route));
            }
        }
    }
    Ok(())
}

/// A method in every reading: some upstreams do not heed its case, and most answer HEAD as they do GET.
fn methods(method: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let upper = method.bytes().any(|byte| byte.is_ascii_lowercase()).then(|| Cow::Owned(method.to_ascii_uppercase()));
    let as_get = method.eq_ignore_ascii_case("HEAD").then_some(Cow::Borrowed("GET"));
    [Some(Cow::Borrowed(method)), upper, as_get].into_iter().flatten()
}

fn envoy_policy<'g>(gate: &'g Gate, request: &impl Request) -> Result<Option<&'g Policy>, Denial> {
    let unknown = |detail| Denial::new(DenyReason::PolicyUnknown, detail);
    if !gate.envoy_route_metadata {
        return Ok(None);
    }
    match request.route_policy() {
        RoutePolicy::Unset => Ok(None),
        RoutePolicy::Unreadable => Err(unknown("the route's metadata `mfa_gate.policy` is not a string".to_owned())),
        RoutePolicy::Named(name) => {
            let policy = std::str::from_utf8(&name).ok().and_then(|name| gate.policy(name));
            let not_configured =
                || format!("the route's metadata names the policy `{}`, which is not configured", name.escape_ascii());
            policy.map(Some).ok_or_else(|| unknown(not_configured()))
        }
    }
}

fn authority(request: &impl Request) -> Result<Authority, Denial> {
    let authority = request.header(":authority").unwrap_or_default();
    Authority::read(&authority)
        .ok_or_else(|| Denial::new(DenyReason::PathUnreadable, "the request's host cannot be read in one way"))
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
    let told = gate.upstream.tell(verified.subject(), verified.claims());
    (first, Ok(Permit { told }))
}

/// The request's token, verified now or before.
fn verified_token(gate: &Gate, request: &impl Request, means: &Means<'_>) -> Result<Seen, Denial> {
    let carried: Vec<_> = gate.token.headers.iter().filter_map(|name| Some((name, request.header(name)?))).collect();
    let offered = || {
        let offers = carried.iter().map(|(name, value)| Credential::from_header(name, value));
        offers.fold(Credential::None, Credential::and)
    };
    if !gate.metadata_names.is_empty()
        && let Some(verified) = vouched::token(gate, request, offered(), means)?
    {
        return Ok(Seen { verified, source: TokenSource::Metadata });
    }
    // What was verified once is a token, letter by letter, so that it need not be looked at as an unknown one must.
    let presumed = match carried.as_slice() {
        [(name, value)] => Credential::presumed(name, value),
        _ => None,
    };
    if let Some(verified) = presumed.and_then(|token| remembered(gate, Evidence::Compact(token), means)) {
        return Ok(Seen { verified, source: TokenSource::Cache });
    }
    let token = match offered() {
        Credential::Token(token) => token,
        Credential::None => return Err(Denial::new(DenyReason::TokenMissing, "the request carries no token")),
        Credential::Several => {
            return Err(Denial::new(DenyReason::TokenAmbiguous, "the request carries more than one token"));
        }
        Credential::Malformed => {
            return Err(Denial::new(DenyReason::TokenMalformed, "`Bearer` is not followed by one token"));
        }
    };
    // Not looked for twice: to be another token, the headers must have something out of place.
    if presumed.is_none_or(|presumed| !std::ptr::eq(presumed, token))
        && let Some(verified) = remembered(gate, Evidence::Compact(token), means)
    {
        return Ok(Seen { verified, source: TokenSource::Cache });
    }
    let compact = Compact::decode(token, &gate.token)?;
    let verified = Rc::new(compact.read(&gate.token, means.cache.last_header())?.verify(gate, means)?);
    means.cache.insert(Evidence::Compact(token), &verified, |oldest| is_good(oldest, gate, means));
    Ok(Seen { verified, source: TokenSource::Signature })
}

/// What is remembered of a token, if it would be verified again.
fn remembered(gate: &Gate, evidence: Evidence<'_>, means: &Means<'_>) -> Option<Rc<Verified>> {
    let verified = means.cache.get(evidence)?;
    if is_good(&verified, gate, means) {
        return Some(verified);
    }
    means.cache.remove(evidence);
    None
}

/// Whether a token that is remembered would be verified again.
fn is_good(verified: &Verified, gate: &Gate, means: &Means<'_>) -> bool {
    verified.is_by_current_keys(means.keys) && verified.check_times(&gate.token, means.now).is_ok()
}

impl MfaDemand {
    /// Whether a verified token meets the demand.
    fn met_by(&self, token: &Verified) -> Result<(), Denial> {
        match (token.subject(), self.app_only) {
            (Subject::App, AppOnly::Allow) => {}
            (Subject::App, AppOnly::Deny) => {
                return Err(Denial::new(
                    DenyReason::AppOnlyNotAllowed,
                    "the policy wants a user, the token is an application's own",
                ));
            }
            (Subject::User, _) => match self.proof.find(token)? {
                MfaState::Proven => {}
                MfaState::Missing => return Err(Denial::new(DenyReason::MfaMissing, "the token does not prove MFA")),
                MfaState::Unknowable => {
                    return Err(Denial::new(
                        DenyReason::MfaUnknowable,
                        "a v2.0 token of Entra carries no `amr`, so it cannot prove MFA",
                    ));
                }
            },
        }
        for (name, wanted) in &self.claims {
            if !claim_meets(token.claims(), name, wanted)? {
                return Err(Denial::new(
                    DenyReason::ClaimNotMet,
                    format!("claim `{name}` does not hold what the policy wants"),
                ));
            }
        }
        Ok(())
    }
}

/// Whether a claim holds what is wanted: an array's items, a string as one value, `scp` and `scope` as words
/// (RFC 8693 section 4.2).
///
/// # Errors
///
/// The claim is neither a string nor an array of strings.
pub fn claim_meets(claims: &Claims<'_>, name: &str, wanted: &Values) -> Result<bool, Malformed> {
    let Some(values) = claims.text_or_texts(name)? else { return Ok(false) };
    let words: Vec<&str> = match name {
        "scp" | "scope" => values.iter().flat_map(|value| value.split(' ')).collect(),
        _ => values,
    };
    Ok(wanted.met_by(&words))
}
