//! The filter's configuration: JSON in, a [`Gate`] out, or every error with the place it is at.

mod access_log;
mod answers;
mod issuers;
mod node;
mod policies;
mod routes;
#[cfg(test)]
mod tests;
mod token;
mod wire;

use std::fmt;

pub use node::join;
use node::{Node, Problems};

use crate::gate::{Gate, claims_kept, usual_proof};
use crate::token::Trust;
use crate::upstream::UpstreamHeaders;
use crate::wire::json::Json;

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
    let fields = root.fields(
        problems,
        &[
            "issuers",
            "policies",
            "routes",
            "default",
            "path_case",
            "envoy_route_metadata",
            "token",
            "challenge",
            "upstream_headers",
            "host_crypto",
            "cache",
            "access_log",
            "mode",
        ],
    )?;
    let issuers = fields.required(problems, "issuers").and_then(|node| issuers::read(&node, problems));
    let policies = policies::read(fields.optional("policies").as_ref(), problems);
    let routes =
        routes::read(fields.optional("routes").as_ref(), fields.optional("path_case").as_ref(), &policies, problems);
    let default = fields.required(problems, "default").and_then(|node| policies.find(&node, problems));
    let envoy_route_metadata = match fields.optional("envoy_route_metadata") {
        Some(node) => node.boolean(problems),
        None => Some(false),
    };
    let host_crypto = match fields.optional("host_crypto") {
        Some(node) => node.boolean(problems),
        None => Some(true),
    };
    let cache = token::cache(fields.optional("cache").as_ref(), problems);
    let access_log = match fields.optional("access_log") {
        Some(node) => access_log::read(&node, problems).map(Some),
        None => Some(None),
    };
    let token = token::read(fields.optional("token").as_ref(), problems);
    let challenge = answers::challenge(fields.optional("challenge").as_ref(), problems);
    let upstream = match fields.optional("upstream_headers") {
        Some(node) => answers::upstream(&node, problems),
        None => Some(UpstreamHeaders::default()),
    };
    if let (Some(token), Some(upstream), Some(node)) = (&token, &upstream, fields.optional("upstream_headers"))
        && let Some(name) = token.headers.iter().find(|name| upstream.could_be(name))
    {
        node.wrong(problems, format!("`{name}` is among `token.headers`; what clients send by it would be removed"));
    }
    if let (Some(true), Some(node), Some(upstream)) =
        (envoy_route_metadata, fields.optional("envoy_route_metadata"), &upstream)
        && !upstream.is_empty()
    {
        // Seen on Envoy 1.40: once a header is set or removed, the route is chosen anew when the filter is done, and
        // until then its metadata stay those of the old one. A client could have picked the lax one by a header.
        node.wrong(
            problems,
            "cannot go with `upstream_headers`: touching a header makes Envoy choose its route anew, past the policy that was judged",
        );
    }
    if let Some(node) = fields.optional("mode") {
        node.one_of(problems, "mode", &[("enforce", ())]);
    }
    let (issuers, policies, upstream, default) = (issuers?, policies.into_list(), upstream?, default?);
    Some(Gate {
        trust: Trust::new(issuers, token?, access_log?, claims_kept(&policies, &upstream)),
        routes: routes?,
        usual_proof: usual_proof(&default),
        default,
        envoy_route_metadata: envoy_route_metadata?,
        challenge: challenge?,
        host_crypto: host_crypto?,
        cache: cache?,
        policies,
        upstream,
    })
}
