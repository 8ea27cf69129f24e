//! The filter's configuration: JSON in, a [`Gate`] out, or every error with the place it is at.

mod access_log;
mod answers;
pub mod field;
pub mod fields;
mod issuers;
mod node;
mod policies;
mod routes;
#[cfg(test)]
mod tests;
mod token;
mod wire;

use std::fmt;
use std::sync::Arc;

use fields::configuration;
pub use node::join;
use node::{Node, Problems};

use crate::json::Json;
use crate::keys::KeySource;
use crate::mfa;
use crate::policy::{Demand, Gate, Issuer, Policy, Proof, Values};
use crate::upstream::UpstreamHeaders;

/// How deep the configuration may nest: a JWK of an inline set stands at the seventh level.
pub const MAX_DEPTH: usize = 16;

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The path of the field, such as `routes[2].policy`; empty for the whole.
    pub path: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// All that is wrong with a configuration; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errors(Vec<ConfigError>);

impl Errors {
    /// The errors, in the order of the configuration's fields.
    pub fn iter(&self) -> impl Iterator<Item = &ConfigError> {
        self.0.iter()
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "configuration" } else { &self.path };
        write!(f, "{path}: {}", self.message)
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Errors {}

/// Reads a configuration as a host hands it over: JSON text, or a `google.protobuf.Struct` on the wire.
///
/// # Errors
///
/// Everything that is wrong with it; it is never taken in part.
pub fn parse(bytes: &[u8]) -> Result<Gate, Errors> {
    match wire::read(bytes) {
        Ok(json) => from_json(&json),
        Err(message) => Err(Errors(vec![ConfigError { path: String::new(), message }])),
    }
}

/// Reads a configuration that was parsed already, from YAML for instance.
///
/// # Errors
///
/// Everything that is wrong with it.
pub fn from_json(json: &Json<'_>) -> Result<Gate, Errors> {
    let mut problems = Problems::default();
    match (gate(&Node::root(json), &mut problems), problems.into_errors()) {
        (Some(gate), errors) if errors.is_empty() => Ok(gate),
        (_, errors) => Err(Errors(errors)),
    }
}

fn gate(root: &Node<'_>, problems: &mut Problems) -> Option<Gate> {
    let fields = root.fields(problems, &configuration::OBJECT)?;
    let issuers = fields.required(problems, &configuration::ISSUERS).and_then(|node| issuers::read(&node, problems));
    let policies = policies::read(fields.optional(&configuration::POLICIES).as_ref(), problems);
    let routes = routes::read(&fields, &policies, problems);
    let default = fields.required(problems, &configuration::DEFAULT).and_then(|node| policies.find(&node, problems));
    let envoy_route_metadata = fields.value(problems, &configuration::ENVOY_ROUTE_METADATA);
    let host_crypto = fields.value(problems, &configuration::HOST_CRYPTO);
    let cache = fields.object(problems, &configuration::CACHE).and_then(|fields| token::cache(&fields, problems));
    let access_log = match fields.optional(&configuration::ACCESS_LOG) {
        Some(node) => node
            .fields(problems, &fields::access_log::OBJECT)
            .and_then(|fields| access_log::read(&fields, problems))
            .map(Some),
        None => Some(None),
    };
    let token = fields.object(problems, &configuration::TOKEN).and_then(|fields| token::read(&fields, problems));
    let challenge =
        fields.object(problems, &configuration::CHALLENGE).and_then(|fields| answers::challenge(&fields, problems));
    let upstream = fields
        .object(problems, &configuration::UPSTREAM_HEADERS)
        .and_then(|fields| answers::upstream(&fields, problems));
    if let (Some(token), Some(upstream), Some(node)) =
        (&token, &upstream, fields.optional(&configuration::UPSTREAM_HEADERS))
        && let Some(name) = token.headers.iter().find(|name| upstream.could_be(name))
    {
        node.wrong(problems, format!("`{name}` is among `token.headers`; what clients send by it would be removed"));
    }
    if let (Some(true), Some(node), Some(upstream)) =
        (envoy_route_metadata, fields.optional(&configuration::ENVOY_ROUTE_METADATA), &upstream)
        && !upstream.is_empty()
    {
        // Observed on Envoy 1.40: after a header is set or removed, Envoy re-selects the route when the filter is done, and
        // until then reports the metadata of the old one. A client could have picked a lax old route by a header.
        node.wrong(
            problems,
            "cannot be combined with `upstream_headers`: changing a header makes Envoy re-select the route after the policy was evaluated",
        );
    }
    fields.value(problems, &configuration::MODE);
    let (issuers, policies, upstream, default) = (issuers?, policies.into_list(), upstream?, default?);
    Some(Gate {
        metadata_names: metadata_names(&issuers),
        issuers,
        routes: routes?,
        usual_proof: usual_proof(&default),
        default,
        envoy_route_metadata: envoy_route_metadata?,
        token: token?,
        challenge: challenge?,
        host_crypto: host_crypto?,
        cache: cache?,
        access_log: access_log?,
        claims_kept: claims_kept(&policies, &upstream),
        policies,
        upstream,
    })
}

fn metadata_names(issuers: &[Arc<Issuer>]) -> Vec<String> {
    let mut names = Vec::new();
    for issuer in issuers {
        if let KeySource::Metadata(name) = &issuer.keys
            && !names.contains(name)
        {
            names.push(name.clone());
        }
    }
    names
}

fn usual_proof(default: &Policy) -> Proof {
    match &default.demand {
        Demand::Mfa(demand) => demand.proof.clone(),
        Demand::Public | Demand::SignedIn => {
            let mfa = Values { any_of: vec!["mfa".to_owned()], all_of: Vec::new() };
            Proof { amr: Some(mfa), federated: false }
        }
    }
}

fn claims_kept(policies: &[Arc<Policy>], upstream: &UpstreamHeaders) -> Vec<String> {
    let conditions = policies.iter().flat_map(|policy| match &policy.demand {
        Demand::Mfa(demand) => Some(&demand.claims),
        Demand::Public | Demand::SignedIn => None,
    });
    let conditions = conditions.flatten().map(|(claim, _)| claim.as_str());
    let told = upstream.claims.iter().map(|(claim, _)| claim.as_str());
    let mut kept: Vec<_> = mfa::CLAIMS.into_iter().chain(conditions).chain(told).map(str::to_owned).collect();
    kept.sort_unstable();
    kept.dedup();
    kept
}
