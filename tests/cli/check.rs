//! `check` on files with one mistake each, and on files without any.
//!
//! `wrong/NAME.txt` is the exact output for `wrong/NAME`. `RENEW=1 cargo test --test cli check::` rewrites those files; read the
//! difference before you commit it.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::command::{Ran, run, run_at_top};
use crate::support::repository;

fn check(arguments: &[&str]) -> Ran {
    run_at_top(&[&["check"], arguments].concat())
}

fn check_input(arguments: &[&str], input: &str) -> Ran {
    run(&repository(""), &[&["check"], arguments].concat(), input.as_bytes())
}

fn found(arguments: &[&str]) -> Vec<Value> {
    let ran = check(&[&["--json"], arguments].concat());
    assert_eq!(ran.err, "");
    serde_json::from_str(&ran.out).unwrap()
}

/// The samples in a directory, as paths from the top.
fn samples(directory: &str) -> Vec<String> {
    let directory = format!("tests/check/{directory}");
    let names = fs::read_dir(repository(&directory)).unwrap().map(|entry| entry.unwrap().file_name());
    let names = names.map(|name| name.into_string().unwrap()).filter(|name| !name.ends_with(".txt"));
    let mut paths: Vec<_> = names.map(|name| format!("{directory}/{name}")).collect();
    paths.sort();
    assert!(!paths.is_empty(), "no sample in {directory}");
    paths
}

#[test]
fn findings_are_printed_to_the_letter() {
    let mut problems = Vec::new();
    for path in samples("wrong") {
        let ran = check(&[&path]);
        let expected: PathBuf = repository(&format!("{path}.txt"));
        if std::env::var_os("RENEW").is_some() {
            fs::write(&expected, &ran.out).unwrap();
        }
        let expected = fs::read_to_string(&expected).unwrap_or_default();
        if ran.out != expected {
            problems.push(format!("{path}: expected\n{expected}\nfound\n{}", ran.out));
        }
        // The last line is the count.
        let has_errors = !ran.out.trim_end().rsplit('\n').next().unwrap().starts_with("0 errors");
        let strict = check(&["--strict", &path]);
        if (ran.code, ran.err.as_str(), strict.code) != (Some(i32::from(has_errors)), "", Some(1)) {
            problems.push(format!("{path}: exits with {:?}, {:?} under --strict: {}", ran.code, strict.code, ran.err));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn right_files_have_no_finding() {
    for path in samples("right") {
        let ran = check(&["--strict", &path]);
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(0), "nothing found\n", ""), "{path}");
    }
}

/// A manifest that belongs to a plugin need not contain it.
#[test]
fn the_shipped_manifests_have_no_finding() {
    for files in [
        ["envoy/istio/wasm-plugin.yaml", "envoy/istio/envoy-filter.yaml"],
        ["envoy/gateway/envoy-extension-policy.yaml", "envoy/gateway/envoy-proxy.yaml"],
    ] {
        let ran = check(&[&["--strict"][..], &files].concat());
        assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(0), "nothing found\n", ""), "{files:?}");
        let alone = found(&[files[1]]);
        assert_eq!(alone.iter().map(|finding| &finding["id"]).collect::<Vec<_>>(), ["no-filter"], "{files:?}");
    }
    let found = found(&["tests/check/right/own.yaml", "tests/check/wrong/no-filter.yaml"]);
    assert_eq!(found.iter().map(|finding| &finding["id"]).collect::<Vec<_>>(), ["no-filter"]);
}

/// As `make run` does it: the key set is empty in the shipped file, which says so itself.
#[test]
fn the_shipped_configuration_lacks_only_keys() {
    let path = "envoy/envoy.yaml";
    let found = found(&[path]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        found[0]["message"],
        "issuers[0].jwks.inline: the set has no verification key; paste the issuer's public keys, or have them fetched: `jwks: {uri: https://..., cluster: NAME}`"
    );
    let text = fs::read_to_string(repository(path)).unwrap();
    let key = "{keys: [{kty: OKP, crv: Ed25519, x: 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo}]}";
    assert_eq!(text.matches("{keys: []}").count(), 1);
    let ran = check_input(&["--strict", "-"], &text.replace("{keys: []}", key));
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(0), "nothing found\n", ""));
}

