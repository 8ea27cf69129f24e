//! Runs Envoy processes.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::artifacts::binary;

/// Timeout of Envoy's start. Compiling the module takes most of the time.
pub(super) const START: Duration = Duration::from_secs(60);

/// Runs Envoy with a bootstrap until it exits. Returns its exit code and its log.
pub(crate) fn run_to_end(bootstrap: &Value, arguments: &[&str]) -> Result<(Option<i32>, String), String> {
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

pub(super) fn command(config: &Path, log: &Path, workers: usize) -> Result<Command, String> {
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

/// The content of a file from an offset; empty if the file does not exist yet.
pub(super) fn read_from(path: &Path, start: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Ok(mut file) = File::open(path) {
        file.seek(SeekFrom::Start(start)).and_then(|_| file.read_to_end(&mut bytes)).expect("reading a log");
    }
    bytes
}
