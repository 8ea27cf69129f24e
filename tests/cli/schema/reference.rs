//! `envoy/configuration.md`: a page around the table of fields.

use mfa_gate::config::field::{Description, Form, Object, Shape, duration};
use serde_json::Value;

use super::examples::{Place, block, objects, places};

/// What is written by hand, and where the fields go.
const FRAME: &str = include_str!("configuration.md");
const HERE: &str = "<!-- fields -->\n";

/// The whole page.
pub(super) fn page() -> String {
    let (before, after) = FRAME.split_once(HERE).expect(HERE);
    let sections = sections();
    let contents: String = sections.iter().map(Section::entry).collect();
    let bodies: String = sections.iter().map(Section::body).collect();
    format!(
        "<!-- `make docs` writes this page from src/config/fields.rs and tests/cli/schema/configuration.md. -->\n\n{before}{contents}{bodies}{after}"
    )
}

/// An object and its places.
struct Section {
    object: &'static Object,
    places: Vec<String>,
}

fn sections() -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for place in places() {
        let path = Place::path(&place);
        match sections.iter_mut().find(|section| std::ptr::eq(section.object, place.object)) {
            Some(section) => section.places.push(path),
            None => sections.push(Section { object: place.object, places: vec![path] }),
        }
    }
    sections
}

impl Section {
    fn places(&self) -> String {
        let places = self.places.iter().filter(|path| !path.is_empty()).map(|path| format!("`{path}`"));
        places.collect::<Vec<_>>().join(", ")
    }

    fn entry(&self) -> String {
        let places = self.places();
        let places = if places.is_empty() { "the whole".to_owned() } else { places };
        format!("- {}: {places}\n", link(self.object))
    }

    fn body(&self) -> String {
        let object = self.object;
        let places = self.places();
        let places = if places.is_empty() { places } else { format!(" Found at: {places}.") };
        let mut text = format!("\n### {}\n\n{}{places}\n\n", object.title(), object.sentence());
        text += "| field | meaning | value | default |\n|---|---|---|---|\n";
        for field in object.fields() {
            text += &row(object, &field);
        }
        if !object.rules().is_empty() {
            let rules: Vec<_> = object.rules().iter().map(ToString::to_string).collect();
            text += &format!("\n{}\n", rules.join(" "));
        }
        for fields in objects(object) {
            text += &format!("\n```yaml\n{}```\n", block(&fields));
        }
        text
    }
}

fn row(object: &Object, field: &Description) -> String {
    let default = match &field.default {
        Some(Value::String(text)) => format!("`{text}`"),
        Some(value) => format!("`{value}`"),
        None if field.required => "required".to_owned(),
        None if object.rules().iter().any(|rule| rule.concerns(field.name)) => "see below".to_owned(),
        None => "none".to_owned(),
    };
    let cells = [format!("`{}`", field.name), meaning(field), value(field.shape), default];
    format!("| {} |\n", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
}

fn meaning(field: &Description) -> String {
    let mut text = field.sentence.clone();
    if let Shape::OneOf(names, sentences) = field.shape {
        for (name, sentence) in names.iter().zip(sentences) {
            text += &format!("<br>`{name}`: {}", sentence.trim());
        }
    }
    text
}

fn value(shape: Shape) -> String {
    match shape {
        Shape::Boolean => "`true` or `false`".to_owned(),
        Shape::Integer(min, max) => format!("integer from {min} to {max}"),
        Shape::Duration(min, max) => format!("duration from `{}` to `{}`", duration(min), duration(max)),
        Shape::OneOf(names, _) => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
        Shape::Text(form) => form.noun.to_owned(),
        Shape::Texts(form) if form.regex.is_none() => format!("list of {}s", form.noun),
        Shape::Texts(form) => format!("list; each item: {}", form.noun),
        Shape::Object(object) => link(object),
        Shape::Either(one, other) => format!("{} or {}", link(one), link(other)),
        Shape::Objects(object, _) => format!("list of {}", link(object)),
        Shape::TextsByName(names, form) => by_name(names, form.noun),
        Shape::ObjectsByName(names, object) => by_name(names, &link(object)),
        Shape::KeySet => "JWKS (RFC 7517)".to_owned(),
    }
}

fn by_name(names: &Form, values: &str) -> String {
    format!("object; each name: {}; each value: {values}", names.noun)
}

fn link(object: &Object) -> String {
    format!("[{}](#{})", object.title(), object.title().to_lowercase().replace(' ', "-"))
}
