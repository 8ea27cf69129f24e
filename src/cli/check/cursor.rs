//! A cursor into a foreign document. Absent values and values of another type read as missing.

use std::ops::Range;

use mfa_gate::config::join;
use mfa_gate::wire::json::{Json, Number};

use crate::spanned::Located;

/// A value of a document, and its path.
#[derive(Debug, Clone)]
pub(super) struct At<'d> {
    document: &'d Located,
    json: &'d Json<'static>,
    path: String,
}

impl<'d> At<'d> {
    /// Whether this is a filter with a `typed_config` of this message type.
    pub(super) fn is_configured_by(&self, message: &str) -> bool {
        self.get("typed_config").is_some_and(|typed| typed.message(message).is_some())
    }

    /// The whole document.
    pub(super) fn root(document: &'d Located) -> Self {
        At { document, json: document.json(), path: String::new() }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn span(&self) -> Range<usize> {
        self.document.place(&self.path)
    }

    pub(super) fn json(&self) -> &'d Json<'static> {
        self.json
    }

    /// The value as a separate document.
    pub(super) fn located(&self) -> Located {
        self.document.below(&self.path, self.json)
    }

    /// A field, by its protobuf name. Protobuf's JSON mapping accepts both `typed_config` and `typedConfig`.
    pub(super) fn get(&self, name: &str) -> Option<Self> {
        let Json::Object(members) = self.json else { return None };
        let camel = camel(name);
        let name = if members.has(name) { name } else { camel.as_str() };
        let json = members.get(name).filter(|json| **json != Json::Null)?;
        Some(At { document: self.document, json, path: join(&self.path, name) })
    }

    /// A nested field, by its path.
    pub(super) fn find(&self, names: &[&str]) -> Option<Self> {
        names.iter().try_fold(self.clone(), |at, name| at.get(name))
    }

    /// The items of the array in a field; empty if the field is absent or is not an array.
    pub(super) fn list(&self, name: &str) -> Vec<Self> {
        self.get(name).map(|at| at.items()).unwrap_or_default()
    }

    pub(super) fn items(&self) -> Vec<Self> {
        let Json::Array(items) = self.json else { return Vec::new() };
        let item = |(index, json)| At { document: self.document, json, path: format!("{}[{index}]", self.path) };
        items.iter().enumerate().map(item).collect()
    }

    pub(super) fn members(&self) -> Vec<(&'d str, Self)> {
        let Json::Object(members) = self.json else { return Vec::new() };
        let member = |(name, json): (&'d str, &'d Json<'static>)| {
            (name, At { document: self.document, json, path: join(&self.path, name) })
        };
        members.iter().map(member).collect()
    }

    pub(super) fn text(&self) -> Option<&'d str> {
        self.json.as_str()
    }

    /// The text in a field. An empty text reads as absent, as in protobuf.
    pub(super) fn field(&self, name: &str) -> Option<&'d str> {
        let at = self.get(name)?;
        at.text().filter(|text| !text.is_empty())
    }

    /// Whether a field is true. Envoy's YAML parser also reads `yes`, `on` and `y` as true.
    pub(super) fn is_true(&self, name: &str) -> bool {
        match self.get(name).map(|at| at.json) {
            Some(Json::Bool(value)) => *value,
            Some(Json::String(text)) => ["true", "yes", "on", "y"].contains(&text.to_ascii_lowercase().as_str()),
            _ => false,
        }
    }

    /// A field that is true.
    pub(super) fn get_true(&self, name: &str) -> Option<Self> {
        self.get(name).filter(|_| self.is_true(name))
    }

    /// A field with this text.
    pub(super) fn get_text(&self, name: &str, text: &str) -> Option<Self> {
        self.get(name).filter(|at| at.text() == Some(text))
    }

    /// Whether this is a value of an enumeration, by name or number.
    pub(super) fn is_enum(&self, name: &str, number: u64) -> bool {
        self.text() == Some(name) || *self.json == Json::Number(Number::Unsigned(number))
    }

    /// This value and all values inside it, outermost first.
    pub(super) fn walk(&self) -> Vec<Self> {
        let mut found = vec![self.clone()];
        let mut next = 0;
        while let Some(at) = found.get(next).cloned() {
            found.extend(at.members().into_iter().map(|(_, member)| member));
            found.extend(at.items());
            next += 1;
        }
        found
    }

    /// The message in an `Any`, or in a `TypedStruct` in it, if the last part of its type name is `name`.
    pub(super) fn message(&self, name: &str) -> Option<Self> {
        let is = |url: &str| url.rsplit(['/', '.']).next() == Some(name);
        match self.field("@type")? {
            url if is(url) => Some(self.clone()),
            url if url.ends_with(".TypedStruct") && self.field("type_url").is_some_and(is) => self.get("value"),
            _ => None,
        }
    }
}

fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |camel, word| match word.split_at_checked(1) {
        Some((letter, rest)) => camel + &letter.to_ascii_uppercase() + rest,
        None => camel,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_the_rules_of_protobuf_json() {
        let text = r#"{typedConfig: {"@type": x/a.b.Wasm, on: yes, n: 3, e: ""}, s: {"@type": y/udpa.type.v1.TypedStruct,
            typeUrl: x/a.b.Wasm, value: {e: f}}}"#;
        let document = &Located::read(text).unwrap()[0];
        let root = At::root(document);
        let typed = root.get("typed_config").unwrap();
        assert_eq!(typed.path(), "typedConfig");
        assert!(typed.message("Wasm").is_some() && typed.message("asm").is_none());
        assert!(typed.is_true("on") && !typed.is_true("off"));
        assert!(typed.get("n").unwrap().is_enum("FAIL_OPEN", 3));
        assert_eq!(typed.field("e"), None);
        assert_eq!(root.get("s").unwrap().message("Wasm").unwrap().field("e"), Some("f"));
    }
}
