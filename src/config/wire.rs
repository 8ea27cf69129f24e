//! Decodes the configuration that the host presents: a `StringValue` arrives as its text, a `Struct` as protobuf.

use crate::wire::google_struct::{self, StructError};
use crate::wire::json::Json;

/// Maximum nesting depth of a configuration. A JWK of an inline set is at the seventh level.
pub const MAX_DEPTH: usize = 16;

/// Maximum size of a configuration, in bytes. It is enough for about fifty thousand routes.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// Reads the configuration as JSON.
///
/// JSON is tried first. A non-empty `Struct` is never JSON: it starts with a line feed, its tag, followed by tags
/// and lengths that are control characters, which JSON does not allow inside a value.
pub(super) fn read(bytes: &[u8]) -> Result<Json<'_>, String> {
    if bytes.len() > MAX_BYTES {
        return Err(format!("has {} bytes; the maximum is {MAX_BYTES}", bytes.len()));
    }
    if bytes.trim_ascii().is_empty() {
        return Err("is empty; it should be an object with at least `issuers` and `default`".to_owned());
    }
    let error = match Json::parse(bytes, MAX_DEPTH) {
        Ok(json) => return Ok(json),
        Err(error) => error,
    };
    google_struct::read(bytes, MAX_DEPTH).map(Json::Object).map_err(|unreadable| match unreadable {
        StructError::NotAStruct => format!("is neither JSON ({error}) nor a google.protobuf.Struct"),
        other => other.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_input_is_rejected() {
        assert_eq!(read(b" \n").unwrap_err(), "is empty; it should be an object with at least `issuers` and `default`");
        assert_eq!(
            read(b"{\"a\":1,\"a\":2}").unwrap_err(),
            "is neither JSON (member `a` appears twice at line 1 column 13) nor a google.protobuf.Struct"
        );
    }
}
