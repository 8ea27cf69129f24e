//! `access_log`: how much the access log tells.

use super::node::{Node, Problems};
use crate::token::{AccessLog, LoggedKey, LoggedUser};

pub fn read(node: &Node<'_>, problems: &mut Problems) -> Option<AccessLog> {
    let fields = node.fields(problems, &["user", "key"])?;
    let user = match fields.optional("user") {
        Some(node) => {
            let known = [("name", LoggedUser::Name), ("id", LoggedUser::Id), ("none", LoggedUser::None)];
            node.one_of(problems, "choice", &known)
        }
        None => Some(LoggedUser::Name),
    };
    let key = match fields.optional("key") {
        Some(node) => node.one_of(problems, "choice", &[("hash", LoggedKey::Hash), ("none", LoggedKey::None)]),
        None => Some(LoggedKey::Hash),
    };
    Some(AccessLog { user: user?, key: key? })
}
