//! A place in a document that is somebody else's: what is there is read, what is missing or of another kind is not there.

use std::ops::Range;

use mfa_gate::config::join;
use mfa_gate::wire::json::{Json, Number};

use crate::spanned::Located;

/// A value of a document and its path.
#[derive(Debug, Clone)]
pub struct At<'d> {
    document: &'d Located,
    json: &'d Json<'static>,
    path: String,
}

impl<'d> At<'d> {
    /// Whether this is a filter whose `typed_config` is `message`.
    pub fn is_configured_by(&self, message: &str) -> bool {
        self.get("typed_config").is_some_and(|typed| typed.message(message).is_some())
    }

    /// The whole document.
    pub fn root(document: &'d Located) -> Self {
        At { document, json: document.json(), path: String::new() }
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn span(&self) -> Range<usize> {
        self.document.place(&self.path)
    }

    pub fn json(&self) -> &'d Json<'static> {
        self.json
    }

    /// The value as a document of its own.
    pub fn located(&self) -> Located {
        self.document.below(&self.path, self.json)
    }

    /// A field by its name in protobuf; protobuf's JSON takes `typed_config` and `typedConfig` alike.
    pub fn get(&self, name: &str) -> Option<At<'d>> {
        let Json::Object(members) = self.json else { return None };
        let camel = camel(name);
        let name = if members.has(name) { name } else { camel.as_str() };
        let json = members.get(name).filter(|json| **json != Json::Null)?;
        Some(At { document: self.document, json, path: join(&self.path, name) })
    }

    /// A field of a field, and so on.
    pub fn find(&self, names: &[&str]) -> Option<At<'d>> {
        names.iter().try_fold(self.clone(), |at, name| at.get(name))
    }

    /// The items of the array in a field; none where there is none.
    pub fn list(&self, name: &str) -> Vec<At<'d>> {
        self.get(name).map(|at| at.items()).unwrap_or_default()
    }

    pub fn items(&self) -> Vec<At<'d>> {
        let Json::Array(items) = self.json else { return Vec::new() };
        let item = |(index, json)| At { document: self.document, json, path: format!("{}[{index}]", self.path) };
        items.iter().enumerate().map(item).collect()
    }

    pub fn members(&self) -> Vec<(&'d str, At<'d>)> {
        let Json::Object(members) = self.json else { return Vec::new() };
        let member = |(name, json): (&'d str, &'d Json<'static>)| {
            (name, At { document: self.document, json, path: join(&self.path, name) })
        };
        members.iter().map(member).collect()
    }

    pub fn text(&self) -> Option<&'d str> {
        self.json.as_str()
    }

    /// The text in a field; empty is absent, as protobuf has it.
    pub fn field(&self, name: &str) -> Option<&'d str> {
        let at = self.get(name)?;
        at.text().filter(|text| !text.is_empty())
    }

    /// Whether a field is true. Envoy's own YAML takes `yes` and `on` for it too.
    pub fn is_true(&self, name: &str) -> bool {
        match self.get(name).map(|at| at.json) {
            Some(Json::Bool(value)) => *value,
            Some(Json::String(text)) => ["true", "yes", "on", "y"].contains(&text.to_ascii_lowercase().as_str()),
            _ => false,
        }
    }

    /// A field that is true.
    pub fn get_true(&self, name: &str) -> Option<Self> {
        self.get(name).filter(|_| self.is_true(name))
    }

    /// A field with this text.
    pub fn get_text(&self, name: &str, text: &str) -> Option<Self> {
        self.get(name).filter(|at| at.text() == Some(text))
    }

    /// Whether this is a value of an enumeration, by name or number.
    pub fn is_enum(&self, name: &str, number: u64) -> bool {
        self.text() == Some(name) || *self.json == Json::Number(Number::Unsigned(number))
    }

    /// This and everything inside, outermost first.
    pub fn walk(&self) -> Vec<At<'d>> {
        let mut found = vec![self.clone()];
        let mut next = 0;
        while let Some(at) = found.get(next).cloned() {
            found.extend(at.members().into_iter().map(|(_, member)| member));
            found.extend(at.items());
            next += 1;
        }
        found
    }

    /// The message in an `Any`, if its type's name ends like this; what a `TypedStruct` stands for, too.
    pub fn message(&self, name: &str) -> Option<At<'d>> {
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
    fn fields_are_found_as_protobuf_finds_them() {
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
