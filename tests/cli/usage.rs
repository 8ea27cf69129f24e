//! The command line as its users meet it: what it prints, where, and the code it exits with.

use std::fs;

use crate::command::{Place, USER};
use serde_json::Value;

#[test]
fn wrong_use_exits_with_2_and_names_the_right_use() {
    let place = Place::new();
    for (arguments, message) in [
        ("", "Usage: mfa-gate [OPTIONS] <COMMAND>"),
        ("mint", "Usage: mfa-gate mint [OPTIONS] <COMMAND>"),
        ("explain --request GET~/", "--config <FILE>"),
        (
            "explain --config gate.yaml --request /",
            "expected a method and a path, such as `GET /v1/customers`; found `/`",
        ),
        (
            "explain --config gate.yaml --request GET~/ --now today",
            "expected a time such as `2026-01-31T12:00:00Z`; found `today`",
        ),
        (
            "explain --config gate.yaml --request GET~/ --header x",
            "error: --header: expected a name, a colon and a value, such as `x-id: 1`\n",
        ),
        ("explain --config none.yaml --request GET~/", "error: `none.yaml`: No such file or directory"),
        ("explain --config gate.yaml --request GET~/ --token none", "error: `none`: No such file or directory"),
        ("mint key --alg HS256 --out x", "[possible values: RS256,"),
        ("mint token --key key.jwk --claims key.jwk --no-times --expires-in 1h", "cannot be used with"),
    ] {
        let err = place.wrong_use(arguments);
        assert!(err.contains(message), "{arguments}: {err}");
    }
    place.write("hosts.yaml", &place.read("gate.yaml").replace("policy: public", "policy: public, hosts: [a.example]"));
    assert_eq!(
        place.wrong_use("explain --config hosts.yaml --request GET~/health"),
        "error: --host: missing; `hosts.yaml` has routes with `hosts`\n"
    );
    assert_eq!(place.run("explain --config hosts.yaml --request GET~/health --host a.example").code, Some(0));
    assert_eq!(place.run("explain --config hosts.yaml --request GET~/health --header Host:~b.example").code, Some(1));
}

#[test]
fn help_exits_with_0() {
    let place = Place::empty();
    for arguments in ["--help", "mint key --help", "mint token --help", "explain --help", "--version"] {
        place.ok(arguments);
    }
}

#[test]
fn keys_are_added_to_a_set_and_nothing_is_overwritten() {
    let place = Place::empty();
    place.ok("mint key --alg EdDSA --kid a --out a.jwk --jwks jwks.json");
    place.ok("mint key --alg ES384 --kid b --out b.jwk --jwks jwks.json");
    let jwks = place.read("jwks.json");
    let set: Value = serde_json::from_str(&jwks).unwrap();
    let kids: Vec<_> = set["keys"].as_array().unwrap().iter().map(|key| &key["kid"]).collect();
    assert_eq!(kids, ["a", "b"]);
    assert!(!jwks.contains("\"d\""));

    let private = place.read("a.jwk");
    let err = place.wrong_use("mint key --alg EdDSA --kid c --out a.jwk --jwks jwks.json");
    assert!(err.starts_with("error: `a.jwk`: File exists"), "{err}");
    let err = place.wrong_use("mint key --alg EdDSA --kid a --out c.jwk --jwks jwks.json");
    assert_eq!(err, "error: `jwks.json`: has a key with `kid` `a` already\n");
    let err = place.wrong_use("mint key --alg EdDSA --out c.jwk --jwks a.jwk");
    assert_eq!(err, "error: `a.jwk`: not a JWKS: `keys` is not an array\n");
    place.wrong_use("mint key --alg EdDSA --out d.jwk --jwks d.jwk");
    assert!(!place.path("c.jwk").exists());
    assert_eq!((place.read("a.jwk"), place.read("jwks.json")), (private, jwks));
}

#[cfg(unix)]
#[test]
fn a_private_key_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;

    let place = Place::empty();
    let jwks = place.ok("mint key --alg ES256 --out key.jwk");
    assert!(jwks.starts_with("{\n  \"keys\": ["), "{jwks}");
    assert_eq!(fs::metadata(place.path("key.jwk")).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_minted_token_passes_and_one_without_times_does_not() {
    let place = Place::new();
    place.write("claims.json", &format!("{{{USER},\"amr\":[\"mfa\"]}}"));
    for (times, code) in
        [("", 0), (" --expires-in 10m", 0), (" --no-times", 1), (" --typ at+jwt", 0), (" --typ other", 1)]
    {
        place.write("t.jwt", &place.ok(&format!("mint token --key key.jwk --claims claims.json{times}")));
        let ran = place.run("explain --config gate.yaml --request GET~/ --token t.jwt");
        assert_eq!(ran.code, Some(code), "{times}: {}", ran.out);
    }
}

#[test]
fn a_closed_pipe_ends_every_command_quietly() {
    let place = Place::new();
    place.write("cases.yaml", "config: gate.yaml\ncases: [{name: nobody, expect: token-missing}]\n");
    let log = crate::support::repository("tests/report/access.log");
    let log = log.display();
    for (arguments, code) in [
        ("man", 0),
        ("schema", 0),
        ("completions bash", 0),
        ("check --list", 0),
        ("check gate.yaml", 0),
        ("test cases.yaml", 0),
        ("explain --config gate.yaml --request GET~/health", 0),
        ("explain --config gate.yaml --request GET~/v1/customers", 1),
        (&format!("report {log}"), 0),
        (&format!("report --by request {log}"), 0),
        (&format!("report --format html {log}"), 0),
    ] {
        let ran = place.run_into_closed_pipe(arguments);
        assert_eq!((ran.code, ran.err.as_str()), (Some(code), ""), "{arguments}");
    }
}
