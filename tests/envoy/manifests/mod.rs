//! The manifests for Istio and Envoy Gateway: accepted by the CRDs, and by a real Envoy as the configuration that those make
//! of them. And the configuration for Docker Compose.
//!
//! The CRDs lie outside the repository; CRDS names another place for them. MANIFESTS names another place for the
//! manifests, as for those of a release.

mod crd;
mod deployment;

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use self::crd::Crds;
use self::deployment::{NAMES, folder, gateway, istio, manifest};
use crate::proxy::artifacts::module;
use crate::proxy::bootstrap::bootstrap;
use crate::proxy::envoy::Envoy;
use crate::proxy::http1::Connection;
use crate::proxy::listener::{self, Listener, Settings};
use crate::proxy::process::run_to_end;
use crate::proxy::upstream::Upstream;
use crate::stage::eventually;
use crate::support;
use crate::support::forge::Forge;
use crate::support::table::Sample;
use crate::support::tokens::now;

/// What would make a manifest wrong.
type Change = fn(&mut Value);

#[test]
fn the_crds_accept_the_manifests() {
    let folder = folder("CRDS", "../shared/crds");
    let Some(crds) = Crds::load(&folder) else {
        support::note(&format!("the CRDs are not at `{}`: no manifest was compared with one", folder.display()));
        return;
    };
    let mut unknown = Vec::new();
    for name in NAMES {
        match crds.problems(&manifest(name)) {
            Some(problems) => assert!(problems.is_empty(), "{name}:\n{}", problems.join("\n")),
            None => unknown.push(name),
        }
    }
    // Whoever brings its CRD has it compared.
    assert!(unknown.iter().all(|name| *name == NAMES[3]), "no CRD for {unknown:?}");
    for name in unknown {
        support::note(&format!("`{}` has no CRD for envoy/{name}: only Envoy was asked about it", folder.display()));
    }

    // What an API server refuses, this does too.
    let refusals: [(&str, Change, &str); 7] = [
        (NAMES[0], |plugin| plugin["spec"]["phase"] = json!("AUTH"), "\"AUTH\" is not one of"),
        (NAMES[0], |plugin| plugin["spec"]["sha256"] = json!("sha256:00"), "\"sha256:00\" does not match"),
        (NAMES[0], |plugin| plugin["spec"]["failStrategie"] = json!("FAIL_OPEN"), "'failStrategie' was unexpected"),
        (NAMES[0], |plugin| plugin["spec"]["url"] = json!("ftp://registry.example/x"), "url must have schema one of"),
        (
            NAMES[0],
            |plugin| plugin["spec"]["targetRef"] = json!({"kind": "Gateway", "name": "eg"}),
            "only one of targetRefs or selector can be set",
        ),
        (NAMES[2], |policy| policy["spec"]["wasm"][0]["code"]["type"] = json!("HTTP"), "If type is HTTP, http field"),
        (
            NAMES[2],
            |policy| policy["spec"]["targetRefs"][0]["kind"] = json!("Service"),
            "targetRefs[*].kind of Gateway",
        ),
    ];
    for (name, change, message) in refusals {
        let mut wrong = manifest(name);
        change(&mut wrong);
        let problems = crds.problems(&wrong).expect("a CRD");
        assert!(problems.iter().any(|problem| problem.contains(message)), "no `{message}` in {problems:?}");
    }
}

/// Whoever forgets to name the digest gets no image, rather than any.
#[test]
fn the_manifests_require_an_image_by_its_digest() {
    let version = concat!(":", env!("CARGO_PKG_VERSION"));
    let (plugin, policy) = (manifest(NAMES[0])["spec"].clone(), manifest(NAMES[2])["spec"].clone());
    let image = &policy["wasm"][0]["code"]["image"];
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    assert_eq!(text(&plugin["url"]), format!("oci://{}", text(&image["url"])));
    assert!(text(&plugin["url"]).ends_with(version));
    assert_eq!(plugin["sha256"], image["sha256"]);
    let expected = std::env::var("IMAGE_DIGEST").unwrap_or_else(|_| format!("sha256:{}", "0".repeat(64)));
    assert_eq!(format!("sha256:{}", text(&plugin["sha256"])), expected);
}

#[test]
fn the_filter_reads_the_configuration_of_the_manifests() {
    for (name, deployment) in [("istio", istio()), ("gateway", gateway())] {
        mfa_gate::config::parse(deployment.config.to_string().as_bytes())
            .unwrap_or_else(|errors| panic!("{name}: {errors}"));
        // Else no key is ever fetched.
        assert_eq!(deployment.config["issuers"][0]["jwks"]["cluster"], deployment.cluster["name"], "{name}");
    }
    assert_eq!(istio().config, gateway().config, "they deploy the same policy");
}

