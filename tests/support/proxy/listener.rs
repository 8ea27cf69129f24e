//! A listener with the gate: the shipped one with the changes of a test.

use std::path::Path;

use serde_json::{Value, json};

use super::artifacts::module;
use crate::support::cases::merge::merge;
use crate::support::{repository, yaml};

/// How a listener differs from the shipped one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Settings {
    /// Only in ports, keys and policies.
    Shipped,
    /// Envoy itself changes and refuses less: no normalised paths, no refused names, longer headers; upgrades and CONNECT
    /// reach the filter.
    Bare,
}

/// The protobuf message that contains the filter's configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Carrier {
    StringValue,
    Struct,
}

/// A listener to start.
#[derive(Debug, Clone)]
pub(crate) struct Listener {
    pub name: String,
    pub settings: Settings,
    pub carrier: Carrier,
    /// The filter's configuration.
    pub config: Value,
    /// Policies that Envoy's routes name, each for the requests whose `x-test-route` is its index.
    pub route_policies: Vec<Value>,
    /// Routes before the others.
    pub routes: Vec<Value>,
    /// Filters before the gate.
    pub filters: Vec<Value>,
    /// Changes to the filter's `PluginConfig` (JSON Merge Patch).
    pub plugin: Value,
}

impl Listener {
    /// The shipped listener with these settings and this configuration.
    pub(crate) fn new(name: &str, settings: Settings, config: Value) -> Self {
        let name = name.to_owned();
        Self {
            name,
            settings,
            carrier: Carrier::StringValue,
            config,
            route_policies: Vec::new(),
            routes: Vec::new(),
            filters: Vec::new(),
            plugin: json!({}),
        }
    }
}

/// The shipped configuration.
pub(crate) fn shipped() -> Value {
    yaml(&repository("envoy/envoy.yaml"))
}

/// The shipped listener's connection manager.
fn shipped_manager() -> Value {
    shipped()["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"].clone()
}

/// The connection manager of a listener.
fn manager(listener: &Listener, module: &Path, access_log: &Path) -> Value {
    let mut manager = shipped_manager();
    manager["stat_prefix"] = json!(listener.name);
    let mut format = manager["access_log"][0]["typed_config"]["log_format"].clone();
    format["json_format"]["id"] = json!("%REQ(X-TEST-ID)%");
    manager["access_log"] = json!([{
        "name": "envoy.access_loggers.file",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
            "path": access_log,
            "log_format": format,
        },
    }]);
    let filters = manager["http_filters"].as_array_mut().expect("the shipped filters");
    let filter =
        filters.iter_mut().find(|filter| filter["name"] == "envoy.filters.http.wasm").expect("the shipped wasm filter");
    let plugin = &mut filter["typed_config"]["config"];
    plugin["vm_config"]["code"]["local"]["filename"] = json!(module);
    // Text that is not JSON is passed on unchanged.
    let text = listener.config.as_str().map_or_else(|| listener.config.to_string(), str::to_owned);
    plugin["configuration"] = match listener.carrier {
        Carrier::StringValue => json!({
            "@type": "type.googleapis.com/google.protobuf.StringValue", "value": text,
        }),
        Carrier::Struct => json!({"@type": "type.googleapis.com/google.protobuf.Struct", "value": listener.config}),
    };
    // The filter must not reload after a trap, so that the test sees the trap.
    plugin["failure_policy"] = json!("FAIL_CLOSED");
    merge(plugin, &listener.plugin);
    let gate = filters.iter().position(|filter| filter["name"] == "envoy.filters.http.wasm").expect("the wasm filter");
    filters.splice(gate..gate, listener.filters.clone());
    if listener.settings == Settings::Bare {
        manager["normalize_path"] = json!(false);
        manager["merge_slashes"] = json!(false);
        manager["strip_any_host_port"] = json!(false);
        manager["strip_trailing_host_dot"] = json!(false);
        manager["path_with_escaped_slashes_action"] = json!("KEEP_UNCHANGED");
        manager["max_request_headers_kb"] = json!(96);
        manager["common_http_protocol_options"]["headers_with_underscores_action"] = json!("ALLOW");
        manager["http_protocol_options"] = json!({"enable_trailers": true});
        manager["http2_protocol_options"]["allow_connect"] = json!(true);
        manager["upgrade_configs"] = json!([{"upgrade_type": "websocket"}, {"upgrade_type": "CONNECT"}]);
    }
    let mut routes = listener.routes.clone();
    routes.extend(listener.route_policies.iter().enumerate().map(|(index, policy)| {
        let header = json!({"name": "x-test-route", "string_match": {"exact": index.to_string()}});
        json!({
            "match": {"prefix": "/", "headers": [header]},
            "route": {"cluster": "upstream"},
            "metadata": {"filter_metadata": {"mfa_gate": {"policy": policy}}},
        })
    }));
    routes.push(json!({"match": {"prefix": "/"}, "route": {"cluster": "upstream"}}));
    routes.push(json!({"match": {"connect_matcher": {}}, "route": {"cluster": "upstream"}}));
    manager["route_config"] = json!({"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}]});
    manager
}

pub(super) fn address(port: u16) -> Value {
    json!({"socket_address": {"address": "127.0.0.1", "port_value": port}})
}

/// The listeners in Envoy's own format.
pub(super) fn rendered(listeners: &[Listener], access_log: &Path) -> Result<Vec<Value>, String> {
    let module = module()?;
    let render = |listener: &Listener| {
        json!({
            "name": listener.name,
            "address": address(0),
            "filter_chains": [{"filters": [{
                "name": "envoy.filters.network.http_connection_manager",
                "typed_config": manager(listener, &module, access_log),
            }]}],
        })
    };
    Ok(listeners.iter().map(render).collect())
}
