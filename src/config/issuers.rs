//! `issuers`: the issuers that are trusted.

use std::sync::Arc;

use super::fields::{inline, issuer, remote, verified_by};
use super::node::{Node, Problems};
use super::object::Fields;
use crate::issuer::{Issuer, Names};
use crate::issuer_name::IssuerName;
use crate::keys::{Document, KeySet, KeySource, Remote, Timing, Uri};
use crate::wire::json::Json;

pub(super) fn read(node: &Node<'_>, problems: &mut Problems) -> Option<Vec<Arc<Issuer>>> {
    let items = node.items(problems)?;
    if items.is_empty() {
        node.wrong(problems, "is empty; without an issuer no token can be trusted");
        return None;
    }
    let mut issuers: Vec<Arc<Issuer>> = Vec::new();
    let mut whole = true;
    for (index, item) in items.iter().enumerate() {
        match issuer(index, item, problems) {
            Some(issuer) => {
                let names = written_names(&issuer);
                let same =
                    issuers.iter().position(|other| written_names(other).iter().any(|name| names.contains(name)));
                if let Some(first) = same {
                    // Otherwise the order of the issuers would decide which keys verify a token.
                    item.wrong(problems, format!("has an `iss` in common with issuers[{first}]"));
                }
                issuers.push(Arc::new(issuer));
            }
            None => whole = false,
        }
    }
    whole.then_some(issuers)
}

fn issuer(index: usize, node: &Node<'_>, problems: &mut Problems) -> Option<Issuer> {
    let fields = node.fields(problems, &issuer::OBJECT)?;
    let name = fields.required(problems, &issuer::ISSUER).and_then(|node| issuer_name(&node, problems));
    let tenants = fields.optional(&issuer::TENANTS).map(|node| set(&node, problems));
    if let (Some(IssuerName::PerTenant { .. }), None) = (&name, &tenants) {
        node.wrong(problems, "`issuer` has `{tid}`, so `tenants` must list the tenants that are trusted");
    }
    let audiences = fields.required(problems, &issuer::AUDIENCES).and_then(|node| set(&node, problems));
    let sources =
        (fields.optional(&issuer::JWKS), fields.optional(&issuer::DISCOVERY), fields.optional(&issuer::VERIFIED_BY));
    let keys = match sources {
        (Some(jwks), None, None) => jwks_source(&jwks, name.clone(), problems),
        (None, Some(discovery), None) => discovery
            .fields(problems, &remote::OBJECT)
            .and_then(|fields| remote(&fields, Document::Discovery, name.clone(), problems))
            .map(KeySource::Fetched),
        (None, None, Some(verified_by)) => metadata(&verified_by, problems),
        (None, None, None) => {
            node.wrong(problems, "has none of `jwks`, `discovery` and `verified_by`, so its tokens cannot be verified");
            None
        }
        _ => {
            node.wrong(problems, "has more than one of `jwks`, `discovery` and `verified_by`; give one of them");
            None
        }
    };
    let app_only = fields.optional(&issuer::APP_ONLY).map(|node| issuer::APP_ONLY.read(&node, problems));
    Some(Issuer {
        index,
        name: name?,
        tenants: transpose(tenants)?,
        audiences: audiences?,
        keys: keys?,
        app_only: transpose(app_only)?,
    })
}

/// Every `iss` that the issuer's tokens may have.
fn written_names(issuer: &Issuer) -> Vec<String> {
    match &issuer.name {
        IssuerName::Exact(name) => vec![name.clone()],
        IssuerName::PerTenant { before, after } => {
            issuer.tenants.iter().flat_map(Names::iter).map(|tenant| format!("{before}{tenant}{after}")).collect()
        }
    }
}

fn issuer_name(node: &Node<'_>, problems: &mut Problems) -> Option<IssuerName> {
    let text = node.text(problems)?;
    let Some((before, after)) = text.split_once(IssuerName::TENANT) else {
        return Some(IssuerName::Exact(text.to_owned()));
    };
    if before.is_empty() || after.contains(IssuerName::TENANT) {
        node.wrong(problems, format!("`{}` should contain one `{{tid}}`, not at its start", text.escape_debug()));
        return None;
    }
    Some(IssuerName::PerTenant { before: before.to_owned(), after: after.to_owned() })
}

fn jwks_source(node: &Node<'_>, issuer: Option<IssuerName>, problems: &mut Problems) -> Option<KeySource> {
    let is_inline = matches!(node.json(), Json::Object(members) if members.has(inline::INLINE.name));
    if !is_inline {
        let fields = node.fields_of_either(problems, &remote::OBJECT, &inline::OBJECT)?;
        return remote(&fields, Document::KeySet, issuer, problems).map(KeySource::Fetched);
    }
    let inline = node.fields(problems, &inline::OBJECT)?.required(problems, &inline::INLINE)?;
    match KeySet::read(inline.json()) {
        Ok(set) => Some(KeySource::Inline(Arc::new(set))),
        Err(errors) => {
            for error in errors {
                let place = error.key.map(|index| format!(".keys[{index}]")).unwrap_or_default();
                problems.add(&format!("{}{place}", inline.path()), error.what);
            }
            None
        }
    }
}

fn metadata(node: &Node<'_>, problems: &mut Problems) -> Option<KeySource> {
    let fields = node.fields(problems, &verified_by::OBJECT)?;
    let name = fields.required(problems, &verified_by::METADATA)?.text(problems)?;
    Some(KeySource::Metadata(name.to_owned()))
}

fn remote(
    fields: &Fields<'_>,
    document: Document,
    issuer: Option<IssuerName>,
    problems: &mut Problems,
) -> Option<Remote> {
    let uri = fields.required(problems, &remote::URI).and_then(|node| uri(&node, problems));
    let cluster = fields.required(problems, &remote::CLUSTER).and_then(|node| node.text(problems));
    let timeout = fields.value(problems, &remote::TIMEOUT);
    let refresh = fields.value(problems, &remote::REFRESH);
    let cooldown = fields.value(problems, &remote::COOLDOWN);
    let expiry = fields.value(problems, &remote::EXPIRY);
    let timing = Timing { timeout: timeout?, refresh: refresh?, cooldown: cooldown?, expiry: expiry? };
    Some(Remote { document, uri: uri?, cluster: cluster?.to_owned(), issuer: issuer?, timing })
}

fn uri(node: &Node<'_>, problems: &mut Problems) -> Option<Uri> {
    let text = node.text(problems)?;
    let uri = Uri::parse(text);
    if uri.is_none() {
        node.wrong(
            problems,
            format!("`{}` must be an `https` URL, such as `https://issuer.example.com/keys`", text.escape_debug()),
        );
    }
    uri
}

fn set(node: &Node<'_>, problems: &mut Problems) -> Option<Names> {
    node.texts(problems).map(|texts| Names::new(texts.into_iter().map(str::to_owned).collect()))
}

/// `None` if the field is wrong, `Some(None)` if it is absent.
fn transpose<T>(field: Option<Option<T>>) -> Option<Option<T>> {
    match field {
        None => Some(None),
        Some(read) => read.map(Some),
    }
}
