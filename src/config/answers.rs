//! `challenge` and `upstream_headers`: what denials and upstream requests contain.

use super::fields::{challenge, upstream_headers};
use super::node::{Node, Problems};
use super::object::Fields;
use crate::challenge::Challenge;
use crate::upstream::UpstreamHeaders;

/// Headers of a denial that the gate or the connection sets, so `challenge.headers` cannot.
const RESERVED_RESPONSE_HEADERS: [&str; 8] = [
    "www-authenticate",
    "content-type",
    "content-length",
    "retry-after",
    "connection",
    "transfer-encoding",
    "upgrade",
    "date",
];

/// Request headers with a meaning for the connection or the gate, so `upstream_headers` cannot use them.
const RESERVED_REQUEST_HEADERS: [&str; 9] = [
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

pub(super) fn challenge(fields: &Fields<'_>, problems: &mut Problems) -> Option<Challenge> {
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
            node.wrong(problems, format!("`{}` appears twice, with different case", name.escape_debug()));
        }
        let value = fixed_header(name, &node, problems);
        headers.extend(value.map(|value| (name.to_owned(), value)));
    }
    let filter_state = fields.value(problems, &challenge::FILTER_STATE);
    Some(Challenge { realm: realm?, body: body?, headers, filter_state: filter_state? })
}

fn fixed_header(name: &str, node: &Node<'_>, problems: &mut Problems) -> Option<String> {
    if !is_token(name) || RESERVED_RESPONSE_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
        node.wrong(problems, format!("`{}` is not a header name, or is reserved", name.escape_debug()));
    }
    let value = node.text(problems)?;
    if !value.bytes().all(|b| matches!(b, b' '..=b'~')) || value.trim_ascii() != value {
        node.wrong(
            problems,
            format!("`{}` is not a header value; use printable ASCII without spaces around it", value.escape_debug()),
        );
    }
    Some(value.to_owned())
}

/// A realm that every client parses correctly: some clients split at commas, some do not unescape.
fn realm(node: &Node<'_>, problems: &mut Problems) -> Option<String> {
    let text = node.text(problems)?;
    let safe = text.bytes().all(|b| matches!(b, b' '..=b'~') && !matches!(b, b'"' | b'\\' | b','));
    if !safe {
        node.wrong(problems, format!("`{}` should be printable ASCII without `\"`, `\\` and `,`", text.escape_debug()));
    }
    safe.then(|| text.to_owned())
}

pub(super) fn upstream(fields: &Fields<'_>, problems: &mut Problems) -> Option<UpstreamHeaders> {
    let mut headers = UpstreamHeaders::default();
    let mut whole = true;
    let mut read_name = |node: &Node<'_>, headers: &UpstreamHeaders, problems: &mut Problems| {
        let name = header_name(node, problems).filter(|name| {
            let is_free = !RESERVED_REQUEST_HEADERS.contains(&name.as_str()) && !name.starts_with("x-envoy-");
            let is_new = !headers.could_be(name);
            if !is_free || !is_new {
                node.wrong(
                    problems,
                    format!("`{name}` {}", if is_free { "is used twice" } else { "is reserved; choose another" }),
                );
            }
            is_free && is_new
        });
        whole &= name.is_some();
        name
    };
    if let Some(node) = fields.optional(&upstream_headers::DECISION) {
        headers.decision = read_name(&node, &headers, problems);
    }
    if let Some(node) = fields.optional(&upstream_headers::SUBJECT) {
        headers.subject = read_name(&node, &headers, problems);
    }
    for (claim, node) in
        fields.optional(&upstream_headers::CLAIMS).and_then(|node| node.entries(problems)).unwrap_or_default()
    {
        if let Some(name) = read_name(&node, &headers, problems) {
            headers.claims.push((claim.to_owned(), name));
        }
    }
    whole.then_some(headers)
}

/// A header name of lower-case letters, digits and `-`: no upstream confuses two of these.
pub(super) fn header_name(node: &Node<'_>, problems: &mut Problems) -> Option<String> {
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

/// Whether a name is a `token` of RFC 9110 section 5.6.2.
fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}