/// The messages about a sample, which are about jwt_authn alone.
fn about_jwt_authn(name: &str) -> Vec<String> {
    let found = found(&[&format!("tests/check/jwt-authn/{name}.yaml")]);
    assert!(found.iter().all(|finding| finding["id"] == "jwt-authn"), "{found:?}");
    found.iter().map(|finding| finding["message"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_issuer_verified_by_jwt_authn_needs_that_filter_before_the_gate() {
    let place = "issuers[0].verified_by.metadata: tokens are to be found verified in `claims`, but";
    for (name, what) in [
        ("missing", "no jwt_authn filter stands before the gate to verify them"),
        ("behind", "the jwt_authn filter that is to verify them stands behind the gate; put it before"),
        (
            "elsewhere",
            "no provider of the jwt_authn filter leaves its claims there; give it `payload_in_metadata: claims`",
        ),
        (
            "other-issuer",
            "those of the jwt_authn filter's provider are of issuer `https://other.example.com`; one of them is wrong",
        ),
    ] {
        assert_eq!(about_jwt_authn(name), [format!("{place} {what}")], "{name}");
    }
    assert_eq!(
        about_jwt_authn("istio"),
        [
            "phase: is `AUTHN`, before the jwt_authn filter that is to verify tokens for issuers[0].verified_by.metadata; write `AUTHZ`"
        ]
    );
    for name in ["right", "istio-right"] {
        let ran = check(&["--strict", &format!("tests/check/jwt-authn/{name}.yaml")]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(0), "nothing found\n"), "{name}");
    }
}

#[test]
fn every_lint_has_a_sample() {
    let list = check(&["--list"]);
    assert_eq!((list.code, list.err.as_str()), (Some(0), ""));
    let known: BTreeSet<&str> = list.out.lines().map(|line| line.split(' ').next().unwrap()).collect();
    let all = [samples("wrong"), samples("jwt-authn")].concat();
    let found: Vec<_> = all.iter().flat_map(|path| found(&[path])).collect();
    let seen: BTreeSet<&str> = found.iter().map(|finding| finding["id"].as_str().unwrap()).collect();
    assert_eq!(seen, known);
}

#[test]
fn findings_for_programs_have_file_line_and_column() {
    let found = found(&["tests/check/wrong/fail-open.yaml", "tests/check/right/own.yaml"]);
    assert_eq!(
        found,
        [serde_json::json!({
            "file": "tests/check/wrong/fail-open.yaml",
            "line": 21,
            "column": 33,
            "severity": "error",
            "id": "fail-open",
            "path": "static_resources.listeners[0].filter_chains[0].filters[0].typed_config.http_filters[0].typed_config.config.failure_policy",
            "message": "failure_policy: is `FAIL_OPEN`, so a filter that has trapped lets every request through; write `FAIL_RELOAD`",
        })]
    );
    let ran = check_input(&["--json", "-"], "default: mfa\nroutes: []\n");
    assert_eq!(ran.code, Some(1));
    let found: Vec<Value> = serde_json::from_str(&ran.out).unwrap();
    let place_and_message =
        |finding: &Value| (finding["file"].clone(), finding["line"].clone(), finding["message"].clone());
    assert_eq!(
        found.iter().map(place_and_message).collect::<Vec<_>>(),
        [
            ("standard input".into(), 1.into(), "issuers: is missing".into()),
            ("standard input".into(), 1.into(), "default: unknown policy `mfa`; known: public, signed_in".into()),
        ]
    );
}

#[test]
fn the_documents_show_what_check_prints() {
    let ran = check(&["tests/check/wrong/filter-disabled-route.yaml", "tests/check/wrong/overruled-route.yaml"]);
    let document = fs::read_to_string(repository("envoy/commands.md")).unwrap();
    assert!(document.contains(&ran.out), "envoy/commands.md should show\n{}", ran.out);
}

#[test]
fn wrong_use_exits_with_2() {
    let missing = check(&["tests/check/none.yaml"]);
    assert_eq!((missing.code, missing.out.as_str()), (Some(2), ""));
    assert_eq!(missing.err, "error: `tests/check/none.yaml`: No such file or directory (os error 2)\n");
    for arguments in [&[][..], &["--list", "--json"], &["--list", "tests/check/right/own.yaml"]] {
        let ran = check(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arguments:?}");
    }
}
