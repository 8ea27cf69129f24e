//! The declaration of a field.

use super::kind::Read;
use super::native_only::NativeOnly;
use super::presence::Defaulted;
use crate::config::node::{Node, Problems};

/// A field of kind `K`; `P` is [`Required`](super::Required), [`Optional`](super::Optional) or [`Defaulted`].
#[derive(Debug)]
pub struct Field<K, P> {
    pub(in crate::config) name: &'static str,
    pub(in crate::config) kind: K,
    pub(in crate::config) presence: P,
    pub(in crate::config) sentence: NativeOnly<&'static str>,
    pub(in crate::config) example: NativeOnly<&'static str>,
}

impl<K: Read, P> Field<K, P> {
    /// Reads the value of this field; `None` if it is wrong.
    pub(in crate::config) fn read(&self, node: &Node<'_>, problems: &mut Problems) -> Option<K::Value> {
        self.kind.read(node, problems)
    }
}

impl<K, T: Copy> Field<K, Defaulted<T>> {
    /// The value if the field is absent.
    pub(in crate::config) fn default(&self) -> T {
        self.presence.0
    }
}
