//! YAML and JSON with the position of every value in its file, so that a message can point at a line.

mod embedded;
mod json;
mod located;
mod node;
mod syntax;
mod yaml;

use std::ops::Range;

pub(crate) use located::Located;
pub(crate) use syntax::{SyntaxError, line_and_column};

impl Located {
    /// Parses the documents of a text, as YAML or JSON.
    ///
    /// # Errors
    ///
    /// A syntax error, a duplicate key, or nesting deeper than 64 levels.
    pub(crate) fn read(text: &str) -> Result<Vec<Self>, SyntaxError> {
        if !text.trim_start().starts_with(['{', '[']) {
            return yaml::read(text).map(|documents| documents.into_iter().map(Self::from).collect());
        }
        // A text that is not JSON may be YAML in flow style. If it is neither, the error for JSON is the useful one.
        let not_json = match Self::read_json(text) {
            Ok(located) => return Ok(vec![located]),
            Err(syntax) => syntax,
        };
        let documents = yaml::read(text).map_err(|_| not_json)?;
        Ok(documents.into_iter().map(Self::from).collect())
    }

    /// Parses JSON.
    ///
    /// # Errors
    ///
    /// Invalid JSON, a duplicate member, or nesting deeper than 64 levels.
    pub(crate) fn read_json(text: &str) -> Result<Self, SyntaxError> {
        json::read(text).map(Self::from)
    }

    /// Parses the JSON in a string of a YAML or JSON file.
    ///
    /// `within` is the position of the string in `file`. The positions of the result are positions in the file. They are exact
    /// in a block scalar (`|`) and in a one-line string without escapes; in any other string each is the whole string.
    ///
    /// # Errors
    ///
    /// As for [`Self::read_json`].
    pub(crate) fn read_embedded(text: &str, file: &str, within: Range<usize>) -> Result<Self, SyntaxError> {
        embedded::read(text, file, within)
    }
}

#[cfg(test)]
mod tests;
