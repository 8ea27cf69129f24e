//! `mfa-gate test` as its users meet it.
//!
//! `tests/policy_test/NAME.txt` is the exact output for `NAME.yaml`. `RENEW=1 cargo test --test cli policy_test::` rewrites
//! those files; read the difference before you commit it.

use std::fs;

use quick_junit::{Report, TestCaseStatus};
use serde_json::json;
use tempfile::TempDir;

use crate::command::run_at_top;
use crate::support;
use crate::support::repository;

/// Compares an output with the file that has it.
fn compare(path: &str, is: &str) {
    let path = repository(path);
    if std::env::var_os("RENEW").is_some() {
        fs::write(&path, is).unwrap();
    }
    assert_eq!(is, fs::read_to_string(&path).unwrap_or_default(), "{}", path.display());
}

#[test]
fn results_are_printed_to_the_letter() {
    for (name, code) in [("right", 0), ("billing", 1), ("failing", 1)] {
        let ran = run_at_top(&["test", &format!("tests/policy_test/{name}.yaml")]);
        assert_eq!((ran.code, ran.err.as_str()), (Some(code), ""), "{name}");
        compare(&format!("tests/policy_test/{name}.txt"), &ran.out);
    }
}

#[test]
fn quiet_prints_failures_only() {
    let ran = run_at_top(&["test", "-q", "tests/policy_test/right.yaml", "tests/policy_test/billing.yaml"]);
    let printed = "\
tests/policy_test/billing.yaml:10: a sales agent
  expected  allow
  decided   claim-not-met: claim `roles` does not hold what the policy wants
  by        route `billing`, policy `billing`

21 passed, 1 failed
";
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(1), printed, ""));
}

#[test]
fn the_documents_show_cases_and_their_results() {
    let document = fs::read_to_string(repository("envoy/commands.md")).unwrap();
    for file in ["billing.yaml", "billing.txt"] {
        let text = fs::read_to_string(repository("tests/policy_test").join(file)).unwrap();
        assert!(document.contains(&text), "envoy/commands.md should show\n{text}");
    }
}

#[test]
fn junit_has_every_case() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("junit.xml");
    let files = ["failing", "right"].map(|name| format!("tests/policy_test/{name}.yaml"));
    let ran = run_at_top(&["test", "--junit", path.to_str().unwrap(), &files[0], &files[1]]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(1), ""));
    let xml = fs::read_to_string(&path).unwrap();
    compare("tests/policy_test/junit.xml", &xml);

    let report = Report::deserialize_from_str(&xml).unwrap();
    let is = |case: &&quick_junit::TestCase, kind: &str| match &case.status {
        TestCaseStatus::Success { .. } => kind == "passed",
        TestCaseStatus::NonSuccess { .. } => kind == "failed",
        TestCaseStatus::Skipped { .. } => kind == "skipped",
    };
    let count = |suite: usize, kind| report.test_suites[suite].test_cases.iter().filter(|case| is(case, kind)).count();
    let counts = ["passed", "failed", "skipped"].map(|kind| (count(0, kind), count(1, kind)));
    assert_eq!(counts, [(0, 17), (10, 0), (0, 0)]);
    assert_eq!((report.tests, report.failures, report.errors), (27, 10, 0));
}

