//! `issuers`: whose tokens are trusted.

use std::sync::Arc;

use super::node::{Node, Problems};
use crate::json::Json;
use crate::keys::{Document, KeySet, KeySource, Remote, Timing, Uri};
use crate::policy::{AppOnlyMark, Issuer, IssuerName, Names};
use crate::time::Span;

pub fn read(node: &Node<'_>, problems: &mut Problems) -> Option<Vec<Arc<Issuer>>> {
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
                    // Whose keys and whose mark of app-only tokens would count, would be up to their order.
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
    let fields =
        node.fields(problems, &["issuer", "tenants", "audiences", "jwks", "discovery", "verified_by", "app_only"])?;
    let name = fields.required(problems, "issuer").and_then(|node| issuer_name(&node, problems));
    let tenants = fields.optional("tenants").map(|node| set(&node, problems));
    if let (Some(IssuerName::PerTenant { .. }), None) = (&name, &tenants) {
        node.wrong(problems, "`issuer` has `{tid}`, so `tenants` must list the tenants that are trusted");
    }
    let audiences = fields.required(problems, "audiences").and_then(|node| set(&node, problems));
    let keys = match (fields.optional("jwks"), fields.optional("discovery"), fields.optional("verified_by")) {
        (Some(jwks), None, None) => jwks_source(&jwks, name.clone(), problems),
        (None, Some(discovery), None) => {
            remote(&discovery, Document::Discovery, name.clone(), problems).map(KeySource::Fetched)
        }
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
    let app_only = fields.optional("app_only").map(|node| {
        node.one_of(
            problems,
            "mark of app-only tokens",
            &[("entra", AppOnlyMark::Entra), ("rfc9068", AppOnlyMark::Rfc9068)],
        )
    });
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
        node.wrong(
            problems,
            format!("`{}` should have one `{{tid}}`, behind the issuer's address", text.escape_debug()),
        );
        return None;
    }
    Some(IssuerName::PerTenant { before: before.to_owned(), after: after.to_owned() })
}

fn jwks_source(node: &Node<'_>, issuer: Option<IssuerName>, problems: &mut Problems) -> Option<KeySource> {
    let Json::Object(members) = node.json() else {
        node.fields(problems, &["inline", "uri", "cluster"]);
        return None;
    };
    if !members.has("inline") {
        return remote(node, Document::KeySet, issuer, problems).map(KeySource::Fetched);
    }
    let inline = node.fields(problems, &["inline"])?.required(problems, "inline")?;
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
    let name = node.fields(problems, &["metadata"])?.required(problems, "metadata")?.text(problems)?;
    Some(KeySource::Metadata(name.to_owned()))
}

/// Long enough for a slow issuer, short enough for a client that waits.
const DEFAULT_TIMEOUT_SECONDS: u32 = 5;
const MAX_TIMEOUT_SECONDS: u32 = 60;

/// A key that was removed is not trusted for longer.
const DEFAULT_REFRESH_SECONDS: u32 = 300;
const DEFAULT_COOLDOWN_SECONDS: u32 = 30;
const DEFAULT_EXPIRY_SECONDS: u32 = DAY;
const DAY: u32 = 24 * 3600;

fn remote(node: &Node<'_>, document: Document, issuer: Option<IssuerName>, problems: &mut Problems) -> Option<Remote> {
    let known: &[&str] = match document {
        Document::KeySet => &["uri", "cluster", "timeout", "refresh", "cooldown", "expiry", "inline"],
        Document::Discovery => &["uri", "cluster", "timeout", "refresh", "cooldown", "expiry"],
    };
    let fields = node.fields(problems, known)?;
    let uri = fields.required(problems, "uri").and_then(|node| uri(&node, problems));
    let cluster = fields.required(problems, "cluster").and_then(|node| node.text(problems));
    let mut span = |name, default, min, max| match fields.optional(name) {
        Some(node) => node.duration(problems, min, max),
        None => Some(Span::from_seconds(default)),
    };
    let timeout = span("timeout", DEFAULT_TIMEOUT_SECONDS, 1, MAX_TIMEOUT_SECONDS);
    let refresh = span("refresh", DEFAULT_REFRESH_SECONDS, 60, DAY);
    let cooldown = span("cooldown", DEFAULT_COOLDOWN_SECONDS, 1, DAY);
    let expiry = span("expiry", DEFAULT_EXPIRY_SECONDS, 60, DAY.saturating_mul(30));
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

/// A field that was there and wrong makes the whole wrong; one that was not there is `None`.
fn transpose<T>(field: Option<Option<T>>) -> Option<Option<T>> {
    match field {
        None => Some(None),
        Some(read) => read.map(Some),
    }
}
