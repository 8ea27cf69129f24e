//! The table of fields: the JSON Schema and the field reference that are made of it, and that schema and reader agree.

mod both;
mod documents;
mod examples;
mod probes;
mod reference;
mod spots;

use std::process::Command;

use serde_json::Value;

use both::{SCHEMA, Schema, errors};
use examples::{block, objects, places, yaml};

/// What is made of the table, and committed. `make docs` writes it.
#[test]
fn generated_files_are_current() {
    let schema = Command::new(env!("CARGO_BIN_EXE_mfa-gate")).arg("schema").output().expect("mfa-gate");
    let schema = String::from_utf8(schema.stdout).expect("text");
    for (file, text) in [(SCHEMA, schema), ("envoy/configuration.md", reference::page())] {
        let path = crate::support::repository(file);
        if std::env::var_os("RENEW").is_some() {
            std::fs::write(&path, &text).expect(file);
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == text, "{file} differs from `src/config/fields.rs`; `make docs` writes it");
    }
}

#[test]
fn every_example_is_right_to_reader_and_schema() {
    let schema = Schema::read();
    let mut count = 0;
    for place in places() {
        let objects = objects(place.object);
        for field in place.object.fields() {
            let has = objects.iter().any(|fields| fields.iter().any(|other| other.name == field.name));
            assert!(has, "`{}` of {} is in no example", field.name, place.object.title());
        }
        for fields in objects {
            let config = place.configuration(yaml(&block(&fields)));
            assert_eq!(errors(&config), [], "{config}");
            assert_eq!(schema.disagreement(&config), None);
            count += fields.len();
        }
    }
    assert!(count > 50, "{count} examples");
}

#[test]
fn sentences_are_whole() {
    for place in places() {
        let fields = place.object.fields();
        let sentences = fields.iter().map(|field| &field.sentence);
        for sentence in sentences.chain([&place.object.sentence()]) {
            let is_whole = sentence.ends_with('.') && sentence.starts_with(|first: char| !first.is_lowercase());
            assert!(is_whole, "{}: `{sentence}`", place.object.title());
        }
    }
}

#[test]
fn absence_means_the_default() {
    let read = |config: &Value| {
        let gate = mfa_gate::config::parse(config.to_string().as_bytes());
        format!("{:?}", gate.unwrap_or_else(|errors| panic!("{errors}")))
    };
    let mut count = 0;
    for place in places() {
        for fields in objects(place.object) {
            let object = yaml(&block(&fields));
            for field in &fields {
                let Some(default) = &field.default else { continue };
                let mut without = object.clone();
                without.as_object_mut().expect("an object").remove(field.name);
                let mut with = object.clone();
                with[field.name] = default.clone();
                let (with, without) = (place.configuration(with), place.configuration(without));
                assert_eq!(read(&with), read(&without), "`{}` of {}", field.name, place.object.title());
                count += 1;
            }
        }
    }
    assert!(count >= 20, "{count} defaults");
}