/// A token in its compact form is verified by the issuer's own key, at the time that the file gives.
#[test]
fn whole_tokens_are_verified_by_the_issuers_own_keys() {
    let directory = TempDir::new().unwrap();
    let at = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let write = |name: &str, text: &str| fs::write(at(name), text).unwrap();
    let run_well = |arguments: &[&str]| {
        let ran = run_at_top(arguments);
        assert_eq!(ran.err, "");
        ran.out
    };
    run_well(&["mint", "key", "--alg", "EdDSA", "--kid", "k", "--out", &at("key.jwk"), "--jwks", &at("jwks.json")]);
    // From half an hour before the time that the cases say to half an hour after it.
    let times = json!({"iat": 1_769_859_000, "nbf": 1_769_859_000, "exp": 1_769_862_600});
    let mut claims = json!({"iss": "https://a.example", "aud": "api", "sub": "s", "amr": ["mfa"]});
    support::cases::merge::merge(&mut claims, &times);
    write("claims.json", &claims.to_string());
    let token = run_well(&["mint", "token", "--key", &at("key.jwk"), "--claims", &at("claims.json")]);
    write("token.jwt", &token);
    let jwks = fs::read_to_string(at("jwks.json")).unwrap();
    let gate = format!(
        r#"{{"issuers": [{{"issuer": "https://a.example", "audiences": ["api"], "jwks": {{"inline": {jwks}}}}}],
        "policies": {{"mfa": {{"amr": {{"any_of": ["mfa"]}}}}}}, "default": "mfa"}}"#
    );
    write("gate.json", &gate);
    let cases = format!(
        "now: \"2026-01-31T12:00:00Z\"
config: gate.json
cases:
- {{name: in a file, token: token.jwt, expect: allow}}
- {{name: on the spot, token: {token}, expect: allow}}
- {{name: beside claims, claims: {{amr: [mfa]}}, expect: allow}}
- {{name: of another, token: {{key: p256, claims: {claims}}}, expect: key-unknown}}
",
        token = token.trim_end()
    );
    write("cases.yaml", &cases);
    let now = run_well(&["test", &at("cases.yaml")]);
    assert!(now.ends_with("\n4 passed, 0 failed\n"), "{now}");
    write("later.yaml", &cases.replace("2026-01-31T12:00", "2026-01-31T12:32"));
    let later = run_well(&["test", &at("later.yaml")]);
    assert!(later.contains("  decided   token-expired: "), "{later}");
    assert!(later.ends_with("\n2 passed, 2 failed\n"), "{later}");
}

