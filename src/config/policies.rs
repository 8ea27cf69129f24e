//! `policies`: the policies that routes can require, by name.

use std::sync::Arc;

use super::fields::{policy, values};
use super::node::{Node, Problems};
use crate::policy::{Demand, MfaDemand, Policy, Proof, Values};

/// The policies that need no configuration.
const BUILT_IN: [(&str, Demand); 2] = [("public", Demand::Public), ("signed_in", Demand::SignedIn)];

/// The policies, ordered by name. A policy that cannot be read is kept as `None`, so that routes naming it do not report a
/// second error.
pub(super) struct Policies(Vec<(String, Option<Arc<Policy>>)>);

pub(super) fn read(node: Option<&Node<'_>>, problems: &mut Problems) -> Policies {
    let mut policies = Vec::new();
    for (name, demand) in BUILT_IN {
        policies.push((name.to_owned(), Some(Arc::new(Policy { name: name.to_owned(), demand }))));
    }
    for (name, node) in node.and_then(|node| node.entries(problems)).unwrap_or_default() {
        if BUILT_IN.iter().any(|(built_in, _)| *built_in == name) {
            node.wrong(problems, format!("`{name}` is built in and cannot be changed; choose another name"));
            continue;
        }
        if !name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-')) || name.is_empty() {
            node.wrong(problems, "the name of a policy should be lower-case letters, digits, `_` and `-`");
        }
        let demand = demand(&node, problems).map(Demand::Mfa);
        let policy = demand.map(|demand| Arc::new(Policy { name: name.to_owned(), demand }));
        // Insertion in order: a sort would add a hundredth to the size of the module.
        let place = policies.partition_point(|(own, _)| own.as_str() < name);
        policies.insert(place, (name.to_owned(), policy));
    }
    Policies(policies)
}

impl Policies {
    /// The policy that a field names.
    pub(super) fn find(&self, node: &Node<'_>, problems: &mut Problems) -> Option<Arc<Policy>> {
        let name = node.text(problems)?;
        match self.0.iter().find(|(own, _)| own == name) {
            Some((_, policy)) => policy.clone(),
            None => {
                let known = self.0.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
                node.wrong(problems, format!("unknown policy `{}`; known: {known}", name.escape_debug()));
                None
            }
        }
    }

    pub(super) fn into_list(self) -> Vec<Arc<Policy>> {
        self.0.into_iter().filter_map(|(_, policy)| policy).collect()
    }
}

fn demand(node: &Node<'_>, problems: &mut Problems) -> Option<MfaDemand> {
    let fields = node.fields(problems, &policy::OBJECT)?;
    let amr = fields.optional(&policy::AMR).map(|node| values(&node, problems));
    let federated = fields.optional(&policy::FEDERATED).map(|node| policy::FEDERATED.read(&node, problems));
    if amr.is_none() && federated.is_none() {
        node.wrong(
            problems,
            "requires no proof of MFA; give `amr`, such as `{any_of: [mfa]}`, or use the built-in policy signed_in",
        );
        return None;
    }
    let app_only = fields.value(problems, &policy::APP_ONLY);
    let mut claims = Vec::new();
    for (name, node) in fields.optional(&policy::CLAIMS).and_then(|node| node.entries(problems)).unwrap_or_default() {
        if let Some(values) = values(&node, problems) {
            claims.push((name.to_owned(), values));
        }
    }
    let amr = match amr {
        Some(amr) => Some(amr?),
        None => None,
    };
    let proof = Proof { amr, federated: federated.is_some() };
    Some(MfaDemand { proof, app_only: app_only?, claims })
}

fn values(node: &Node<'_>, problems: &mut Problems) -> Option<Values> {
    let fields = node.fields(problems, &values::OBJECT)?;
    let mut read = |field| match fields.optional(field) {
        Some(node) => node.texts(problems).map(|texts| texts.into_iter().map(str::to_owned).collect()),
        None => Some(Vec::new()),
    };
    let (any_of, all_of): (Option<Vec<String>>, Option<Vec<String>>) = (read(&values::ANY_OF), read(&values::ALL_OF));
    let values = Values { any_of: any_of?, all_of: all_of? };
    if values == Values::default() {
        node.wrong(problems, "requires nothing; give `any_of` or `all_of`");
        return None;
    }
    Some(values)
}
