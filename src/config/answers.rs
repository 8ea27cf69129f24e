//! `challenge` and `upstream_headers`: what denials and upstream requests contain.

use super::fields::{challenge, upstream_headers};
use super::node::{Node, Problems};
use super::object::Fields;
use crate::challenge::Challenge;
use crate::upstream::UpstreamHeaders;

/// Headers of a denial that the gate or the connection sets.
const NOT_FIXED: [&str; 8] = [
    "www-authenticate",
    "content-type",
    "content-length",
    "retry-after",
    "connection",
    "transfer-encoding",
    "upgrade",
    "date",
];

/// Request headers that mean something to the connection or to the gate, so no place to tell the upstream.
const NOT_TOLD: [&str; 9] = [
    "authorization",
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
    "cookie",
];

pub fn challenge(fields: &Fields<'_>, problems: &mut Problems) -> Option<Challenge> {
    fields.value(problems, &challenge::STYLE);
    let realm = match fields.optional(&challenge::REALM) {
        Some(node) => realm(&node, problems),
        None => Some(challenge::REALM.default().to_owned()),
    };
    let body = fields.value(problems, &challenge::BODY);
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, node) in fields.optional(&challenge::HEADERS).and_then(|node| node.entries(problems)).unwrap_or_default()
    {
        if headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
            node.wrong(problems, format!("`{}` appears twice, in another case", name.escape_debug()));
        }
        let value = fixed_header(name, &node, problems);
        headers.extend(value.map(|value| (name.to_owned(), value)));
    }
    let filter_state = fields.value(problems, &challenge::FILTER_STATE);
    Some(Challenge { realm: realm?, body: body?, headers, filter_state: filter_state? })
}

fn fixed_header(name: &str, node: &Node<'_>, problems: &mut Problems) -> Option<String> {
    if !is_token(name) || NOT_FIXED.contains(&name.to_ascii_lowercase().as_str()) {
        node.wrong(problems, format!("`{}` is no header name, or one that cannot be fixed", name.escape_debug()));
    }
    let value = node.text(problems)?;
    if !value.bytes().all(|b| matches!(b, b' '..=b'~')) || value.trim_ascii() != value {
        node.wrong(problems, format!("`{}` is no header value; it has printable ASCII alone", value.escape_debug()));
    }
    Some(value.to_owned())
}

/// A quoted string that every client can take apart: some split on commas, some do not undo escapes.
fn realm(node: &Node<'_>, problems: &mut Problems) -> Option<String> {
    let text = node.text(problems)?;
    let safe = text.bytes().all(|b| matches!(b, b' '..=b'~') && !matches!(b, b'"' | b'\\' | b','));
    if !safe {
        node.wrong(
            problems,
            format!("`{}` should have printable ASCII without `\"`, `\\` and `,`", text.escape_debug()),
        );
    }
    safe.then(|| text.to_owned())
}

pub fn upstream(fields: &Fields<'_>, problems: &mut Problems) -> Option<UpstreamHeaders> {
    let mut headers = UpstreamHeaders::default();
    let mut whole = true;
    let mut told = |node: &Node<'_>, headers: &UpstreamHeaders, problems: &mut Problems| {
        let name = header_name(node, problems).filter(|name| {
            let free = !NOT_TOLD.contains(&name.as_str()) && !name.starts_with("x-envoy-");
            let new = !headers.could_be(name);
            if !free || !new {
                node.wrong(
                    problems,
                    format!(
                        "`{name}` {}",
                        if free { "is used twice" } else { "has a meaning of its own; choose another" }
                    ),
                );
            }
            free && new
        });
        whole &= name.is_some();
        name
    };
    if let Some(node) = fields.optional(&upstream_headers::DECISION) {
        headers.decision = told(&node, &headers, problems);
    }
    if let Some(node) = fields.optional(&upstream_headers::SUBJECT) {
        headers.subject = told(&node, &headers, problems);
    }
    for (claim, node) in
        fields.optional(&upstream_headers::CLAIMS).and_then(|node| node.entries(problems)).unwrap_or_default()
    {
        if let Some(name) = told(&node, &headers, problems) {
            headers.claims.push((claim.to_owned(), name));
        }
    }
    whole.then_some(headers)
}

/// A header name in lower case with dashes: one that no upstream confuses with another.
pub fn header_name(node: &Node<'_>, problems: &mut Problems) -> Option<String> {
    let text = node.text(problems)?;
    let plain = text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    if !plain {
        node.wrong(
            problems,
            format!("`{}` should be a header name in lower case: letters, digits and `-`", text.escape_debug()),
        );
    }
    plain.then(|| text.to_owned())
}

/// RFC 9110 section 5.6.2.
fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}
