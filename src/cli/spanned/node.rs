//! A parsed value and its position.

use std::ops::Range;

use mfa_gate::wire::json::Json;

/// A value and its byte range.
#[derive(Debug)]
pub(crate) struct Node {
    pub value: Value,
    pub span: Range<usize>,
}

/// A value with the positions of its parts.
#[derive(Debug)]
pub(crate) enum Value {
    Scalar(Json<'static>),
    Array(Vec<Node>),
    /// Members with unique names.
    Object(Vec<(String, Node)>),
}

impl Node {
    /// The same value with its positions mapped.
    pub(crate) fn moved(self, to: &impl Fn(Range<usize>) -> Range<usize>) -> Self {
        let value = match self.value {
            Value::Scalar(json) => Value::Scalar(json),
            Value::Array(items) => Value::Array(items.into_iter().map(|item| item.moved(to)).collect()),
            Value::Object(members) => {
                Value::Object(members.into_iter().map(|(name, value)| (name, value.moved(to))).collect())
            }
        };
        Self { value, span: to(self.span) }
    }
}
