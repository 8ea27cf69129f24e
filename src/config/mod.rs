//! Reads the filter's configuration: JSON in, a [`Gate`] out, or every error with its path.

mod access_log;
mod answers;
mod error;
pub mod field;
pub mod fields;
mod issuers;
mod node;
mod object;
mod policies;
mod routes;
#[cfg(test)]
mod tests;
mod token;
mod wire;

pub use error::{ConfigError, ConfigErrors};
use fields::configuration;
pub use node::join;
use node::{Node, Problems};
pub use wire::MAX_DEPTH;

use crate::gate::{Gate, claims_kept, usual_proof};
use crate::token::Trust;
use crate::wire::json::Json;

/// Reads a configuration as the host presents it: JSON text, or an encoded `google.protobuf.Struct`.
///
/// # Errors
///
/// All errors of the configuration. A wrong configuration is never loaded in part.
pub fn parse(bytes: &[u8]) -> Result<Gate, ConfigErrors> {
    match wire::read(bytes) {
        Ok(json) => from_json(&json),
        Err(message) => Err(ConfigErrors(vec![ConfigError { path: String::new(), message }])),
    }
}

/// Reads a parsed configuration, for example from YAML.
///
/// # Errors
///
/// All errors of the configuration.
pub fn from_json(json: &Json<'_>) -> Result<Gate, ConfigErrors> {
    let mut problems = Problems::default();
    match (gate(&Node::root(json), &mut problems), problems.into_errors()) {
        (Some(gate), errors) if errors.is_empty() => Ok(gate),
        (_, errors) => Err(ConfigErrors(errors)),
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
        node.wrong(
            problems,
            format!("`{name}` is also in `token.headers`; the filter would remove the clients' tokens"),
        );
    }
    if let (Some(true), Some(node), Some(upstream)) =
        (envoy_route_metadata, fields.optional(&configuration::ENVOY_ROUTE_METADATA), &upstream)
        && !upstream.is_empty()
    {
        // Observed on Envoy 1.40: after a header changes, Envoy re-selects the route when the filter is done, and until then
        // reports the metadata of the old route. A client could select a lax old route by a header.
        node.wrong(
            problems,
            "cannot be combined with `upstream_headers`: changing a header makes Envoy re-select the route after the policy was evaluated",
        );
    }
    fields.value(problems, &configuration::MODE);
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
