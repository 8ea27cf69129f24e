//! The configurations of tests and documents, judged by both.

use serde_json::{Value, json};

use super::both::{Schema, errors};
use crate::support::forge::Forge;
use crate::support::table;
use crate::support::wrong::{Wrong, load};

#[test]
fn configurations_of_tests_and_documents_fit_the_schema() {
    let schema = Schema::read();
    let forge = Forge::new();
    let (right, _) = load(&forge);
    let mut configs: Vec<(String, Value)> =
        table::load(&forge).into_iter().map(|entry| (table::title(&entry), entry.resolved.config)).collect();
    configs.push(("wrong-configurations.yaml".to_owned(), right));

    let readme = std::fs::read_to_string(crate::support::repository("README.md")).expect("README.md");
    let samples = readme.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let samples = samples.filter(|text| text.trim_start().starts_with("issuers:"));
    configs.extend(samples.map(|text| ("README.md".to_owned(), serde_saphyr::from_str(text).expect("YAML"))));
    assert!(configs.iter().any(|(name, _)| name == "README.md"));

    let envoy: Value = crate::support::yaml(&crate::support::repository("envoy/envoy.yaml"));
    let mut shipped = configuration(&envoy).expect("the filter's configuration").clone();
    // The shipped set is empty, for the operator to fill.
    if let Some(keys) = shipped.pointer_mut("/issuers/0/jwks/inline/keys") {
        *keys = json!([forge.jwk("p256").expect("a key")]);
    }
    configs.push(("envoy.yaml".to_owned(), shipped));
    for (name, config) in configs {
        assert_eq!(errors(&config), [], "{name}");
        assert_eq!(schema.disagreement(&config), None, "{name}");
    }
}

/// The value of the Struct that has issuers.
fn configuration(value: &Value) -> Option<&Value> {
    match value {
        Value::Object(members) if members.contains_key("issuers") => Some(value),
        Value::Object(members) => members.values().find_map(configuration),
        Value::Array(items) => items.iter().find_map(configuration),
        _ => None,
    }
}

#[test]
fn the_schema_refuses_wrong_configurations() {
    let schema = Schema::read();
    let forge = Forge::new();
    let (right, wrong) = load(&forge);
    let mut refused = 0;
    for case in &wrong {
        let Wrong { name, text: None, .. } = case else { continue };
        let config: Value = serde_json::from_str(&case.text(&right, &forge)).expect("JSON");
        assert!(!errors(&config).is_empty(), "{name}");
        assert_eq!(schema.disagreement(&config), None, "{name}");
        refused += usize::from(!schema.validator.is_valid(&config));
    }
    assert!(refused >= 18, "{refused} are refused");
}
