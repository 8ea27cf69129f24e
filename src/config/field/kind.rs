//! The kinds of fields.

use super::native_only::NativeOnly;
use super::shape::{Form, Object, Shape};
use crate::config::node::{Node, Problems};
use crate::time::Span;

/// A kind that may have a default.
pub trait Kind {
    /// The type of the default.
    type Value: Copy;
}

/// A kind that reads its fields without further code.
pub trait Read: Kind {
    /// Reads the value of a node; `None` if it is wrong.
    fn read(&self, node: &Node<'_>, problems: &mut Problems) -> Option<Self::Value>;
}

/// `true` or `false`.
#[derive(Debug)]
pub struct Boolean;

/// A whole number from `min` to `max`.
#[derive(Debug)]
pub struct Integer {
    pub(super) min: u64,
    pub(super) max: u64,
}

/// A duration from `min` to `max` seconds.
#[derive(Debug)]
pub struct Duration {
    pub(super) min: u32,
    pub(super) max: u32,
}

/// One of a list of names. Messages call it `what`.
#[derive(Debug)]
pub struct OneOf<T: 'static> {
    pub(super) what: &'static str,
    pub(super) choices: Choices<T>,
}

/// Names, with the value and the description of each at the same index.
#[derive(Debug)]
pub struct Choices<T: 'static> {
    pub(in crate::config) names: &'static [&'static str],
    pub(in crate::config) values: &'static [T],
    pub(in crate::config) sentences: NativeOnly<&'static [&'static str]>,
}

/// A text that is not empty. The code that reads the field checks its form.
#[derive(Debug)]
pub struct Text {
    pub(super) form: NativeOnly<&'static Form>,
}

/// A non-empty list of unique texts. The code that reads the field checks their form.
#[derive(Debug)]
pub struct Texts {
    pub(super) form: NativeOnly<&'static Form>,
}

/// An object.
#[derive(Debug)]
pub struct Nested {
    pub(in crate::config) object: &'static Object,
}

/// Any other shape. The code that reads the field checks it.
#[derive(Debug)]
pub struct Shaped {
    pub(super) shape: NativeOnly<Shape>,
}

impl Boolean {
    pub(in crate::config) const fn new() -> Self {
        Self
    }
}

impl Integer {
    pub(in crate::config) const fn new(min: u64, max: u64) -> Self {
        Self { min, max }
    }
}

impl Duration {
    pub(in crate::config) const fn new(min: u32, max: u32) -> Self {
        Self { min, max }
    }
}

impl<T> OneOf<T> {
    pub(in crate::config) const fn new(what: &'static str, choices: Choices<T>) -> Self {
        Self { what, choices }
    }
}

impl Text {
    pub(in crate::config) const fn new(form: &'static Form) -> Self {
        Self { form: NativeOnly::new(form) }
    }
}

impl Texts {
    pub(in crate::config) const fn new(form: &'static Form) -> Self {
        Self { form: NativeOnly::new(form) }
    }
}

impl Nested {
    pub(in crate::config) const fn new(object: &'static Object) -> Self {
        Self { object }
    }
}

impl Shaped {
    pub(in crate::config) const fn new(shape: Shape) -> Self {
        Self { shape: NativeOnly::new(shape) }
    }
}

impl Kind for Boolean {
    type Value = bool;
}

impl Kind for Integer {
    type Value = usize;
}

impl Kind for Duration {
    type Value = Span;
}

impl<T: Copy> Kind for OneOf<T> {
    type Value = T;
}

impl Kind for Text {
    type Value = &'static str;
}

impl Kind for Texts {
    type Value = &'static [&'static str];
}

/// The default is an empty object.
impl Kind for Nested {
    type Value = ();
}

impl Read for Boolean {
    fn read(&self, node: &Node<'_>, problems: &mut Problems) -> Option<bool> {
        node.boolean(problems)
    }
}

impl Read for Integer {
    fn read(&self, node: &Node<'_>, problems: &mut Problems) -> Option<usize> {
        node.integer(problems, self.min, self.max)
    }
}

impl Read for Duration {
    fn read(&self, node: &Node<'_>, problems: &mut Problems) -> Option<Span> {
        node.duration(problems, self.min, self.max)
    }
}

impl<T: Copy> Read for OneOf<T> {
    fn read(&self, node: &Node<'_>, problems: &mut Problems) -> Option<T> {
        let index = node.one_of(problems, self.what, self.choices.names)?;
        self.choices.values.get(index).copied()
    }
}
