//! Reads the fields of an object by their declarations.

use super::field::{self, Defaulted, Field, MayBeAbsent, Nested, Read, Required};
use super::node::{Node, Problems, join};
use crate::wire::json::Object;

/// The fields of an object. An absent object has no fields.
#[derive(Debug)]
pub struct Fields<'a> {
    path: String,
    members: Option<&'a Object<'a>>,
}

impl<'a> Node<'a> {
    /// The fields of an object. Each unknown field is an error.
    pub fn fields(&self, problems: &mut Problems, object: &field::Object) -> Option<Fields<'a>> {
        self.fields_named(problems, object.names)
    }

    /// The fields of an object that is one of two kinds. The caller determines which.
    pub fn fields_of_either(
        &self,
        problems: &mut Problems,
        one: &field::Object,
        other: &field::Object,
    ) -> Option<Fields<'a>> {
        self.fields_named(problems, &[one.names, other.names].concat())
    }

    fn fields_named(&self, problems: &mut Problems, names: &[&str]) -> Option<Fields<'a>> {
        let members = self.members(problems, names)?;
        Some(Fields { path: self.path().to_owned(), members: Some(members) })
    }
}

impl<'a> Fields<'a> {
    /// An explicit null is a value of the wrong type, not an absent field.
    fn get(&self, name: &str) -> Option<Node<'a>> {
        self.members?.get(name).map(|value| Node::at(join(&self.path, name), value))
    }

    /// A field that must be present.
    pub fn required<K>(&self, problems: &mut Problems, field: &Field<K, Required>) -> Option<Node<'a>> {
        let node = self.get(field.name);
        if node.is_none() {
            problems.add(&join(&self.path, field.name), "is missing");
        }
        node
    }

    /// A field that may be absent.
    pub fn optional<K, P: MayBeAbsent>(&self, field: &Field<K, P>) -> Option<Node<'a>> {
        self.get(field.name)
    }

    /// The value of a field or its default; `None` if it is wrong.
    pub fn value<K: Read>(&self, problems: &mut Problems, field: &Field<K, Defaulted<K::Value>>) -> Option<K::Value> {
        match self.get(field.name) {
            Some(node) => field.read(&node, problems),
            None => Some(field.default()),
        }
    }

    /// The fields of a nested object, which may be absent.
    pub fn object(&self, problems: &mut Problems, field: &Field<Nested, Defaulted<()>>) -> Option<Self> {
        match self.get(field.name) {
            Some(node) => node.fields(problems, field.kind.object),
            None => Some(Fields { path: join(&self.path, field.name), members: None }),
        }
    }
}
