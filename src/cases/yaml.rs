//! YAML, read in the one way that all readers of it share.

use anyhow::{Result, anyhow};
use serde::de::DeserializeOwned;

/// What only some YAML readers take for true, or for a merge, would make two configurations of one text.
pub fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        strict_booleans: true,
        merge_keys: serde_saphyr::MergeKeyPolicy::Error,
        with_snippet: false,
    }
}

/// A parser's error for people, with line and column.
pub fn error(error: &serde_saphyr::Error) -> anyhow::Error {
    anyhow!(error.render_with_formatter(&serde_saphyr::UserMessageFormatter))
}

/// Reads one document.
///
/// # Errors
///
/// It is no YAML, or not what was wanted.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_saphyr::from_str_with_options(text, options()).map_err(|found| error(&found))
}
