//! A running Envoy.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::access_log::{AccessLog, Logged};
use super::bootstrap::bootstrap;
use super::http1::Connection;
use super::listener::Listener;
use super::process::{START, command, read_from};
use super::upstream::Upstream;
use super::xds::{XDS, write_xds};

/// How an Envoy is started.
#[derive(Default)]
pub(crate) struct Setup<'a> {
    pub workers: usize,
    /// Clusters in addition to `upstream`.
    pub others: &'a [(&'a str, SocketAddr)],
    pub grpc: Option<SocketAddr>,
    /// Further clusters, in Envoy's own format.
    pub clusters: Vec<Value>,
    /// Whether xDS delivers the listeners, so that they can be replaced.
    pub by_xds: bool,
    /// Environment variables for Envoy only.
    pub environment: Vec<(&'static str, PathBuf)>,
}

/// A running Envoy. It stops when the test ends.
pub(crate) struct Envoy {
    process: Child,
    watchdog: Child,
    folder: TempDir,
    ports: HashMap<String, SocketAddr>,
    pub admin: SocketAddr,
    access_log: AccessLog,
    pub upstream: Upstream,
}

impl Envoy {
    /// Starts an Envoy with one worker and waits until it serves. `upstream` is the cluster of that name; `others` and `grpc`
    /// are further ones.
    pub(crate) fn start(
        listeners: &[Listener],
        upstream: Upstream,
        others: &[(&str, SocketAddr)],
        grpc: Option<SocketAddr>,
    ) -> Result<Self, String> {
        Self::start_with(1, listeners, upstream, others, grpc)
    }

    /// The same with this number of workers.
    pub(crate) fn start_with(
        workers: usize,
        listeners: &[Listener],
        upstream: Upstream,
        others: &[(&str, SocketAddr)],
        grpc: Option<SocketAddr>,
    ) -> Result<Self, String> {
        Self::start_as(Setup { workers, others, grpc, ..Setup::default() }, listeners, upstream)
    }

    /// Like [`Self::start`], with these changes to the bootstrap.
    pub(crate) fn start_changed(
        listeners: &[Listener],
        upstream: Upstream,
        change: impl FnOnce(&mut Value),
    ) -> Result<Self, String> {
        Self::start_from(Setup { workers: 1, ..Setup::default() }, listeners, upstream, change)
    }

    /// The same with this setup.
    pub(crate) fn start_as(setup: Setup<'_>, listeners: &[Listener], upstream: Upstream) -> Result<Self, String> {
        Self::start_from(setup, listeners, upstream, |_| {})
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
            // Drain time of connections after their configuration is replaced. The default is ten minutes.
            command.args(["--drain-time-s", "2"]);
        }
        command.envs(setup.environment);
        let process =
            command.arg("--admin-address-path").arg(path("admin")).spawn().map_err(|error| error.to_string())?;
        // Statics of a test are never dropped, but the pipe of this shell is closed in any case.
        let watchdog = Command::new("sh")
            .args(["-c", &format!("read _; kill -9 {}", process.id())])
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut envoy = Self {
            process,
            watchdog,
            ports: HashMap::new(),
            admin: SocketAddr::from(([127, 0, 0, 1], 0)),
            access_log: AccessLog::at(folder.path().join("access.log")),
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

    /// The number of listeners with a port.
    fn read_ports(&mut self) -> Option<usize> {
        self.admin = std::fs::read_to_string(self.folder.path().join("admin")).ok()?.parse().ok()?;
        let ready = Connection::new(self.admin).request(b"GET /ready HTTP/1.1\r\nhost: admin\r\n\r\n").ok()?;
        if ready.answer.status != 200 {
            return None;
        }
        let response =
            Connection::new(self.admin).request(b"GET /listeners?format=json HTTP/1.1\r\nhost: admin\r\n\r\n").ok()?;
        let listeners: Value = serde_json::from_slice(&response.answer.body).ok()?;
        for status in listeners["listener_statuses"].as_array()? {
            let port = status["local_address"]["socket_address"]["port_value"].as_u64()?;
            let port = u16::try_from(port).ok()?;
            self.ports.insert(status["name"].as_str()?.to_owned(), SocketAddr::from(([127, 0, 0, 1], port)));
        }
        Some(self.ports.len())
    }

    /// Replaces the listeners by xDS. Envoy applies them later.
    pub(crate) fn replace(&self, listeners: &[Listener]) {
        write_xds(self.folder.path(), listeners).unwrap_or_else(|error| panic!("{error}"));
    }

    /// The process id.
    pub(crate) fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// The address of a listener.
    pub(crate) fn address(&self, listener: &str) -> SocketAddr {
        *self.ports.get(listener).unwrap_or_else(|| panic!("no listener `{listener}`"))
    }

    /// The line of the access log for the request with this id.
    pub(crate) fn logged(&self, id: &str) -> Option<Logged> {
        self.access_log.line(id)
    }

    /// Envoy's log from this offset.
    pub(crate) fn log_from(&self, start: u64) -> Vec<u8> {
        read_from(&self.folder.path().join("log"), start)
    }

    /// The length of Envoy's log.
    pub(crate) fn log_length(&self) -> u64 {
        std::fs::metadata(self.folder.path().join("log")).map_or(0, |metadata| metadata.len())
    }

    fn log_tail(&self) -> String {
        let log = self.log_from(self.log_length().saturating_sub(8000));
        String::from_utf8_lossy(&log).into_owned()
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        // Errors are ignored: the files may not exist.
        self.watchdog.kill().ok();
        self.watchdog.wait().ok();
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
