//! The access log, by the id of each request.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::process::read_from;

/// Maximum delay of a line of the access log.
const LOG: Duration = Duration::from_secs(20);

/// One line of the access log.
#[derive(Debug, Clone)]
pub(crate) struct Logged {
    pub code: u64,
    pub details: String,
    /// The whole line.
    pub line: Value,
}

/// The access log of one Envoy.
pub(crate) struct AccessLog {
    path: PathBuf,
    read: Mutex<Read>,
}

/// The part of the log that was read.
#[derive(Default)]
struct Read {
    bytes: u64,
    lines: HashMap<String, Logged>,
}

impl AccessLog {
    /// The log at this path, which need not exist yet.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path, read: Mutex::default() }
    }

    /// Waits for the line of the request with this id.
    pub(crate) fn line(&self, id: &str) -> Option<Logged> {
        let deadline = Instant::now() + LOG;
        loop {
            let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(logged) = read.lines.get(id) {
                return Some(logged.clone());
            }
            let fresh = read_from(&self.path, read.bytes);
            let whole = fresh.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
            read.bytes += u64::try_from(whole).expect("64 bits");
            for line in fresh[..whole].split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
                let line: Value = serde_json::from_slice(line).expect("a line of the access log is JSON");
                let logged = Logged {
                    code: line["status"].as_u64().unwrap_or_default(),
                    details: line["details"].as_str().unwrap_or_default().to_owned(),
                    line,
                };
                read.lines.insert(logged.line["id"].as_str().unwrap_or_default().to_owned(), logged);
            }
            if whole == 0 {
                if Instant::now() > deadline {
                    return None;
                }
                drop(read);
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }
}