/// The shipped connection manager, and the whole shipped configuration.
fn shipped() -> (Value, Value) {
    let shipped = listener::shipped();
    let filter = shipped["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0].clone();
    (filter["typed_config"].clone(), shipped)
}

#[test]
fn the_lua_of_the_manifests_is_the_shipped_one() {
    let (manager, _) = shipped();
    let filters = manager["http_filters"].as_array().expect("the shipped filters");
    let lua = filters.iter().find(|filter| filter["name"] == "envoy.filters.http.lua").expect("the shipped Lua filter");
    let code = |filter: &Value| filter["typed_config"]["default_source_code"]["inline_string"].clone();
    for deployment in [istio(), gateway()] {
        assert_eq!(code(&deployment.lua), code(lua));
    }
}

#[test]
fn labels_and_access_log_of_the_manifests_are_the_shipped_ones() {
    let (manager, shipped) = shipped();
    for deployment in [istio(), gateway()] {
        assert_eq!(deployment.stats_config, shipped["stats_config"]);
        assert_eq!(deployment.log_format, manager["access_log"][0]["typed_config"]["log_format"]);
    }
}

/// With the cluster and the trusted CA as they stand.
#[test]
fn envoy_accepts_the_configuration_that_the_manifests_become() {
    let upstream = [("upstream", std::net::SocketAddr::from(([127, 0, 0, 1], 9)))];
    for (name, deployment) in [("istio", istio()), ("gateway", gateway())] {
        let listener = Listener::new("gate", Settings::Shipped, json!({}));
        let mut bootstrap =
            bootstrap(&[listener], &upstream, None, "/dev/null".as_ref()).unwrap_or_else(|error| panic!("{error}"));
        deployment.lay_over(&mut bootstrap, "/dev/null".as_ref());
        let (code, log) = run_to_end(&bootstrap, &["--mode", "validate"]).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(code, Some(0), "{name}: {log}");
    }
}

/// `make compose` runs it, where a Docker daemon may be started.
#[test]
fn envoy_accepts_the_configuration_for_docker_compose() {
    let rendered = Command::new(support::repository("envoy/compose/render.sh"))
        .arg(support::repository("envoy/envoy.yaml"))
        .output()
        .expect("bash");
    assert!(rendered.status.success(), "{}", String::from_utf8_lossy(&rendered.stderr));
    let text = String::from_utf8(rendered.stdout).expect("text");
    let module = module().unwrap_or_else(|error| panic!("{error}"));
    let text = text.replace("/etc/mfa-gate/mfa_gate.wasm", module.to_str().expect("a path in UTF-8"));
    let bootstrap: Value = serde_saphyr::from_str(&text).expect("YAML");
    let (code, log) = run_to_end(&bootstrap, &["--mode", "validate"]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(code, Some(0), "{log}");

    // A configuration that it was not written for.
    let rendered = Command::new(support::repository("envoy/compose/render.sh"))
        .arg(support::repository("Cargo.toml"))
        .output()
        .expect("bash");
    assert_eq!(rendered.status.code(), Some(1));
    let message = String::from_utf8_lossy(&rendered.stderr);
    assert!(message.ends_with("`address: 127.0.0.1, port_value: 10000` is not there once\n"), "{message}");
}

#[test]
fn envoy_answers_as_the_manifests_say() {
    let forge = Forge::new();
    let sample = Sample::load(&forge, "partner-center.yaml");
    let now = now();
    let mint = |token: &str| sample.mint(&forge, &json!({"from": token}), now);
    for (name, mut deployment) in [("istio", istio()), ("gateway", gateway())] {
        // In the place of the issuer's own, which the forge cannot sign by.
        deployment.config["issuers"][0]["jwks"] =
            json!({"inline": {"keys": [forge.jwk("rsa").expect("a key of the forge")]}});
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("access.log");
        let listener = Listener::new("gate", Settings::Shipped, json!({}));
        let change = |bootstrap: &mut Value| deployment.lay_over(bootstrap, &log);
        let envoy = Envoy::start_changed(&[listener], Upstream::start(), change)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let ask = |path: &str, token: Option<Vec<u8>>| {
            let mut request = format!("GET {path} HTTP/1.1\r\nhost: api.example\r\n").into_bytes();
            if let Some(token) = token {
                request.extend([b"authorization: Bearer ", token.as_slice(), b"\r\n"].concat());
            }
            request.extend(b"\r\n");
            let response = Connection::new(envoy.address("gate")).request(&request).expect("an answer");
            String::from_utf8(response.head).expect("text")
        };
        let allowed = "HTTP/1.1 200 OK\r\n";
        assert!(ask("/v1/customers", Some(mint("good"))).starts_with(allowed), "{name}");
        assert!(ask("/v1/customers", Some(mint("app"))).starts_with(allowed), "{name}");
        assert!(ask("/health", None).starts_with(allowed), "{name}");
        assert!(ask("/v1/orders", Some(mint("app"))).starts_with("HTTP/1.1 403 Forbidden\r\n"), "{name}");
        assert!(ask("/v1/customers", None).starts_with("HTTP/1.1 401 Unauthorized\r\n"), "{name}");
        let without = ask("/v1/customers", Some(mint("without-mfa")));
        let bytes = "HTTP/1.1 401 Unauthorized - MFA required\r\n\
            Request-Context: appId=cid-v1:03ce8ca8-8373-4021-8f25-d5dd45c7b12f\r\n\
            WWW-Authenticate: Bearer error=\"invalid_token\"\r\n";
        assert!(without.starts_with(bytes), "{name}: {without}");
        assert_logged(&log);
        assert_counted(&envoy);
    }
}

/// Each of those requests has its line, and `mfa-gate report` reads them.
fn assert_logged(log: &Path) {
    let mut lines: Vec<Value> = Vec::new();
    eventually("six lines of the access log", || {
        let text = std::fs::read_to_string(log).unwrap_or_default();
        // The last may be half written.
        lines = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        lines.len() == 6
    });
    let record = |path: &str, status: u64, subject: &str| {
        let of_it = |line: &&Value| {
            line["path"] == path
                && line["status"] == status
                && line["mfa_gate"]["value"]["subject"].as_str().unwrap_or("") == subject
        };
        let line = lines.iter().find(of_it).unwrap_or_else(|| panic!("no line of {path}: {lines:?}"));
        ["decision", "reason", "route", "policy", "mfa"]
            .map(|field| line["mfa_gate"]["value"][field].as_str().unwrap_or(""))
    };
    assert_eq!(record("/v1/customers", 200, "user"), ["allow", "", "customers_api", "mfa_or_app", "proven"]);
    assert_eq!(record("/v1/customers", 401, "user"), ["deny", "mfa-missing", "customers_api", "mfa_or_app", "missing"]);
    assert_eq!(record("/v1/customers", 401, ""), ["deny", "token-missing", "customers_api", "mfa_or_app", ""]);
    assert_eq!(record("/v1/orders", 403, "app"), ["deny", "app-only-not-allowed", "", "mfa", ""]);
    assert_eq!(record("/health", 200, ""), ["allow", "", "health", "public", ""]);

    let readme = std::fs::read_to_string(support::repository("envoy/monitoring.md")).expect("envoy/monitoring.md");
    let shown = readme.lines().find(|line| line.starts_with("{\"address\"")).expect("a line of the access log");
    let shown: Value = serde_json::from_str(shown).expect("JSON");
    let denied = lines.iter().find(|line| line["mfa_gate"]["value"]["reason"] == "mfa-missing").expect("its line");
    assert_eq!(fields(&shown), fields(denied));
    assert_eq!(fields(&shown["mfa_gate"]["value"]), fields(&denied["mfa_gate"]["value"]));

    let report = Command::new(env!("CARGO_BIN_EXE_mfa-gate")).arg("report").arg(log).output().expect("mfa-gate");
    let report = String::from_utf8(report.stdout).expect("text");
    assert!(report.contains("1 of 2 requests by users prove MFA"), "{report}");
}

fn fields(object: &Value) -> Vec<&str> {
    object.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// Prometheus finds them under their labels.
fn assert_counted(envoy: &Envoy) {
    let statistics = || {
        let request = b"GET /stats/prometheus HTTP/1.1\r\nhost: admin\r\n\r\n";
        let response = Connection::new(envoy.admin).request(request).expect("statistics");
        String::from_utf8_lossy(&response.answer.body).into_owned()
    };
    let issuer = "https://sts.windows.net/{tid}/";
    for line in [
        format!(
            r#"mfa_gate_requests_total{{decision="allow",route="customers_api",policy="mfa_or_app",issuer="{issuer}",subject="user",mfa="proven"}} 1"#
        ),
        format!(
            r#"mfa_gate_requests_total{{decision="deny",reason="app-only-not-allowed",policy="mfa",issuer="{issuer}",subject="app"}} 1"#
        ),
        r#"mfa_gate_requests_total{decision="allow",route="health",policy="public"} 1"#.to_owned(),
        r#"mfa_gate_verified_tokens_total{source="signature"} 3"#.to_owned(),
    ] {
        eventually(&line, || statistics().lines().any(|counted| counted == line));
    }
}

#[test]
fn envoy_loads_the_first_api_of_the_readme() {
    let text = std::fs::read_to_string(support::repository("envoy/first-api.yaml")).expect("envoy/first-api.yaml");
    let module = module().expect("the module");
    let text = text.replace("target/mfa_gate.wasm", &module.display().to_string());
    let bootstrap: Value = serde_saphyr::from_str(&text).expect("YAML");
    let (code, log) = run_to_end(&bootstrap, &["--mode", "validate"]).expect("Envoy");
    assert!(code == Some(0) && log.contains("loaded its configuration: 1 issuers"), "{log}");
}
