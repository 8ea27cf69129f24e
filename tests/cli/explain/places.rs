//! Where a configuration is found, and the places of its rules.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::command::Place;
use crate::support::repository;

#[test]
fn json_configurations_are_read() {
    let place = Place::new();
    let jwks: Value = serde_json::from_str(&place.read("jwks.json")).unwrap();
    let issuer = json!({"issuer": "https://i", "audiences": ["a"], "jwks": {"inline": jwks}});
    place.write("gate.json", &json!({"issuers": [issuer], "default": "public"}).to_string());
    assert_eq!(place.run("explain --config gate.json --request GET~/").code, Some(0));

    place.write("gate.json", r#"{"default":"public","default":"signed_in"}"#);
    let err = place.wrong_use("explain --config gate.json --request GET~/");
    assert_eq!(err, "error: `gate.json`: member `default` appears twice at line 1, column 31\n");
}

#[test]
fn all_errors_of_a_configuration_are_reported_with_their_lines() {
    let place = Place::new();
    let config =
        place.read("gate.yaml").replace("policy: public", "policy: publik").replace("default: mfa", "default: 1");
    place.write("gate.yaml", &config);
    assert_eq!(
        place.wrong_use("explain --config gate.yaml --request GET~/"),
        "error: `gate.yaml` is not a configuration\n\
         line 12: routes[0].policy: unknown policy `publik`; known: admins, mfa, public, signed_in\n\
         line 15: default: is a number, should be a string\n"
    );

    for (text, message) in [
        ("default: mfa\ndefault: public\n", "duplicate mapping key `default` is not allowed here at line 2, column 1"),
        ("default: [\n", "unclosed bracket '[' at line 1, column 10"),
    ] {
        place.write("gate.yaml", text);
        let err = place.wrong_use("explain --config gate.yaml --request GET~/");
        assert_eq!(err, format!("error: `gate.yaml`: {message}\n"));
    }
}

#[test]
fn the_configuration_is_found_in_every_kind_of_file_that_holds_one() {
    let place = Place::empty();
    let samples = repository("tests/check/right");
    let mut seen = 0;
    for entry in fs::read_dir(samples).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        place.write("sample", &text);
        let ran = place.run("explain --config sample --json --request GET~/nowhere --host a.example");
        assert_eq!((ran.code, ran.err.as_str()), (Some(1), ""), "{}", path.display());
        let report: Value = serde_json::from_str(&ran.out).unwrap();
        let rule = &report["steps"][1]["lines"][0]["rule"];
        assert_eq!((&rule["file"], &rule["field"]), (&json!("sample"), &json!("default")), "{}", path.display());
        let line = text.lines().nth(usize::try_from(rule["line"].as_u64().unwrap()).unwrap() - 1).unwrap();
        assert!(line.replace('"', "").contains("default: "), "{}: {line}", path.display());
        seen += 1;
    }
    assert!(seen > 5);
}

#[test]
fn a_file_without_a_configuration_or_with_several_is_refused() {
    let place = Place::new();
    let config = place.read("gate.yaml");
    place.write("two.yaml", &format!("{config}---{}", config.replace("default: mfa", "default: admins")));
    place.write("same.yaml", &format!("{config}---{config}"));
    place.write("none.yaml", "kind: Service\n");
    assert_eq!(
        place.wrong_use("explain --config two.yaml --request GET~/"),
        "error: `two.yaml`: has different configurations, at lines 2, 20; pass a file with one\n"
    );
    assert_eq!(place.run("explain --config same.yaml --request GET~/health").code, Some(0));
    assert_eq!(
        place.wrong_use("explain --config none.yaml --request GET~/"),
        "error: `none.yaml`: the file does not contain the filter's configuration; searched for the filter's own fields \
         (`issuers`, `default`), an Envoy Wasm filter with these fields or with `mfa_gate` in its name, vm_id or code, and such a \
         WasmPlugin, TrafficExtension or EnvoyFilter of Istio or EnvoyExtensionPolicy of Envoy Gateway\n"
    );
}

#[test]
fn output_is_coloured_only_on_request_when_it_is_not_a_terminal() {
    let place = Place::new();
    let arguments = "explain --config gate.yaml --request GET~/v1/customers";
    let plain = place.run(arguments).out;
    assert!(!plain.contains('\u{1b}'));
    assert_eq!(place.run(&format!("{arguments} --color never")).out, plain);
    let coloured = place.run(&format!("{arguments} --color always")).out;
    assert!(coloured.contains("\u{1b}[1mdecision\u{1b}[0m  \u{1b}[31mdeny, token-missing: "), "{coloured}");
    let mut stripped = coloured;
    for code in ["1", "2", "31", "32", "33", "0"] {
        stripped = stripped.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert_eq!(stripped, plain);
}

#[test]
fn the_documents_show_what_explain_prints() {
    let top = repository("");
    let document = fs::read_to_string(top.join("envoy/commands.md")).unwrap();
    let (_, shown) = document.split_once("$ mfa-gate explain ").unwrap();
    let (arguments, _) = shown.split_once('\n').unwrap();
    let command = format!("{} explain {arguments}", env!("CARGO_BIN_EXE_mfa-gate"));
    let output = Command::new("bash").args(["-c", &command]).current_dir(top).output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(document.contains(&format!("$ mfa-gate explain {arguments}\n{out}```\n")), "{out}");
    assert_eq!(output.status.code(), Some(1));
}
