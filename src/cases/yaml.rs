//! Reads YAML, with the same options everywhere.

use anyhow::{Result, anyhow};
use serde::de::DeserializeOwned;

/// The options of the parser. They reject syntax that YAML parsers interpret differently: `yes` as a boolean, and merge keys.
pub fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        strict_booleans: true,
        merge_keys: serde_saphyr::MergeKeyPolicy::Error,
        with_snippet: false,
    }
}

/// The message of a parser's error, with line and column.
pub fn error(error: &serde_saphyr::Error) -> anyhow::Error {
    anyhow!(error.render_with_formatter(&serde_saphyr::UserMessageFormatter))
}

/// Reads one document.
///
/// # Errors
///
/// The text is not YAML, or does not match the type.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_saphyr::from_str_with_options(text, options()).map_err(|found| error(&found))
}
