//! Issuers whose keys are fetched: `--keys`, and what is said without it.

use serde_json::json;

use crate::command::Place;

const FETCHED: &str = "{uri: https://login.example/keys, cluster: login}";

/// A place whose issuer's keys are fetched.
fn fetched() -> Place {
    let place = Place::new();
    let config = place.read("gate.yaml");
    let inline = config.lines().find_map(|line| line.strip_prefix("  jwks: ")).unwrap().to_owned();
    place.write("gate.yaml", &config.replace(&inline, FETCHED));
    place
}

#[test]
fn without_keys_everything_but_the_signature_is_judged() {
    let place = fetched();
    let ran = place.explain("--request GET~/v1/customers --token mfa.jwt");
    assert_eq!((ran.code, ran.err.as_str()), (Some(3), ""));
    for line in [
        "          the signature is not verified, because the issuer's keys are fetched: pass them with `--keys`; the steps below \
         assume a valid signature  gate.yaml:7\n",
        "decision  allow, if the signature is valid, which was not verified\n",
    ] {
        assert!(ran.out.contains(line), "{}", ran.out);
    }
    let (code, report) = place.explain_json("--request GET~/v1/customers --token pwd.jwt");
    assert_eq!((code, &report["reason"]), (Some(1), &json!("mfa-missing")));
    assert_eq!(report["signature"], "not-verified");
    // What needs no key is judged as ever.
    let (code, report) = place.explain_json("--request GET~/v1/customers");
    assert_eq!((code, &report["reason"], &report["signature"]), (Some(1), &json!("token-missing"), &json!(null)));
}

#[test]
fn fetched_keys_are_assumed_for_every_algorithm_and_inline_keys_are_not() {
    let place = fetched();
    let claims = place.read("claims.json").replace("\"pwd\"", "\"mfa\"");
    place.write("claims.json", &claims);
    for algorithm in ["RS256", "PS512", "ES256", "ES384", "EdDSA"] {
        for kid in ["demo", "other"] {
            let key = format!("{algorithm}-{kid}.jwk");
            place.ok(&format!("mint key --alg {algorithm} --kid {kid} --out {key}"));
            place.write("t.jwt", &place.ok(&format!("mint token --key {key} --claims claims.json")));
            let (code, report) = place.explain_json("--request GET~/v1/customers --token t.jwt");
            assert_eq!((code, &report["signature"]), (Some(3), &json!("not-verified")), "{algorithm} {kid}");
        }
    }
    place.write("inline.yaml", &place.read("gate.yaml").replace(FETCHED, &format!("{{inline: {}}}", one_line(&place))));
    let ran = place.run("explain --config inline.yaml --json --request GET~/v1/customers --token t.jwt");
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, &report["reason"], &report["signature"]), (Some(1), &json!("key-unknown"), &json!(null)));
}

fn one_line(place: &Place) -> String {
    place.read("jwks.json").replace('\n', "")
}

#[test]
fn with_keys_given_the_signature_is_verified() {
    let place = fetched();
    for keys in ["jwks.json", "https://sts.windows.net/{tid}/=jwks.json"] {
        let (code, report) = place.explain_json(&format!("--request GET~/v1/customers --token mfa.jwt --keys {keys}"));
        assert_eq!((code, &report["signature"]), (Some(0), &json!("verified")));
    }
    let token = place.read("mfa.jwt");
    let (signed, _) = token.trim_end().rsplit_once('.').unwrap();
    let (_, other) =
        place.read("pwd.jwt").trim_end().rsplit_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    place.write("t.jwt", &format!("{signed}.{other}"));
    let (code, report) = place.explain_json("--request GET~/v1/customers --token t.jwt --keys jwks.json");
    assert_eq!((code, &report["reason"]), (Some(1), &json!("signature-invalid")));
    assert_eq!(report["signature"], "invalid");
    place.ok("mint key --alg ES256 --kid new --out new.jwk --jwks new.json");
    let (code, report) = place.explain_json("--request GET~/v1/customers --token mfa.jwt --keys new.json");
    assert_eq!((code, &report["reason"], &report["signature"]), (Some(1), &json!("key-unknown"), &json!(null)));
}

#[test]
fn keys_must_belong_to_one_issuer_that_fetches_its_keys() {
    let place = fetched();
    let config = place.read("gate.yaml");
    let two = config.replace(
        "policies:\n",
        "- issuer: https://b.example\n  audiences: [b]\n  discovery: {uri: https://b.example/d, cluster: b}\n\
         - issuer: https://c.example\n  audiences: [c]\n  jwks: {inline: KEYS}\npolicies:\n",
    );
    place.write("two.yaml", &two.replace("KEYS", &one_line(&place)));
    place.write("none.yaml", &config.replace(FETCHED, &format!("{{inline: {}}}", one_line(&place))));
    place.write("empty.json", "{\"keys\": []}");
    for (arguments, message) in [
        ("none.yaml --keys jwks.json", "--keys: no issuer in `none.yaml` fetches its keys"),
        (
            "two.yaml --keys jwks.json",
            "--keys: write ISSUER=jwks.json to name the issuer of the keys; issuers that fetch their keys: \
             `https://sts.windows.net/{tid}/`, `https://b.example`",
        ),
        ("two.yaml --keys https://c.example=jwks.json", "--keys: issuer `https://c.example` does not fetch its keys"),
        (
            "gate.yaml --keys jwks.json --keys jwks.json",
            "--keys: given twice for issuer `https://sts.windows.net/{tid}/`",
        ),
        ("gate.yaml --keys none.json", "`none.json`: No such file or directory (os error 2)"),
        ("gate.yaml --keys gate.yaml", "--keys: `gate.yaml`: expected value at line 2 column 1"),
        ("gate.yaml --keys empty.json", "--keys: `empty.json`: the set has no verification key"),
    ] {
        let err = place.wrong_use(&format!("explain --request GET~/ --config {arguments}"));
        assert_eq!(err, format!("error: {message}\n"), "{arguments}");
    }
    let each = "--keys https://b.example=jwks.json --keys https://sts.windows.net/{tid}/=jwks.json";
    let ran = place.run(&format!(
        "explain --config two.yaml --now {} --request GET~/v1/customers --token mfa.jwt {each}",
        crate::command::NOW
    ));
    assert_eq!(ran.code, Some(0), "{}", ran.out);
}
