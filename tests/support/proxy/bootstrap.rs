//! The bootstrap of an Envoy.

use std::net::SocketAddr;
use std::path::Path;

use serde_json::{Value, json};

use super::listener::{Listener, address, rendered, shipped};

/// The bootstrap.
pub(crate) fn bootstrap(
    listeners: &[Listener],
    upstreams: &[(&str, SocketAddr)],
    grpc: Option<SocketAddr>,
    access_log: &Path,
) -> Result<Value, String> {
    let listeners = rendered(listeners, access_log)?;
    let cluster = |name: &str, to: SocketAddr, protocol: Value| {
        let endpoint = json!({"endpoint": {"address": address(to.port())}});
        json!({
            "name": name,
            "connect_timeout": "5s",
            "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
            "typed_extension_protocol_options": {
                "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                    "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                    "explicit_http_config": protocol,
                },
            },
        })
    };
    let http1 = json!({"http_protocol_options": {"enable_trailers": true}});
    let mut clusters: Vec<Value> = upstreams.iter().map(|(name, to)| cluster(name, *to, http1.clone())).collect();
    clusters.extend(grpc.map(|grpc| cluster("grpc", grpc, json!({"http2_protocol_options": {}}))));
    Ok(json!({
        "admin": {"address": address(0)},
        "stats_config": shipped()["stats_config"],
        "static_resources": {"listeners": listeners, "clusters": clusters},
    }))
}
