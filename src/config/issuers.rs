//! `issuers`: whose tokens are trusted.

use std::collections::BTreeSet;

use super::node::{Node, Problems};
use crate::keys::{KeySet, KeySource};
use crate::policy::{AppOnlyMark, Issuer, IssuerName};

pub fn read(node: &Node<'_>, problems: &mut Problems) -> Option<Vec<Issuer>> {
    let items = node.items(problems)?;
    if items.is_empty() {
        node.wrong(problems, "is empty; without an issuer no token can be trusted");
        return None;
    }
    let mut issuers: Vec<Issuer> = Vec::new();
    let mut whole = true;
    for item in &items {
        match issuer(item, problems) {
            Some(issuer) => {
                let names = written_names(&issuer);
                let same =
                    issuers.iter().position(|other| written_names(other).iter().any(|name| names.contains(name)));
                if let Some(first) = same {
                    // Whose keys and whose mark of app-only tokens would count, would be up to their order.
                    item.wrong(problems, format!("has an `iss` in common with issuers[{first}]"));
                }
                issuers.push(issuer);
            }
            None => whole = false,
        }
    }
    whole.then_some(issuers)
}

fn issuer(node: &Node<'_>, problems: &mut Problems) -> Option<Issuer> {
    let fields = node.fields(problems, &["issuer", "tenants", "audiences", "jwks", "app_only"])?;
    let name = fields.required(problems, "issuer").and_then(|node| issuer_name(&node, problems));
    let tenants = fields.optional("tenants").map(|node| set(&node, problems));
    if let (Some(IssuerName::PerTenant { .. }), None) = (&name, &tenants) {
        node.wrong(problems, "`issuer` has `{tid}`, so `tenants` must list the tenants that are trusted");
    }
    let audiences = fields.required(problems, "audiences").and_then(|node| set(&node, problems));
    let keys = fields.required(problems, "jwks").and_then(|node| key_source(&node, problems));
    let app_only = fields.optional("app_only").map(|node| {
        node.one_of(
            problems,
            "mark of app-only tokens",
            &[("entra", AppOnlyMark::Entra), ("rfc9068", AppOnlyMark::Rfc9068)],
        )
    });
    Some(Issuer {
        name: name?,
        tenants: transpose(tenants)?,
        audiences: audiences?,
        keys: keys?,
        app_only: transpose(app_only)?,
    })
}

/// Every `iss` that the issuer's tokens may have.
fn written_names(issuer: &Issuer) -> BTreeSet<String> {
    match &issuer.name {
        IssuerName::Exact(name) => [name.clone()].into(),
        IssuerName::PerTenant { before, after } => {
            issuer.tenants.iter().flatten().map(|tenant| format!("{before}{tenant}{after}")).collect()
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

fn key_source(node: &Node<'_>, problems: &mut Problems) -> Option<KeySource> {
    let inline = node.fields(problems, &["inline"])?.required(problems, "inline")?;
    match KeySet::read(inline.json()) {
        Ok(set) => Some(KeySource::Inline(set)),
        Err(errors) => {
            for error in errors {
                let place = error.key.map(|index| format!(".keys[{index}]")).unwrap_or_default();
                problems.add(&format!("{}{place}", inline.path()), error.what);
            }
            None
        }
    }
}

fn set(node: &Node<'_>, problems: &mut Problems) -> Option<BTreeSet<String>> {
    node.texts(problems).map(|texts| texts.into_iter().map(str::to_owned).collect())
}

/// A field that was there and wrong makes the whole wrong; one that was not there is `None`.
fn transpose<T>(field: Option<Option<T>>) -> Option<Option<T>> {
    match field {
        None => Some(None),
        Some(read) => read.map(Some),
    }
}
