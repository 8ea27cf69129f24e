//! `token`: where a request carries its token, and its limits; `cache`: how many verified tokens are remembered.

use super::answers::header_name;
use super::fields::{cache, token};
use super::node::{Node, Problems};
use super::object::Fields;
use crate::token::{CacheBounds, TokenRules};

pub(super) fn read(fields: &Fields<'_>, problems: &mut Problems) -> Option<TokenRules> {
    let max_bytes = fields.value(problems, &token::MAX_BYTES);
    let max_depth = fields.value(problems, &token::MAX_DEPTH);
    let leeway = fields.value(problems, &token::LEEWAY);
    let headers = match fields.optional(&token::HEADERS) {
        Some(node) => headers(&node, problems),
        None => Some(token::HEADERS.default().iter().map(|name| (*name).to_owned()).collect()),
    };
    Some(TokenRules { max_bytes: max_bytes?, max_depth: max_depth?, leeway: leeway?, headers: headers? })
}

fn headers(node: &Node<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    node.texts(problems)?;
    let names: Vec<_> = node.items(problems)?.iter().map(|item| header_name(item, problems)).collect();
    names.into_iter().collect()
}

const MIB: usize = 1024 * 1024;

pub(super) fn cache(fields: &Fields<'_>, problems: &mut Problems) -> Option<CacheBounds> {
    let max_entries = fields.value(problems, &cache::MAX_ENTRIES);
    let max_mib = fields.value(problems, &cache::MAX_MIB);
    Some(CacheBounds { max_entries: max_entries?, max_bytes: max_mib?.saturating_mul(MIB) })
}
