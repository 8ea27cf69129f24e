//! Kinds of text that several fields have.

use schemars::JsonSchema;

/// A text that is not empty.
#[derive(JsonSchema)]
pub struct Text(#[schemars(length(min = 1))] String);

/// A duration: a whole number and s, m or h.
#[derive(JsonSchema)]
pub struct Duration(#[schemars(regex(pattern = r"^[0-9]+[smh]$"))] String);

/// A header's name in lower case: letters, digits and `-`.
#[derive(JsonSchema)]
pub struct HeaderName(#[schemars(regex(pattern = r"^[a-z0-9-]+$"))] String);

/// A header's value: printable ASCII without blanks around it.
#[derive(JsonSchema)]
pub struct HeaderValue(#[schemars(regex(pattern = r"^[!-~]([ -~]*[!-~])?$"))] String);
