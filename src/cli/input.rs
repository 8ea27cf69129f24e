//! Reads the files that the command line names.

use std::io::{self, Read as _};
use std::path::Path;

use anyhow::{Context, Result};

/// Reads the file at `path`; `-` is standard input.
pub(crate) fn read(path: &Path) -> Result<String> {
    let text = if is_standard(path) {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    text.with_context(|| name(path))
}

/// The name of a file in messages.
pub(crate) fn name(path: &Path) -> String {
    match is_standard(path) {
        true => plain_name(path),
        false => format!("`{}`", path.display()),
    }
}

/// The name of a file without backticks, for places.
pub(crate) fn plain_name(path: &Path) -> String {
    if is_standard(path) { "standard input".to_owned() } else { path.display().to_string() }
}

fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
}
