//! A field: its name, its kind, and whether it may be absent. [`super::fields`] is the table of them.
#![cfg_attr(target_family = "wasm", expect(dead_code, reason = "the schema and the field reference are native alone"))]

#[cfg(not(target_family = "wasm"))]
mod describe;
mod kind;
mod shape;

#[cfg(not(target_family = "wasm"))]
pub use describe::{Description, duration};
pub use kind::{Boolean, Choices, Duration, Integer, Kind, Nested, OneOf, Read, Shaped, Text, Texts};
pub use shape::{Form, Rule, Shape};

use super::node::{Node, Problems};

/// A field of kind `K`; `P` is [`Required`], [`Optional`] or [`Defaulted`].
#[derive(Debug)]
pub struct Field<K, P> {
    pub(super) name: &'static str,
    pub(super) kind: K,
    pub(super) presence: P,
    pub(super) sentence: NativeOnly<&'static str>,
    pub(super) example: NativeOnly<&'static str>,
}

/// The field must be present.
#[derive(Debug)]
pub struct Required;

/// The field may be absent.
#[derive(Debug)]
pub struct Optional;

/// The field may be absent, which means this value.
#[derive(Debug)]
pub struct Defaulted<T>(pub(super) T);

/// A presence that permits absence.
pub trait MayBeAbsent {}
impl MayBeAbsent for Optional {}
impl<T> MayBeAbsent for Defaulted<T> {}

/// An object: the names of its fields, and their descriptions.
#[derive(Debug)]
pub struct Object {
    pub(super) names: &'static [&'static str],
    pub(super) title: NativeOnly<&'static str>,
    pub(super) sentence: NativeOnly<&'static str>,
    pub(super) rules: NativeOnly<&'static [Rule]>,
    #[cfg(not(target_family = "wasm"))]
    pub(super) fields: fn() -> Vec<Description>,
}

/// What describes a field and is not needed to read it. The wasm module does not contain it.
#[derive(Debug)]
pub struct NativeOnly<T> {
    #[cfg(not(target_family = "wasm"))]
    value: T,
    #[cfg(target_family = "wasm")]
    value: std::marker::PhantomData<T>,
}

impl<T: Copy> NativeOnly<T> {
    #[cfg(not(target_family = "wasm"))]
    pub(super) const fn new(value: T) -> Self {
        NativeOnly { value }
    }

    #[cfg(target_family = "wasm")]
    pub(super) const fn new(_: T) -> Self {
        NativeOnly { value: std::marker::PhantomData }
    }
}

impl<K: Read, P> Field<K, P> {
    /// The value of a node that is this field; `None` if it is wrong.
    pub(super) fn read(&self, node: &Node<'_>, problems: &mut Problems) -> Option<K::Value> {
        self.kind.read(node, problems)
    }
}

impl<K, T: Copy> Field<K, Defaulted<T>> {
    /// The value that absence means.
    pub(super) fn default(&self) -> T {
        self.presence.0
    }
}
