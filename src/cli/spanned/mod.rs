//! YAML and JSON with the position of every value in its file, so that a message can point at a line.

mod embedded;
mod json;
mod located;
mod node;
mod syntax;
mod yaml;

use std::ops::Range;

pub use located::Located;
pub use syntax::{SyntaxError, line_and_column};

impl Located {
    /// Reads the documents of a text: YAML, of which JSON is nearly a part.
    ///
    /// # Errors
    ///
    /// What a parser says, a key twice, or nesting beyond any use.
    pub fn read(text: &str) -> Result<Vec<Self>, SyntaxError> {
        if !text.trim_start().starts_with(['{', '[']) {
            return yaml::read(text).map(|documents| documents.into_iter().map(Located::from).collect());
        }
        // What is no JSON may still be YAML's flow style; what is neither was meant to be JSON.
        let not_json = match Self::read_json(text) {
            Ok(located) => return Ok(vec![located]),
            Err(syntax) => syntax,
        };
        let documents = yaml::read(text).map_err(|_| not_json)?;
        Ok(documents.into_iter().map(Located::from).collect())
    }

    /// Reads JSON.
    ///
    /// # Errors
    ///
    /// Not JSON, a member twice, or nesting beyond any use.
    pub fn read_json(text: &str) -> Result<Self, SyntaxError> {
        json::read(text).map(Located::from)
    }

    /// Reads the JSON in one of the strings of a YAML or JSON file.
    ///
    /// `within` is where the string stands in `file`. The places are those in the file, as exact as its quoting lets them
    /// be: in a block (`|`) and in a string without escapes on one line to the byte, else the whole string.
    ///
    /// # Errors
    ///
    /// As for [`Self::read_json`].
    pub fn read_embedded(text: &str, file: &str, within: Range<usize>) -> Result<Self, SyntaxError> {
        embedded::read(text, file, within)
    }
}

#[cfg(test)]
mod tests;
