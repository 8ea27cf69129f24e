//! What a field accepts, for the JSON Schema and the field reference.

#[cfg(not(target_family = "wasm"))]
use serde_json::Value;

use super::native_only::NativeOnly;

/// The values that a field accepts.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// `true` or `false`.
    Boolean,
    /// An integer from the first number to the second.
    Integer(u64, u64),
    /// A duration from the first number to the second, in seconds.
    Duration(u32, u32),
    /// One of the names, with the description of each at the same index.
    OneOf(&'static [&'static str], &'static [&'static str]),
    /// A text that is not empty.
    Text(&'static Form),
    /// A non-empty list of unique texts.
    Texts(&'static Form),
    /// An object.
    Object(&'static Object),
    /// One of two objects that share no field.
    Either(&'static Object, &'static Object),
    /// A list of objects, with the minimum length.
    Objects(&'static Object, u64),
    /// A map from names that the operator chooses to texts.
    TextsByName(&'static Form, &'static Form),
    /// A map from names that the operator chooses to objects.
    ObjectsByName(&'static Form, &'static Object),
    /// A JWKS (RFC 7517 section 5).
    KeySet,
}

/// The form of a text.
#[derive(Debug)]
pub struct Form {
    /// A noun phrase that describes the form, in Markdown.
    pub noun: &'static str,
    /// A regular expression (ECMA-262) for the whole text; `None` permits any.
    pub regex: Option<&'static str>,
}

/// A constraint between the fields of an object.
#[derive(Debug, Clone, Copy)]
pub enum Rule {
    /// One of these fields is present.
    ExactlyOne(&'static [&'static str]),
    /// At least one of these fields is present.
    AtLeastOne(&'static [&'static str]),
    /// If the text `field` contains `part`, then `other` is present.
    Requires {
        /// The field with the text.
        field: &'static str,
        /// The part of the text.
        part: &'static str,
        /// The field that is then required.
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
    /// The description: whole sentences, in Markdown.
    pub sentence: String,
    /// A valid value, in YAML.
    pub example: &'static str,
    /// The accepted values.
    pub shape: Shape,
    /// Whether it must be present.
    pub required: bool,
    /// The value if the field is absent.
    pub default: Option<Value>,
}
