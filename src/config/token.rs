//! `token`: how a token is carried, and its bounds; `cache`: how much is remembered of tokens.

use super::answers::header_name;
use super::node::{Node, Problems};
use crate::time::Span;
use crate::token::{CacheBounds, TokenRules};

/// As much as Entra's largest tokens, whose groups overflow at 200, have; and a quarter of what Envoy takes as headers.
const DEFAULT_MAX_BYTES: usize = 16 * 1024;

/// Envoy takes 60 KiB of headers by default; a token cannot be larger.
const MAX_MAX_BYTES: u64 = 64 * 1024;

/// Claims nest two or three levels. RFC 8725 names no bound; this one leaves room and keeps the stack small.
const DEFAULT_MAX_DEPTH: usize = 32;

/// What the stack of a wasm module takes with room to spare (CVE-2026-48042).
const MAX_MAX_DEPTH: u64 = 64;

/// "No more than a few minutes" (RFC 7519 section 4.1.4).
const DEFAULT_LEEWAY_SECONDS: u32 = 60;
const MAX_LEEWAY_SECONDS: u32 = 600;

pub fn read(node: Option<&Node<'_>>, problems: &mut Problems) -> Option<TokenRules> {
    let fields = match node {
        Some(node) => Some(node.fields(problems, &["max_bytes", "max_depth", "leeway", "headers"])?),
        None => None,
    };
    let field = |name| fields.as_ref().and_then(|fields| fields.optional(name));
    let max_bytes = match field("max_bytes") {
        Some(node) => node.integer(problems, 256, MAX_MAX_BYTES),
        None => Some(DEFAULT_MAX_BYTES),
    };
    let max_depth = match field("max_depth") {
        Some(node) => node.integer(problems, 2, MAX_MAX_DEPTH),
        None => Some(DEFAULT_MAX_DEPTH),
    };
    let leeway = match field("leeway") {
        Some(node) => node.duration(problems, 0, MAX_LEEWAY_SECONDS),
        None => Some(Span::from_seconds(DEFAULT_LEEWAY_SECONDS)),
    };
    let headers = match field("headers") {
        Some(node) => headers(&node, problems),
        None => Some(vec!["authorization".to_owned()]),
    };
    Some(TokenRules { max_bytes: max_bytes?, max_depth: max_depth?, leeway: leeway?, headers: headers? })
}

fn headers(node: &Node<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    node.texts(problems)?;
    let names: Vec<_> = node.items(problems)?.iter().map(|item| header_name(item, problems)).collect();
    names.into_iter().collect()
}

/// A busy hour's users of one worker; at 1.2 KB a token and what is kept of it, some 18 MB at the most.
const DEFAULT_CACHE_ENTRIES: usize = 8192;
const MAX_CACHE_ENTRIES: u64 = 1_000_000;

/// In mebibytes: a wasm module's memory never shrinks, so this is what a worker grows by for good.
const DEFAULT_CACHE_MIB: usize = 24;
const MAX_CACHE_MIB: u64 = 1024;
const MIB: usize = 1024 * 1024;

pub fn cache(node: Option<&Node<'_>>, problems: &mut Problems) -> Option<CacheBounds> {
    let fields = match node {
        Some(node) => Some(node.fields(problems, &["max_entries", "max_mib"])?),
        None => None,
    };
    let field = |name| fields.as_ref().and_then(|fields| fields.optional(name));
    let max_entries = match field("max_entries") {
        Some(node) => node.integer(problems, 0, MAX_CACHE_ENTRIES),
        None => Some(DEFAULT_CACHE_ENTRIES),
    };
    let max_mib = match field("max_mib") {
        Some(node) => node.integer(problems, 1, MAX_CACHE_MIB),
        None => Some(DEFAULT_CACHE_MIB),
    };
    Some(CacheBounds { max_entries: max_entries?, max_bytes: max_mib?.saturating_mul(MIB) })
}
