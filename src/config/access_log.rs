//! `access_log`: how the access log names users and keys.

use super::fields::access_log::{KEY, USER};
use super::node::Problems;
use super::object::Fields;
use crate::token::AccessLog;

pub(super) fn read(fields: &Fields<'_>, problems: &mut Problems) -> Option<AccessLog> {
    let user = fields.value(problems, &USER);
    let key = fields.value(problems, &KEY);
    Some(AccessLog { user: user?, key: key? })
}
