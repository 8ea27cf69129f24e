//! What a field accepts, for the JSON Schema and the field reference.

#[cfg(not(target_family = "wasm"))]
use serde_json::Value;

use super::native_only::NativeOnly;

/// The values that a field accepts.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// `true` or `false`.
    Boolean,
    /// A whole number from the first to the second.
    Integer(u64, u64),
    /// A duration from the first to the second, in seconds.
    Duration(u32, u32),
    /// One of the names; at the same index the sentence on each.
    OneOf(&'static [&'static str], &'static [&'static str]),
    /// A text that is not empty.
    Text(&'static Form),
    /// A list of texts that is not empty, none twice.
    Texts(&'static Form),
    /// An object.
    Object(&'static Object),
    /// One of two objects that share no field.
    Either(&'static Object, &'static Object),
    /// A list of objects, at least so many.
    Objects(&'static Object, u64),
    /// Texts under names that the operator chooses.
    TextsByName(&'static Form, &'static Form),
    /// Objects under names that the operator chooses.
    ObjectsByName(&'static Form, &'static Object),
    /// A JWKS (RFC 7517 section 5).
    KeySet,
}

/// The form of a text.
#[derive(Debug)]
pub struct Form {
    /// A noun phrase for it, in Markdown.
    pub noun: &'static str,
    /// A regular expression (ECMA-262) for the whole text; `None` permits any.
    pub regex: Option<&'static str>,
}

/// What must hold between the fields of an object.
#[derive(Debug, Clone, Copy)]
pub enum Rule {
    /// One of these fields is present.
    ExactlyOne(&'static [&'static str]),
    /// At least one of these fields is present.
    AtLeastOne(&'static [&'static str]),
    /// If the text `field` contains `part`, then `other` is present.
    Requires {
        /// The field that is looked at.
        field: &'static str,
        /// What it contains.
        part: &'static str,
        /// The field that is required then.
        other: &'static str,
    },
}

/// An object: the names of its fields, and their descriptions.
#[derive(Debug)]
pub struct Object {
    pub(in crate::config) names: &'static [&'static str],
    pub(in crate::config) title: NativeOnly<&'static str>,
    pub(in crate::config) sentence: NativeOnly<&'static str>,
    pub(in crate::config) rules: NativeOnly<&'static [Rule]>,
    #[cfg(not(target_family = "wasm"))]
    pub(in crate::config) fields: fn() -> Vec<Description>,
}

#[cfg(not(target_family = "wasm"))]
/// A field without its types.
#[derive(Debug)]
pub struct Description {
    /// The name.
    pub name: &'static str,
    /// What it means: whole sentences, in Markdown.
    pub sentence: String,
    /// A valid value, in YAML.
    pub example: &'static str,
    /// The values that it accepts.
    pub shape: Shape,
    /// Whether it must be present.
    pub required: bool,
    /// The value that absence means.
    pub default: Option<Value>,
}
