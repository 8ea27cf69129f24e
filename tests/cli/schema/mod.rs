//! The JSON Schema of the configuration agrees with the filter's own parser.

mod both;
mod documents;
mod probes;
mod spots;
mod whole;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::{Value, json};

use self::both::{PLACE, Schema, errors};
use self::spots::{known, listed, names, spots, with};
use self::whole::whole;
use crate::support;

#[test]
fn the_committed_schema_is_what_schema_prints() {
    let output = Command::new(env!("CARGO_BIN_EXE_mfa-gate")).arg("schema").output().expect("mfa-gate");
    let committed = std::fs::read_to_string(support::repository(PLACE)).expect(PLACE);
    let printed = String::from_utf8(output.stdout).expect("text");
    assert!(
        printed == committed,
        "{PLACE} is not what `mfa-gate schema` prints; `cargo run -q -- schema > {PLACE}` makes it so"
    );
}

#[test]
fn every_field_is_described() {
    fn look(schema: &Value, path: &str, bare: &mut Vec<String>, seen: &mut usize) {
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}.{name}");
            let text = field["description"].as_str().unwrap_or_default();
            if !text.ends_with('.') || text.contains('\n') {
                bare.push(path.clone());
            }
            *seen += 1;
            look(field, &path, bare, seen);
        }
        let values = schema["oneOf"].as_array().into_iter().flatten().filter(|choice| choice.get("const").is_some());
        bare.extend(values.filter(|choice| choice["description"].is_null()).map(|choice| format!("{path}={choice}")));
        for inner in ["items", "additionalProperties"].into_iter().filter_map(|name| schema.get(name)) {
            look(inner, path, bare, seen);
        }
        for choice in schema["anyOf"].as_array().into_iter().flatten() {
            look(choice, path, bare, seen);
        }
    }
    let (mut bare, mut seen) = (Vec::new(), 0);
    look(&Schema::read().json, "", &mut bare, &mut seen);
    assert!(bare.is_empty(), "without a sentence: {bare:?}");
    assert!(seen > 50, "{seen} fields");
}

#[test]
fn schema_and_parser_know_the_same_fields() {
    let (schema, whole) = (Schema::read(), whole());
    assert_eq!(errors(&whole), [], "WHOLE");
    for spot in spots(&schema, &whole) {
        // Where the operator chooses the names there are no fields; the members of a key are left to the parser.
        if spot.schema["additionalProperties"] != false {
            continue;
        }
        let mut config = whole.clone();
        let object = config.pointer_mut(&spot.pointer).and_then(Value::as_object_mut).expect("an object");
        object.insert("no_such_field".to_owned(), json!(1));
        let place =
            if spot.path.is_empty() { "no_such_field".to_owned() } else { format!("{}.no_such_field", spot.path) };
        let (of_parser, of_schema) = (known(&config, &place), names(spot.schema));
        let of_choices: BTreeSet<String> = spot.choices.iter().flat_map(|choice| names(choice)).collect();
        let missing: Vec<_> = of_parser.difference(&of_choices).collect();
        assert!(missing.is_empty(), "`{}`: the parser knows {missing:?}, and the schema does not", spot.path);
        let missing: Vec<_> = of_schema.difference(&of_parser).collect();
        assert!(missing.is_empty(), "`{}`: the schema has {missing:?}, and the parser does not know it", spot.path);
    }
}

/// Or the other tests would miss some.
#[test]
fn the_whole_configuration_has_every_field() {
    let (schema, whole) = (Schema::read(), whole());
    let mut unused: BTreeMap<*const Value, (String, BTreeSet<String>)> = BTreeMap::new();
    for spot in spots(&schema, &whole) {
        if spot.schema["additionalProperties"] == false {
            let place =
                unused.entry(std::ptr::from_ref(spot.schema)).or_insert((spot.path.clone(), names(spot.schema)));
            let there = whole.pointer(&spot.pointer).and_then(Value::as_object).expect("an object");
            place.1.retain(|name| !there.contains_key(name));
        }
    }
    let unused: Vec<_> = unused.values().filter(|(_, names)| !names.is_empty()).collect();
    assert!(unused.is_empty(), "put into WHOLE: {unused:?}");
}

#[test]
fn schema_and_parser_list_the_same_choices() {
    let (schema, whole) = (Schema::read(), whole());
    let mut seen = 0;
    for spot in spots(&schema, &whole) {
        let listed = listed(spot.schema);
        if !listed.is_empty() {
            let config = with(&whole, &spot.pointer, json!("no_such_name"));
            assert_eq!(known(&config, &spot.path), listed, "`{}`", spot.path);
            seen += 1;
        }
    }
    assert!(seen >= 7, "{seen} choices");
}

#[test]
fn the_description_of_a_duration_gives_its_range() {
    let (schema, whole) = (Schema::read(), whole());
    let mut seen = 0;
    for spot in spots(&schema, &whole).iter().filter(|spot| spot.schema["pattern"] == "^[0-9]+[smh]$") {
        let errors_there = errors(&with(&whole, &spot.pointer, json!("99999h")));
        let [(path, message)] = errors_there.as_slice() else { panic!("{errors_there:?}") };
        assert_eq!(*path, spot.path);
        let range = message.strip_prefix("`99999h` should be from ").expect("a range");
        let description = spot.schema["description"].as_str().unwrap_or_default();
        assert!(description.ends_with(&format!(" From {range}.")), "`{path}`: From {range}, not `{description}`");
        let (min, max) = range.split_once(" to ").expect("two ends");
        for end in [min, max] {
            assert_eq!(errors(&with(&whole, &spot.pointer, json!(end))), [], "`{path}`");
        }
        seen += 1;
    }
    assert!(seen >= 9, "{seen} durations");
}

/// What is left out is what the schema says it is.
#[test]
fn the_defaults_are_those_of_the_parser() {
    let (schema, whole) = (Schema::read(), whole());
    let read = |config: &Value| {
        let gate = mfa_gate::config::parse(config.to_string().as_bytes());
        format!("{:?}", gate.unwrap_or_else(|errors| panic!("{errors}")))
    };
    let mut seen = 0;
    for spot in spots(&schema, &whole) {
        let Some(default) = spot.schema.get("default") else { continue };
        let (parent, name) = spot.pointer.rsplit_once('/').expect("a field");
        let mut without = whole.clone();
        without.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object").remove(name);
        assert_eq!(read(&with(&whole, &spot.pointer, default.clone())), read(&without), "`{}`", spot.path);
        seen += 1;
    }
    assert!(seen >= 20, "{seen} defaults");
}
