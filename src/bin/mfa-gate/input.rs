//! Reading what the command line names.

use std::io::{self, Read as _};
use std::path::Path;

use anyhow::{Context, Result};

/// The text of the file at `path`; `-` is standard input.
pub fn read(path: &Path) -> Result<String> {
    let text = if path == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    text.with_context(|| name(path))
}

/// The file as messages name it.
pub fn name(path: &Path) -> String {
    match path == Path::new("-") {
        true => "standard input".to_owned(),
        false => format!("`{}`", path.display()),
    }
}
