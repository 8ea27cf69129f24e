//! The Envoy configuration that istiod and Envoy Gateway make of the manifests.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::proxy::artifacts::module;
use crate::support;

pub(super) const NAMES: [&str; 4] = [
    "istio/wasm-plugin.yaml",
    "istio/envoy-filter.yaml",
    "gateway/envoy-extension-policy.yaml",
    "gateway/envoy-proxy.yaml",
];

/// The folder at a variable, or a default in the repository.
pub(super) fn folder(variable: &str, default: &str) -> PathBuf {
    std::env::var_os(variable).map_or_else(|| support::repository(default), PathBuf::from)
}

/// The only document of a manifest.
pub(super) fn manifest(name: &str) -> Value {
    let mut documents = support::documents(&folder("MANIFESTS", "envoy").join(name));
    assert_eq!(documents.len(), 1, "{name}");
    documents.remove(0)
}

/// The configuration of the filter, and the parts of Envoy that come with it.
pub(super) struct Deployment {
    pub config: Value,
    pub lua: Value,
    wasm: Value,
    pub cluster: Value,
    pub stats_config: Value,
    /// The format of the access log's lines.
    pub log_format: Value,
    /// The statistics that are kept; null for all.
    stats_matcher: Value,
}

/// The deployment by istiod: the plugin's configuration as a JSON string, no `vm_id`, the plugin named by the resource, and
/// the patches applied.
pub(super) fn istio() -> Deployment {
    let plugin = manifest(NAMES[0])["spec"].clone();
    let filter = manifest(NAMES[1]);
    let patch = |kind: &str, operation: &str| {
        let patches = filter["spec"]["configPatches"].as_array().expect("patches");
        let found: Vec<_> = patches.iter().filter(|patch| patch["applyTo"] == kind).collect();
        assert_eq!(found.len(), 1, "{kind}");
        assert_eq!(found[0]["patch"]["operation"], operation);
        found[0]["patch"]["value"].clone()
    };
    assert_eq!(plugin["failStrategy"], "FAIL_CLOSE");
    let wasm = json!({
        "name": "istio-system.mfa-gate",
        "root_id": plugin["pluginName"],
        "failure_policy": "FAIL_CLOSED",
        "vm_config": {"environment_variables": {"key_values": {"ISTIO_META_WASM_PLUGIN_RESOURCE_VERSION": "1"}}},
    });
    let mut log = patch("NETWORK_FILTER", "MERGE")["typed_config"]["access_log"][0].take();
    assert_eq!(log["name"], "envoy.access_loggers.stdout");
    // The statistics that Istio's bootstrap keeps by default.
    let kept = ["reporter=", "cluster_manager", "listener_manager", "server", "cluster.xds-grpc", "wasm", "component"];
    let kept: Vec<_> = kept.iter().map(|prefix| json!({"prefix": prefix})).collect();
    Deployment {
        config: plugin["pluginConfig"].clone(),
        lua: patch("HTTP_FILTER", "INSERT_FIRST"),
        wasm,
        cluster: patch("CLUSTER", "ADD"),
        stats_config: patch("BOOTSTRAP", "MERGE")["stats_config"].take(),
        log_format: log["typed_config"]["log_format"].take(),
        stats_matcher: json!({"inclusion_list": {"patterns": kept}}),
    }
}

/// The deployment by Envoy Gateway: Lua before Wasm, `vm_id` from the policy's name, and the bootstrap merged.
pub(super) fn gateway() -> Deployment {
    let policy = manifest(NAMES[2])["spec"].clone();
    let proxy = manifest(NAMES[3])["spec"].clone();
    assert_eq!(proxy["bootstrap"]["type"], "Merge");
    let merged: Value = serde_saphyr::from_str(proxy["bootstrap"]["value"].as_str().expect("YAML")).expect("YAML");
    let log = &proxy["telemetry"]["accessLog"]["settings"][0];
    assert_eq!((&log["format"]["type"], &log["sinks"][0]["type"]), (&json!("JSON"), &json!("File")));
    assert_eq!(log["sinks"][0]["file"]["path"], "/dev/stdout");
    let wasm = &policy["wasm"][0];
    assert_eq!(wasm["failOpen"], false);
    Deployment {
        config: wasm["config"].clone(),
        lua: json!({
            "name": "envoy.filters.http.lua/envoyextensionpolicy/default/mfa-gate/lua/0",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
                "default_source_code": {"inline_string": policy["lua"][0]["inline"]},
            },
        }),
        wasm: json!({
            "name": wasm["name"],
            "root_id": wasm["rootID"],
            "fail_open": false,
            "vm_config": {"vm_id": "envoyextensionpolicy/default/mfa-gate/wasm/0"},
        }),
        cluster: merged["static_resources"]["clusters"][0].clone(),
        stats_config: merged["stats_config"].clone(),
        log_format: json!({"json_format": log["format"]["json"]}),
        stats_matcher: Value::Null,
    }
}

impl Deployment {
    /// Replaces the shipped filters in a bootstrap by it, and writes the access log to a file.
    pub(super) fn lay_over(&self, bootstrap: &mut Value, log: &Path) {
        bootstrap["stats_config"] = self.stats_config.clone();
        if !self.stats_matcher.is_null() {
            bootstrap["stats_config"]["use_all_default_tags"] = json!(false);
            bootstrap["stats_config"]["stats_matcher"] = self.stats_matcher.clone();
        }
        let resources = &mut bootstrap["static_resources"];
        resources["clusters"].as_array_mut().expect("clusters").push(self.cluster.clone());
        let manager = &mut resources["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"];
        let router = manager["http_filters"].as_array().and_then(|filters| filters.last()).expect("a router").clone();
        let mut wasm = self.wasm.clone();
        wasm["vm_config"]["runtime"] = json!("envoy.wasm.runtime.v8");
        wasm["vm_config"]["code"] = json!({"local": {"filename": module().unwrap_or_else(|error| panic!("{error}"))}});
        wasm["configuration"] = json!({
            "@type": "type.googleapis.com/google.protobuf.StringValue", "value": self.config.to_string(),
        });
        let wasm = json!({
            "name": "extension",
            "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm", "config": wasm},
        });
        manager["http_filters"] = json!([self.lua, wasm, router]);
        manager["access_log"].as_array_mut().expect("an access log").push(json!({
            "name": "envoy.access_loggers.file",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
                "path": log,
                "log_format": self.log_format,
            },
        }));
    }
}
