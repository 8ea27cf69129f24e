//! The examples of the table of fields, as objects and as whole configurations.

use mfa_gate::config::field::{Description, Object, Rule, Shape};
use mfa_gate::config::fields::configuration;
use serde_json::{Map, Value, json};

/// A policy name and a claim, where the table leaves the choice to the operator.
const NAME: &str = "mfa";

/// A place of an object in the configuration.
#[derive(Clone)]
pub(super) struct Place {
    pub object: &'static Object,
    /// The fields that lead there, each with its own object.
    steps: Vec<(&'static Object, Step)>,
}

#[derive(Clone)]
struct Step {
    field: &'static str,
    of: Of,
}

/// What a field has of the object.
#[derive(Clone, Copy)]
enum Of {
    One,
    Items,
    Names,
}

/// All places of all objects, from the whole configuration on.
pub(super) fn places() -> Vec<Place> {
    let mut found = Vec::new();
    walk(&Place { object: &configuration::OBJECT, steps: Vec::new() }, &mut found);
    found
}

fn walk(place: &Place, found: &mut Vec<Place>) {
    found.push(place.clone());
    for field in place.object.fields() {
        let objects = match field.shape {
            Shape::Object(object) => vec![(object, Of::One)],
            Shape::Either(one, other) => vec![(one, Of::One), (other, Of::One)],
            Shape::Objects(object, _) => vec![(object, Of::Items)],
            Shape::ObjectsByName(_, object) => vec![(object, Of::Names)],
            Shape::Boolean
            | Shape::Integer(..)
            | Shape::Duration(..)
            | Shape::OneOf(..)
            | Shape::Text(_)
            | Shape::Texts(_)
            | Shape::TextsByName(..)
            | Shape::KeySet => Vec::new(),
        };
        for (object, of) in objects {
            let mut steps = place.steps.clone();
            steps.push((place.object, Step { field: field.name, of }));
            walk(&Place { object, steps }, found);
        }
    }
}

impl Place {
    /// The path, such as `policies.NAME.amr`; empty for the whole configuration.
    pub(super) fn path(&self) -> String {
        let step = |(_, step): &(_, Step)| match step.of {
            Of::One => step.field.to_owned(),
            Of::Items => format!("{}[]", step.field),
            Of::Names => format!("{}.NAME", step.field),
        };
        self.steps.iter().map(step).collect::<Vec<_>>().join(".")
    }

    /// The JSON pointer of the object in [`Place::configuration`].
    pub(super) fn pointer(&self) -> String {
        let step = |(_, step): &(_, Step)| match step.of {
            Of::One => format!("/{}", step.field),
            Of::Items => format!("/{}/0", step.field),
            Of::Names => format!("/{}/{NAME}", step.field),
        };
        self.steps.iter().map(step).collect()
    }

    /// A whole configuration with this object in its place.
    pub(super) fn configuration(&self, object: Value) -> Value {
        self.steps.iter().rfold(object, |inner, (outer, step)| {
            let value = match step.of {
                Of::One => inner,
                Of::Items => json!([inner]),
                Of::Names => json!({NAME: inner}),
            };
            around(outer, step.field, value)
        })
    }
}

/// An object with a field, and no more than makes it valid: the examples name the policy of the first configuration.
fn around(object: &Object, field: &'static str, value: Value) -> Value {
    let is_whole = std::ptr::eq(object, &configuration::OBJECT);
    let fields = object.fields();
    let also = fields.iter().filter(|other| other.name != field);
    let also = also.filter(|other| is_needed(object, &fields, other, field) || is_whole && other.name == "policies");
    let mut members: Map<_, _> = also.map(|other| (other.name.to_owned(), yaml(other.example))).collect();
    members.insert(field.to_owned(), value);
    Value::Object(members)
}

/// Whether a field must be present beside one that is.
fn is_needed(object: &Object, fields: &[Description], field: &Description, present: &str) -> bool {
    let by_rule = |rule: &Rule| match rule {
        Rule::ExactlyOne(names) | Rule::AtLeastOne(names) => !names.contains(&present) && names[0] == field.name,
        Rule::Requires { field: other, part, .. } => {
            fields.iter().any(|field| field.name == *other && field.example.contains(part))
        }
    };
    field.required || object.rules().iter().filter(|rule| rule.concerns(field.name)).any(by_rule)
}

/// The valid objects that the examples make: one with all fields that go together, then one for each that does not.
pub(super) fn objects(object: &Object) -> Vec<Vec<Description>> {
    let alternatives: &[&str] = object
        .rules()
        .iter()
        .find_map(|rule| if let Rule::ExactlyOne(names) = rule { Some(*names) } else { None })
        .unwrap_or_default();
    let others = alternatives.get(1..).unwrap_or_default();
    let all = |field: &Description| !others.contains(&field.name);
    let mut objects = vec![object.fields().into_iter().filter(all).collect()];
    for other in others {
        let fields = object.fields();
        let needed = |field: &Description| field.name == *other || is_needed(object, &fields, field, other);
        objects.push(object.fields().into_iter().filter(needed).collect());
    }
    objects
}

/// These fields with their examples, in YAML.
pub(super) fn block(fields: &[Description]) -> String {
    let line = |field: &Description| {
        let space = if field.example.starts_with('\n') { "" } else { " " };
        format!("{}:{space}{}\n", field.name, field.example)
    };
    fields.iter().map(line).collect()
}

pub(super) fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}
