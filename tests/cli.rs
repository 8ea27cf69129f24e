//! The command line as its users meet it: what it prints, where, and the code it exits with.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

const NOW: &str = "2026-01-31T12:00:00Z";

/// One hour from half an hour before `NOW`.
const TIMES: &str = r#""iat":1769859000,"nbf":1769859000,"exp":1769862600"#;

const USER: &str = r#""iss":"https://sts.windows.net/df845f1a-7b35-40a2-ba78-6481de91f8ae/",
    "tid":"df845f1a-7b35-40a2-ba78-6481de91f8ae","aud":"https://api.partnercenter.microsoft.com",
    "appidacr":"0","scp":"user_impersonation","oid":"4988e250-5aee-482a-9136-6d269cb755c0",
    "upn":"Adminagent.csp@testtestpartner.onmicrosoft.com""#;

/// The configuration, its key set left out.
const GATE: &str = r#"
issuers:
- issuer: https://sts.windows.net/{tid}/
  tenants: [df845f1a-7b35-40a2-ba78-6481de91f8ae]
  audiences: [https://api.partnercenter.microsoft.com]
  app_only: entra
  jwks: {inline: JWKS}
policies:
  mfa: {amr: {any_of: [mfa]}, app_only: allow}
  admins: {amr: {any_of: [mfa]}, claims: {roles: {any_of: [AdminAgents]}}}
routes:
- {name: health, path: /health, policy: public}
- {name: customers, prefix: /v1/customers, policy: mfa}
- {name: admins, prefix: /v1/admins, policy: admins}
default: mfa
challenge:
  headers: {Request-Context: "appId=cid-v1:03ce8ca8-8373-4021-8f25-d5dd45c7b12f"}
upstream_headers: {subject: x-mfa-gate-subject}
"#;

/// A directory with a key pair, a configuration that trusts it, and tokens.
struct Place(TempDir);

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Place {
    fn empty() -> Self {
        Place(TempDir::new().unwrap())
    }

    fn new() -> Self {
        let place = Place::empty();
        place.ok("mint key --alg ES256 --kid demo --out key.jwk --jwks jwks.json");
        place.write("gate.yaml", &GATE.replace("JWKS", &place.read("jwks.json").replace('\n', "")));
        place.mint("mfa.jwt", r#""amr":["pwd","mfa"]"#);
        place.mint("pwd.jwt", r#""amr":["pwd"]"#);
        place
    }

    fn mint(&self, name: &str, claims: &str) {
        self.write("claims.json", &format!("{{{USER},{TIMES},{claims}}}"));
        self.write(name, &self.ok("mint token --key key.jwk --claims claims.json"));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Runs the program in the directory; `arguments` are parted by spaces, `~` stands for one inside an argument.
    fn run(&self, arguments: &str) -> Ran {
        self.run_with(arguments, "")
    }

    fn run_with(&self, arguments: &str, input: &str) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mfa-gate"));
        command.args(arguments.split(' ').map(|argument| argument.replace('~', " "))).current_dir(self.0.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    fn ok(&self, arguments: &str) -> String {
        let ran = self.run(arguments);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{arguments}");
        ran.out
    }

    fn wrong_use(&self, arguments: &str) -> String {
        let ran = self.run(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arguments}");
        ran.err
    }

    fn explain(&self, arguments: &str) -> Ran {
        self.run(&format!("explain --config gate.yaml --now {NOW} {arguments}"))
    }

    fn explain_json(&self, arguments: &str) -> (Option<i32>, Value) {
        let ran = self.explain(&format!("{arguments} --json"));
        assert_eq!(ran.err, "");
        (ran.code, serde_json::from_str(&ran.out).unwrap())
    }
}

#[test]
fn an_allowed_request_is_explained_step_by_step() {
    let ran = Place::new().explain("--request GET~/v1/customers?page=2 --host api.example.com --token mfa.jwt");
    assert_eq!(
        ran.out,
        "\
request   GET /v1/customers?page=2
          for host `api.example.com`
path      `/v1/customers` falls to route `customers`, policy `mfa`
policy    `mfa` wants any of `mfa` in `amr`; an app-only token passes without
token     `authorization` carries a token of 665 bytes
          alg ES256, kid `demo`, typ `JWT`
          iss `https://sts.windows.net/df845f1a-7b35-40a2-ba78-6481de91f8ae/`
          tid `df845f1a-7b35-40a2-ba78-6481de91f8ae`
          aud `https://api.partnercenter.microsoft.com`
          iat 2026-01-31T11:30:00Z, 30 min ago
          nbf 2026-01-31T11:30:00Z, 30 min ago
          exp 2026-01-31T12:30:00Z, in 30 min
trust     the issuer is trusted as `https://sts.windows.net/{tid}/`
          the tenant is one of the issuer's
          the signature is good, by key `demo`
          audience and times are right
subject   user, by what `entra` looks at: idtyp absent, appidacr `0`, azpacr absent, scp `user_impersonation`, \
oid `4988e250-5aee-482a-9136-6d269cb755c0`, sub absent, upn `Adminagent.csp@testtestpartner.onmicrosoft.com`
mfa       amr [`pwd`, `mfa`]
          for policy `mfa` that is proof
decision  allow
          by route `customers`, policy `mfa`
upstream  gets the request
          x-mfa-gate-subject: user
"
    );
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
}

#[test]
fn a_denied_request_is_explained_with_the_answer_it_gets() {
    let ran = Place::new().explain("--request GET~/v1/admins/%2e%2e/customers --token pwd.jwt");
    assert_eq!(
        ran.out,
        "\
request   GET /v1/admins/%2e%2e/customers
path      `/v1/admins/%2e%2e/customers` falls to route `admins`, policy `admins`
          `/v1/admins/../customers` falls to route `admins`, policy `admins`
          `/v1/customers` falls to route `customers`, policy `mfa`
policy    `admins` wants any of `mfa` in `amr`; no app-only token passes; also any of `AdminAgents` in `roles`
          `mfa` wants any of `mfa` in `amr`; an app-only token passes without
token     `authorization` carries a token of 657 bytes
          alg ES256, kid `demo`, typ `JWT`
          iss `https://sts.windows.net/df845f1a-7b35-40a2-ba78-6481de91f8ae/`
          tid `df845f1a-7b35-40a2-ba78-6481de91f8ae`
          aud `https://api.partnercenter.microsoft.com`
          iat 2026-01-31T11:30:00Z, 30 min ago
          nbf 2026-01-31T11:30:00Z, 30 min ago
          exp 2026-01-31T12:30:00Z, in 30 min
trust     the issuer is trusted as `https://sts.windows.net/{tid}/`
          the tenant is one of the issuer's
          the signature is good, by key `demo`
          audience and times are right
subject   user, by what `entra` looks at: idtyp absent, appidacr `0`, azpacr absent, scp `user_impersonation`, \
oid `4988e250-5aee-482a-9136-6d269cb755c0`, sub absent, upn `Adminagent.csp@testtestpartner.onmicrosoft.com`
mfa       amr [`pwd`]
          for policy `admins` that is no proof
          claim `roles` absent; wanted: any of `AdminAgents`: not met
mfa       amr [`pwd`]
          for policy `mfa` that is no proof
decision  deny, mfa-missing: the token does not prove MFA
          by route `admins`, policy `admins`
answer    HTTP/1.1 401 Unauthorized
          Request-Context: appId=cid-v1:03ce8ca8-8373-4021-8f25-d5dd45c7b12f
          WWW-Authenticate: Bearer error=\"invalid_token\"
          Content-Type: application/problem+json

          {\"type\":\"about:blank\",\"title\":\"Unauthorized\",\"status\":401,\"error\":\"invalid_token\"}
note      the shipped Envoy configuration makes it `401 Unauthorized - MFA required` on HTTP/1.1
"
    );
    assert_eq!((ran.code, ran.err.as_str()), (Some(1), ""));
}

#[test]
fn json_has_the_decision_and_the_answer() {
    let place = Place::new();
    let (code, mut report) = place.explain_json("--request GET~/v1/admins --token mfa.jwt");
    assert_eq!(code, Some(1));
    let steps = report.as_object_mut().unwrap().remove("steps").unwrap();
    assert_eq!(
        report,
        json!({
            "decision": "deny",
            "reason": "claim-not-met",
            "detail": "claim `roles` does not hold what the policy wants",
            "status": 403,
            "headers": {
                "Request-Context": "appId=cid-v1:03ce8ca8-8373-4021-8f25-d5dd45c7b12f",
                "WWW-Authenticate": "Bearer error=\"insufficient_scope\"",
                "Content-Type": "application/problem+json",
            },
            "body": r#"{"type":"about:blank","title":"Forbidden","status":403,"error":"insufficient_scope"}"#,
            "route": "admins",
            "policy": "admins",
            "subject": "user",
            "upstream_headers": {},
        })
    );
    let names: Vec<_> = steps.as_array().unwrap().iter().map(|step| step["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["request", "path", "policy", "token", "trust", "subject", "mfa", "decision", "answer"]);
    assert_eq!(steps[0]["lines"], json!(["GET /v1/admins"]));

    let (code, mut report) = place.explain_json("--request GET~/v1/customers --token mfa.jwt");
    assert_eq!(code, Some(0));
    report.as_object_mut().unwrap().remove("steps");
    assert_eq!(
        report,
        json!({
            "decision": "allow",
            "reason": null,
            "detail": null,
            "status": null,
            "headers": {},
            "body": null,
            "route": "customers",
            "policy": "mfa",
            "subject": "user",
            "upstream_headers": {"x-mfa-gate-subject": "user"},
        })
    );
}

#[test]
fn what_jwt_authn_would_have_verified_is_said_to_be_unknown() {
    let place = Place::new();
    let gate = r#"{"issuers":[{"issuer":"https://issuer.example.com","audiences":["a"],"verified_by":{"metadata":"claims"}}],"default":"signed_in"}"#;
    place.write("gate.yaml", gate);
    let (code, report) = place.explain_json("--request GET~/ --token mfa.jwt");
    assert_eq!((code, &report["reason"]), (Some(1), &json!("token-missing")));
    assert_eq!(report["detail"], "jwt_authn's metadata hold no claims under `claims`; does it stand before the gate?");
    let token = report["steps"].as_array().unwrap().iter().find(|step| step["name"] == "token").unwrap();
    assert_eq!(token["lines"][0], "what jwt_authn leaves in its metadata under `claims` is not known here");
}

#[test]
fn each_stop_on_the_way_is_told() {
    let place = Place::new();
    place.mint("v2.jwt", r#""ver":"2.0""#);
    let app = r#""appidacr":"1","oid":"1","sub":"1""#;
    let claims = format!("{{{},{TIMES},{app}}}", USER.split(",\n    \"appidacr\"").next().unwrap());
    place.write("claims.json", &claims);
    place.write("app.jwt", &place.ok("mint token --key key.jwk --claims claims.json"));
    place.write("cut.jwt", place.read("mfa.jwt").trim_end().rsplit_once('.').unwrap().0);
    for (arguments, code, reason, last) in [
        ("/health", 0, json!(null), "not looked at"),
        ("/v1/customers", 1, json!("token-missing"), "`authorization` carries no token"),
        (
            "/v1/customers --header Authorization:~Basic~x",
            1,
            json!("token-missing"),
            "`authorization` carries no token",
        ),
        (
            "/v1/customers --token mfa.jwt --header Authorization:~Bearer~x",
            1,
            json!("token-ambiguous"),
            "`authorization` carries more than one token",
        ),
        (
            "/v1/customers --token cut.jwt",
            1,
            json!("token-malformed"),
            "the token is malformed: not three parts with a dot between",
        ),
        (
            "/v1/customers --token mfa.jwt --now 2026-01-31T12:31:00Z",
            1,
            json!("token-expired"),
            "expired 60 s ago, leeway 60 s",
        ),
        (
            "/v1/customers --token v2.jwt",
            1,
            json!("mfa-unknowable"),
            "for policy `mfa` that cannot be proof: an Entra v2.0 token has no amr",
        ),
        ("/v1/customers --token app.jwt", 0, json!(null), "policy `mfa` lets an app-only token pass without"),
        (
            "/v1/admins --token app.jwt",
            1,
            json!("app-only-not-allowed"),
            "claim `roles` absent; wanted: any of `AdminAgents`: not met",
        ),
        (
            "/v1/%zz --token mfa.jwt",
            1,
            json!("path-unreadable"),
            "the path has a `%` without two hexadecimal digits behind it",
        ),
    ] {
        let arguments =
            if arguments.contains("--now") { arguments.to_owned() } else { format!("{arguments} --now {NOW}") };
        let ran = place.run(&format!("explain --config gate.yaml --json --request GET~{arguments}"));
        let report: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!((ran.code, &report["reason"]), (Some(code), &reason), "{arguments}");
        let steps = report["steps"].as_array().unwrap();
        let before = steps.iter().position(|step| step["name"] == "decision").unwrap() - 1;
        assert_eq!(steps[before]["lines"].as_array().unwrap().last().unwrap(), last, "{arguments}");
    }
}

#[test]
fn the_token_is_never_shown() {
    let place = Place::new();
    let token = place.read("pwd.jwt");
    let token = token.trim_end();
    let mut shown = Vec::new();
    for json in ["", " --json"] {
        shown.push(place.explain(&format!("--request GET~/ --token pwd.jwt{json}")));
        shown.push(place.explain(&format!("--request GET~/ --header Authorization:~Bearer~{token}{json}")));
        shown.push(place.explain(&format!("--request GET~/ --header Authorization~Bearer~{token}{json}")));
    }
    for ran in shown {
        for part in token.split('.') {
            assert!(!ran.out.contains(part) && !ran.err.contains(part));
        }
    }
}

#[test]
fn a_token_comes_from_standard_input_and_in_the_header_that_is_configured() {
    let place = Place::new();
    let arguments = format!("explain --config gate.yaml --now {NOW} --request GET~/ --token -");
    assert_eq!(place.run_with(&arguments, &place.read("mfa.jwt")).code, Some(0));

    place.write("bare.yaml", &(place.read("gate.yaml") + "token: {headers: [x-access-token]}\n"));
    let ran = place.run(&format!("explain --config bare.yaml --now {NOW} --request GET~/ --token mfa.jwt"));
    assert!(ran.out.contains("token     `x-access-token` carries a token of"), "{}", ran.out);
    assert_eq!(ran.code, Some(0));
}

#[test]
fn the_policy_of_envoys_own_route_may_be_given() {
    let place = Place::new();
    let path_step = |arguments: &str| {
        let (code, report) = place.explain_json(&format!("{arguments} --route-policy public"));
        (code, report["steps"][1]["lines"].clone())
    };
    assert_eq!(
        path_step("--request GET~/v1/customers"),
        (
            Some(1),
            json!([
                "the policy of Envoy's route is not read: `envoy_route_metadata` is false",
                "`/v1/customers` falls to route `customers`, policy `mfa`"
            ])
        )
    );
    let config = place.read("gate.yaml");
    let (config, _) = config.split_once("upstream_headers").unwrap();
    place.write("gate.yaml", &format!("{config}envoy_route_metadata: true\n"));
    assert_eq!(path_step("--request GET~/v1/customers"), (Some(0), json!(["Envoy's route names policy `public`"])));
    let (code, ambiguous) = path_step("--request GET~/v1%2fcustomers");
    assert_eq!((code, &ambiguous[2]), (Some(1), &json!("`/v1/customers` falls to route `customers`, policy `mfa`")));
}

#[test]
fn a_configuration_may_be_json() {
    let place = Place::new();
    let jwks: Value = serde_json::from_str(&place.read("jwks.json")).unwrap();
    let issuer = json!({"issuer": "https://i", "audiences": ["a"], "jwks": {"inline": jwks}});
    place.write("gate.json", &json!({"issuers": [issuer], "default": "public"}).to_string());
    assert_eq!(place.run("explain --config gate.json --request GET~/").code, Some(0));

    place.write("gate.json", r#"{"default":"public","default":"signed_in"}"#);
    let err = place.wrong_use("explain --config gate.json --request GET~/");
    assert_eq!(err, "error: `gate.json`: member `default` appears twice at line 1 column 42\n");
}

#[test]
fn all_errors_of_a_configuration_are_shown_with_their_places() {
    let place = Place::new();
    let config =
        place.read("gate.yaml").replace("policy: public", "policy: publik").replace("default: mfa", "default: 1");
    place.write("gate.yaml", &config);
    assert_eq!(
        place.wrong_use("explain --config gate.yaml --request GET~/"),
        "error: `gate.yaml` is not a configuration\n\
         routes[0].policy: unknown policy `publik`; known: admins, mfa, public, signed_in\n\
         default: is a number, should be a string\n"
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
fn wrong_use_exits_with_2_and_says_what_would_be_right() {
    let place = Place::new();
    for (arguments, message) in [
        ("", "Usage: mfa-gate <COMMAND>"),
        ("mint", "Usage: mfa-gate mint <COMMAND>"),
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
        "error: --host: missing; routes of `hosts.yaml` go by host\n"
    );
    assert_eq!(place.run("explain --config hosts.yaml --request GET~/health --host a.example").code, Some(0));
    assert_eq!(place.run("explain --config hosts.yaml --request GET~/health --header Host:~b.example").code, Some(1));
}

#[test]
fn help_is_no_error() {
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
fn a_private_key_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let place = Place::empty();
    let jwks = place.ok("mint key --alg ES256 --out key.jwk");
    assert!(jwks.starts_with("{\n  \"keys\": ["), "{jwks}");
    assert_eq!(fs::metadata(place.path("key.jwk")).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_token_of_now_passes_and_one_without_times_does_not() {
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
