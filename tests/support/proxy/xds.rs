//! Listeners delivered by xDS, from a file.

use std::path::Path;

use serde_json::json;

use super::listener::{Listener, rendered};

/// Envoy reads its listeners from this file, and reads it again when it is replaced.
pub(super) const XDS: &str = "listeners.json";

pub(super) fn write_xds(folder: &Path, listeners: &[Listener]) -> Result<(), String> {
    let mut resources = rendered(listeners, &folder.join("access.log"))?;
    for listener in &mut resources {
        listener["@type"] = json!("type.googleapis.com/envoy.config.listener.v3.Listener");
    }
    let written = folder.join("listeners.written");
    std::fs::write(&written, json!({"resources": resources}).to_string())
        .and_then(|()| std::fs::rename(&written, folder.join(XDS)))
        .map_err(|error| format!("{}: {error}", written.display()))
}