/// Files of cases beside a right configuration, and the errors in them; `{}` is the directory.
#[test]
fn a_broken_file_is_reported_with_the_place_and_the_right_use() {
    let case = |case: &str| format!("config: gate.yaml\ncases:\n- {case}\n");
    let of_case = |message: &str| format!("`{{}}/cases.yaml:3`: cases[0] `a`: {message}");
    let fields = "`id`, `name`, `with`, `request`, `token`, `claims`, `without`, `metadata`, `expect`, `route`, `policy`, `answer`, \
        `upstream`";
    let reasons = "path-unreadable, policy-unknown, token-missing, token-ambiguous, token-too-large, token-malformed, \
        algorithm-not-allowed, key-unknown, signature-invalid, issuer-untrusted, tenant-not-allowed, audience-mismatch, \
        token-expired, token-not-yet-valid, claim-malformed, keys-unavailable, mfa-missing, mfa-unknowable, \
        app-only-not-allowed, claim-not-met";
    let samples = [
        ("cases: [}".to_owned(), "`{}/cases.yaml`: mismatched bracket '[' closed by '}' at line 1, column 8".to_owned()),
        (
            "config: nope.yaml\ncases: [{name: a, expect: allow}]".to_owned(),
            "`{}/cases.yaml`: `config`: `{}/nope.yaml`: No such file or directory (os error 2)".to_owned(),
        ),
        (
            "config: cases.yaml\ncases: [{name: a, expect: allow}]\nnow: \"2026-01-31T12:00:00Z\"".to_owned(),
            "`{}/cases.yaml:2`: cases[0] `a`: `{}/cases.yaml` is not a configuration\n\
            cases: unknown field `cases`; known: KNOWN\nconfig: unknown field `config`; known: KNOWN\n\
            now: unknown field `now`; known: KNOWN\nissuers: is missing\ndefault: is missing"
                .replace(
                    "KNOWN",
                    "issuers, policies, routes, default, path_case, envoy_route_metadata, token, challenge, \
                    upstream_headers, host_crypto, cache, access_log, mode",
                ),
        ),
        (
            "cases: [{name: a, expect: allow}]".to_owned(),
            "`{}/cases.yaml`: `config` is missing; write the filter's configuration, or the name of a file with it".to_owned(),
        ),
        (
            "config: gate.yaml\ncase: []".to_owned(),
            "`{}/cases.yaml`: unknown field `case`, expected one of like, now, config, tokens, every_case, cases at line 2, \
            column 1"
                .to_owned(),
        ),
        (
            "config: gate.yaml".to_owned(),
            "`{}/cases.yaml`: `cases` is missing or empty; list the cases, each with `name` and `expect`".to_owned(),
        ),
        (
            "config: gate.yaml\nnow: yesterday\ncases: [{name: a, expect: allow}]".to_owned(),
            "`{}/cases.yaml`: `now`: expected a time such as `2026-01-31T12:00:00Z`; found `yesterday`: premature end of \
            input"
                .to_owned(),
        ),
        (
            case("{name: a, expect: allowed}"),
            of_case(&format!("expect: unknown outcome `allowed`; known: allow, any denial, {reasons}")),
        ),
        (case("{name: a, expct: allow}"), of_case(&format!("expct: unknown field `expct`, expected one of {fields}"))),
        (case("{name: a}"), of_case("missing field `expect`")),
        (case("{expect: allow}"), "`{}/cases.yaml:3`: cases[0]: missing field `name`".to_owned()),
        (
            case("{name: a, request: {headers: [[x]]}, expect: allow}"),
            of_case("request.headers[0]: invalid length 1, expected a header's name and its value, such as [x-id, a]"),
        ),
        (
            case("{name: a, token: [], expect: allow}"),
            of_case(
                "token: invalid type: sequence, expected the name of a token, a token, its file, or its \
                description",
            ),
        ),
        (
            case("{name: a, token: nix, expect: allow}"),
            of_case("`token`: the file has no token `nix`, and `{}/nix`: No such file or directory (os error 2)"),
        ),
        (
            case("{name: a, metadata: {claims: eyJ.x}, expect: allow}"),
            of_case("`metadata`: `claims`: not a JWT, so jwt_authn could not verify it: Invalid input length: 1"),
        ),
        (
            case("{name: a, token: {key: nix}, expect: allow}"),
            of_case(
"`token`: unknown key `nix`; known: rsa, p256, p384, ed25519, mfa-gate-test",
            ),
        ),
        (
            case("{name: a, token: {}, claims: {}, expect: allow}"),
            of_case("has `claims` and `token`; give one of them"),
        ),
        (case("{name: a, without: [exp], expect: allow}"), of_case("has `without` but no `claims`")),
        (
            case("{name: a, token: {alg: HS256}, expect: allow}"),
            of_case(
                "`token`: unknown algorithm `HS256`; known: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, \
                EdDSA",
            ),
        ),
        (
            case("{name: a, token: {key: p256, alg: RS256}, expect: allow}"),
            of_case("`token`: key `p256` cannot sign with `RS256`"),
        ),
        (
            case("{name: a, token: {compact: $header}, expect: allow}"),
            of_case(
                "token.compact: unknown field `compact`, expected one of `from`, `key`, `alg`, `header`, `header_without`, \
                `claims`, `without`",
            ),
        ),
        (
            case("{name: a, claims: {sub: $x}, expect: allow}"),
            of_case("`claims`: `$x`: unknown name `$x`"),
        ),
        (
            case("{name: a, claims: {iss: x}, expect: allow}"),
            of_case("`claims`: the configuration has no issuer `x`; describe a complete `token` instead"),
        ),
        (
            case("{name: a, with: {default: mffa}, expect: allow}"),
            of_case(
                "`{}/gate.yaml` is not a configuration\ndefault: unknown policy `mffa`; known: billing, mfa, public, \
                signed_in",
            ),
        ),
        (case("{name: a, each: 1, expect: allow}"), of_case("each: is `1`, must be a list of alternatives")),
    ];
    let directory = TempDir::new().unwrap();
    fs::copy(repository("tests/policy_test/gate.yaml"), directory.path().join("gate.yaml")).unwrap();
    let path = directory.path().join("cases.yaml");
    for (text, message) in samples {
        fs::write(&path, &text).unwrap();
        let ran = run_at_top(&["test", path.to_str().unwrap()]);
        let message = message.replace("{}", directory.path().to_str().unwrap());
        assert_eq!((ran.code, ran.out.as_str(), ran.err), (Some(2), "", format!("error: {message}\n")), "{text}");
    }
}

#[test]
fn wrong_use_is_reported() {
    let ran = run_at_top(&["test"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""));
    assert!(ran.err.contains("<CASES>..."), "{}", ran.err);
    let ran = run_at_top(&["test", "--junit", "no/such/place.xml", "tests/policy_test/right.yaml"]);
    let message = "error: `no/such/place.xml`: No such file or directory (os error 2)\n";
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(2), "", message));
}
