//! Describes fields and objects for the JSON Schema and the field reference.

use std::fmt;

use serde_json::{Value, json};

use super::declaration::Field;
use super::kind::{Boolean, Duration, Integer, Kind, Nested, OneOf, Shaped, Text, Texts};
use super::presence::{Defaulted, Optional, Required};
use super::shape::{Description, Object, Rule, Shape};
use crate::time::Span;

impl<K: Describe, P: Presence<K>> Field<K, P> {
    pub(in crate::config) fn describe(&self) -> Description {
        Description {
            name: self.name,
            sentence: paragraph(self.sentence.value),
            example: self.example.value,
            shape: self.kind.shape(),
            required: P::REQUIRED,
            default: self.presence.default(&self.kind),
        }
    }
}

impl Object {
    /// The heading of its section in the field reference.
    pub fn title(&self) -> &'static str {
        self.title.value
    }

    /// The description: a whole sentence, in Markdown.
    pub fn sentence(&self) -> String {
        paragraph(self.sentence.value)
    }

    /// The constraints between its fields.
    pub fn rules(&self) -> &'static [Rule] {
        self.rules.value
    }

    /// Its fields, in the order of the table.
    pub fn fields(&self) -> Vec<Description> {
        (self.fields)()
    }
}

impl Rule {
    /// Whether the rule decides if this field must be present.
    pub fn concerns(&self, name: &str) -> bool {
        match self {
            Self::ExactlyOne(names) | Self::AtLeastOne(names) => names.contains(&name),
            Self::Requires { other, .. } => *other == name,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ExactlyOne(names) => write!(f, "Exactly one of {} is required.", listed(names)),
            Self::AtLeastOne(names) => write!(f, "At least one of {} is required.", listed(names)),
            Self::Requires { field, part, other } => {
                write!(f, "`{other}` is required if `{field}` contains `{part}`.")
            }
        }
    }
}

/// Joins names with commas, and the last with `and`.
fn listed(names: &[&str]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// Joins the lines of a doc comment.
fn paragraph(comment: &str) -> String {
    comment.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Formats seconds as in a configuration, in the largest unit of which they are a multiple of at least two.
pub fn duration(seconds: u32) -> String {
    let several = |(length, unit)| match (seconds.checked_div(length), seconds.checked_rem(length)) {
        (Some(count), Some(0)) if count > 1 => Some(format!("{count}{unit}")),
        _ => None,
    };
    [(3600, "h"), (60, "m")].into_iter().find_map(several).unwrap_or_else(|| format!("{seconds}s"))
}

/// A kind that the schema and the reference can describe.
pub trait Describe {
    fn shape(&self) -> Shape;
}

/// A kind with defaults that the schema and the reference can show.
trait Write: Kind {
    /// The value in JSON.
    fn write(&self, value: Self::Value) -> Value;
}

/// A presence that the schema and the reference can describe.
pub trait Presence<K> {
    const REQUIRED: bool = false;

    fn default(&self, _: &K) -> Option<Value> {
        None
    }
}

impl<K> Presence<K> for Required {
    const REQUIRED: bool = true;
}

impl<K> Presence<K> for Optional {}

impl<K: Write> Presence<K> for Defaulted<K::Value> {
    fn default(&self, kind: &K) -> Option<Value> {
        Some(kind.write(self.0))
    }
}

impl Describe for Boolean {
    fn shape(&self) -> Shape {
        Shape::Boolean
    }
}

impl Describe for Integer {
    fn shape(&self) -> Shape {
        Shape::Integer(self.min, self.max)
    }
}

impl Describe for Duration {
    fn shape(&self) -> Shape {
        Shape::Duration(self.min, self.max)
    }
}

impl<T> Describe for OneOf<T> {
    fn shape(&self) -> Shape {
        Shape::OneOf(self.choices.names, self.choices.sentences.value)
    }
}

impl Describe for Text {
    fn shape(&self) -> Shape {
        Shape::Text(self.form.value)
    }
}

impl Describe for Texts {
    fn shape(&self) -> Shape {
        Shape::Texts(self.form.value)
    }
}

impl Describe for Nested {
    fn shape(&self) -> Shape {
        Shape::Object(self.object)
    }
}

impl Describe for Shaped {
    fn shape(&self) -> Shape {
        self.shape.value
    }
}

impl Write for Boolean {
    fn write(&self, value: bool) -> Value {
        value.into()
    }
}

impl Write for Integer {
    fn write(&self, value: usize) -> Value {
        value.into()
    }
}

impl Write for Duration {
    fn write(&self, value: Span) -> Value {
        duration(u32::try_from(value.as_seconds()).unwrap_or(u32::MAX)).into()
    }
}

impl<T: Copy + PartialEq> Write for OneOf<T> {
    fn write(&self, value: T) -> Value {
        let index = self.choices.values.iter().position(|other| *other == value);
        index.and_then(|index| self.choices.names.get(index)).copied().into()
    }
}

impl Write for Text {
    fn write(&self, value: &'static str) -> Value {
        value.into()
    }
}

impl Write for Texts {
    fn write(&self, value: &'static [&'static str]) -> Value {
        value.into()
    }
}

impl Write for Nested {
    fn write(&self, (): ()) -> Value {
        json!({})
    }
}
