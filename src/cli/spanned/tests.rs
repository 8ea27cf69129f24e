use super::*;
use mfa_gate::wire::json::Json;

fn shown<'t>(text: &'t str, located: &Located, path: &str) -> &'t str {
    &text[located.place(path)]
}

const YAML: &str = r#"
issuers:
- issuer: https://issuer.test
  audiences: [api, "b c"]
  jwks: {inline: {keys: []}}   # none
policies:
  mfa:
    amr: &wanted {any_of: [mfa]}
  other: {amr: *wanted}
"#;

#[test]
fn every_yaml_value_has_a_position() {
    let located = &Located::read(YAML).unwrap()[0];
    for (path, text) in [
        ("issuers[0].issuer", "https://issuer.test"),
        ("issuers[0].audiences", r#"[api, "b c"]"#),
        ("issuers[0].audiences[1]", r#""b c""#),
        ("issuers[0].jwks.inline", "{keys: []}"),
        ("policies.mfa.amr.any_of[0]", "mfa"),
        ("policies.other.amr", "{any_of: [mfa]}"),
        ("issuers[0].jwks.inline.keys[3].kid", "[]"),
    ] {
        assert_eq!(shown(YAML, located, path), text, "{path}");
    }
    assert!(shown(YAML, located, "issuers[0].app_only").starts_with("issuer: https"));
    assert!(shown(YAML, located, "policies").starts_with("mfa:"));
}

#[test]
fn yaml_values_are_those_that_the_filter_reads() {
    let text = "a: yes\nb: 010\nc: 1.5\nd: -3\ne: ~\nf: 'x'\ng: true\nh: {i: [1]}\n";
    let plain = serde_saphyr::with_deserializer_from_str_with_options(text, mfa_gate::cases::yaml::options(), |d| {
        Json::deserialize(d, 16).map(Json::into_owned)
    });
    assert_eq!(Located::read(text).unwrap()[0].json(), &plain.unwrap());
}

#[test]
fn every_json_value_has_a_position() {
    let text = r#" {"a": [1, {"b\u0063": "x\n"}], "d": {}} "#;
    let located = &Located::read(text).unwrap()[0];
    assert_eq!(shown(text, located, "a[0]"), "1");
    assert_eq!(shown(text, located, "a[1].bc"), r#""x\n""#);
    assert_eq!(shown(text, located, "d.e"), "{}");
    assert_eq!(located.json(), &Json::parse(text.as_bytes(), 9).unwrap());
}

#[test]
fn documents_are_separate() {
    let text = "# first\na: 1\n---\n---\nb: {c: ü, d: 2}\n";
    let documents = Located::read(text).unwrap();
    assert_eq!(documents.len(), 2);
    assert_eq!(shown(text, &documents[1], "b.d"), "2");
    assert_eq!(line_and_column(text, documents[1].place("b.d").start), (5, 14));
}

#[test]
fn syntax_errors_have_a_position() {
    let syntax = |text: &str| {
        let error = Located::read(text).unwrap_err();
        (error.message, line_and_column(text, error.span.start))
    };
    let json = |text: &str| {
        let error = Located::read_json(text).unwrap_err();
        (error.message, line_and_column(text, error.span.start))
    };
    assert_eq!(
        syntax("a: 1\nb:\n  a: 2\n  a: 3\n"),
        ("duplicate mapping key `a` is not allowed here".to_owned(), (4, 3))
    );
    assert_eq!(syntax("1: a\n\"1\": b\n").0, "member `1` appears twice");
    assert_eq!(syntax("# ü\nü: ü: 1\n"), ("mapping values are not allowed in this context".to_owned(), (2, 5)));
    assert_eq!(syntax("{\"ü\": 1,\n \"ü\" 2}"), ("expected `:`".to_owned(), (2, 6)));
    assert_eq!(json("{\"a\": 1,\n \"a\": 2}"), ("member `a` appears twice".to_owned(), (2, 7)));
    assert_eq!(json("{\"a\": 1,\n x}"), ("key must be a string".to_owned(), (2, 2)));
    assert_eq!(json("{\"a\": \"\\ud800\"}").1, (1, 7));
    assert_eq!(json(&"[".repeat(100)).1, (1, 100));
    assert_eq!(json(&format!("{}{}", "[".repeat(100), "]".repeat(100))), ("nested too deeply".to_owned(), (1, 65)));
    assert!(Located::read("a: {<<: {b: 1}}").is_err());
}

#[test]
fn values_of_embedded_json_have_positions_in_the_file() {
    let embedded = |file: &str, path: &str| -> String {
        let outer = &Located::read(file).unwrap()[0];
        let Json::Object(members) = outer.json() else { panic!() };
        let inner =
            Located::read_embedded(members.get("v").unwrap().as_str().unwrap(), file, outer.place("v")).unwrap();
        file[inner.place(path)].to_owned()
    };
    assert_eq!(embedded("v: |\n  {\n    \"a\": [1,\n      22]\n  }\n", "a[1]"), "22");
    assert_eq!(embedded("v: |-\n\n  {\"a\":\n    [1, 22]}", "a[1]"), "22");
    assert_eq!(embedded("x: {}\nv: '{\"a\": [1, 22]}'\n", "a[1]"), "22");
    assert_eq!(embedded("v: \"{\\\"a\\\": [1, 22]}\"\n", "a[1]"), "\"{\\\"a\\\": [1, 22]}\"");
    assert_eq!(embedded("v: >\n  {\"a\":\n  [1, 22]}\n", "a[1]"), "{\"a\":\n  [1, 22]}\n");
}

#[test]
fn paths_below_a_part_are_relative() {
    let located = &Located::read(YAML).unwrap()[0];
    let Json::Object(members) = located.json() else { panic!() };
    let policies = located.below("policies", members.get("policies").unwrap());
    assert_eq!(shown(YAML, &policies, "mfa.amr.any_of[0]"), "mfa");
    let whole = located.below("", located.json());
    assert_eq!(shown(YAML, &whole, "policies.mfa.amr.any_of[0]"), "mfa");
    assert_eq!(shown(YAML, &policies, "issuers"), shown(YAML, located, "policies"));
}
