//! A value and its place, as the parsers find it.

use std::ops::Range;

use mfa_gate::wire::json::Json;

/// A value and where it stands, in bytes.
#[derive(Debug)]
pub struct Node {
    pub value: Value,
    pub span: Range<usize>,
}

/// A value whose parts have their places.
#[derive(Debug)]
pub enum Value {
    Scalar(Json<'static>),
    Array(Vec<Node>),
    /// No two of one name.
    Object(Vec<(String, Node)>),
}

impl Node {
    /// The same with other places.
    pub fn moved(self, to: &impl Fn(Range<usize>) -> Range<usize>) -> Self {
        let value = match self.value {
            Value::Scalar(json) => Value::Scalar(json),
            Value::Array(items) => Value::Array(items.into_iter().map(|item| item.moved(to)).collect()),
            Value::Object(members) => {
                Value::Object(members.into_iter().map(|(name, value)| (name, value.moved(to))).collect())
            }
        };
        Node { value, span: to(self.span) }
    }
}
