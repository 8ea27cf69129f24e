//! Configurations that are changed in one place: schema and reader refuse the same ones.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::both::{Schema, errors};
use super::examples::{block, objects, places, yaml};
use super::spots::{listed, names, spots, with};

/// What each text of the configuration is replaced by in turn.
const TEXTS: [&str; 50] = [
    "",
    "x",
    "X",
    "a b",
    " a",
    "a ",
    "a,b",
    "a\"b",
    "a\\b",
    "é",
    "\n",
    "a\nb",
    "\u{85}",
    "x-a",
    "X-A",
    "x_a",
    "/",
    "/a",
    "/a/",
    "/a//b",
    "//a",
    "/a/../b",
    "/a/..b",
    "/..",
    "/a/.",
    "/a%20b",
    "/a;b",
    "/a?b",
    "/é",
    "/a\u{85}",
    "GET",
    "get",
    "*",
    "*.a.b",
    "a.*.b",
    "[::1]",
    "[ad.be]",
    "a..b",
    "a:80",
    "https://a",
    "https://",
    "https:///a",
    "https://a?b",
    "https://a/b?c",
    "https://u@a/",
    "http://a",
    "https://a/{tid}/",
    "{tid}/a",
    "https://a/{tid}/{tid}",
    "60s",
];

/// In every place of an object, every value is replaced by others, every field removed and an unknown one added.
#[test]
fn schema_and_reader_refuse_the_same_configurations() {
    let schema = Schema::read();
    let mut probes: Vec<Value> = Vec::new();
    for place in places() {
        for fields in objects(place.object) {
            let config = place.configuration(yaml(&block(&fields)));
            probe(&schema, &config, &place.pointer(), &mut probes);
        }
    }
    let wrong: Vec<_> = probes.iter().filter_map(|config| schema.disagreement(config)).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), probes.len(), wrong.join("\n"));
    let accepted = probes.iter().filter(|config| errors(config).is_empty()).count();
    assert!(probes.len() > 5000 && accepted > 1000, "{accepted} of {} are right", probes.len());
}

/// Changes to what is behind a pointer.
fn probe(schema: &Schema, whole: &Value, pointer: &str, probes: &mut Vec<Value>) {
    let spots = spots(schema, whole);
    for spot in spots.iter().filter(|spot| spot.pointer.starts_with(pointer)) {
        let mut put = |value: Value| probes.push(with(whole, &spot.pointer, value));
        for value in
            [json!(null), json!(true), json!(7), json!(-1), json!(1.5), json!([]), json!({}), json!([1]), json!([""])]
        {
            put(value);
        }
        put(json!(["x-a", "x-a"]));
        put(json!({"x": 1}));
        for limit in ["minimum", "maximum"].into_iter().filter_map(|name| spot.schema[name].as_i64()) {
            [limit - 1, limit, limit + 1].into_iter().for_each(|number| put(json!(number)));
        }
        let here = whole.pointer(&spot.pointer).expect("a value");
        if here.is_string() {
            TEXTS.into_iter().for_each(|text| put(json!(text)));
            put(json!("a".repeat(64)));
            put(json!("a".repeat(65)));
            listed(spot.schema).into_iter().for_each(|name| put(json!(name)));
        }
        if let Value::Object(members) = here {
            for name in members.keys() {
                put(members.iter().filter(|(other, _)| *other != name).map(|(n, v)| (n.clone(), v.clone())).collect());
            }
            let with_name = |name: &str, value: &Value| {
                let mut members: Map<String, Value> = members.clone();
                members.insert(name.to_owned(), value.clone());
                Value::Object(members)
            };
            let known: BTreeSet<_> = spot.choices.iter().flat_map(|choice| names(choice)).collect();
            for name in known.iter().map(String::as_str).chain(["no_such_field"]) {
                put(with_name(name, &json!("x")));
                // One of two that exclude each other.
                put(with_name(name, &json!("/x")));
            }
            if let Some(value) = members.values().next().filter(|_| spot.schema["additionalProperties"].is_object()) {
                ["", "A b", "Upper", "under_score", "public", "signed_in", "é"]
                    .into_iter()
                    .for_each(|name| put(with_name(name, value)));
            }
        }
    }
}
