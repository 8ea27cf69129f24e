//! The claims of a token, by name and with the type they must have (RFC 7519 section 4).

use std::fmt;

use crate::time::{Round, UnixTime};
use crate::wire::json::{Json, Object};

/// The claims set. A claim of the wrong type is an error, never treated as absent (CVE-2020-26160, CVE-2026-25537).
#[derive(Debug, Clone, PartialEq)]
pub struct Claims<'a>(Object<'a>);

/// A claim has a type or value that it cannot have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimError {
    /// Name of the claim.
    pub claim: String,
    /// What the token holds.
    pub found: &'static str,
    /// What it should hold.
    pub expected: &'static str,
}

impl std::error::Error for ClaimError {}

impl fmt::Display for ClaimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "claim `{}` is {}, not {}", self.claim, self.found, self.expected)
    }
}

impl<'a> Claims<'a> {
    /// The claims in this object.
    pub fn new(members: Object<'a>) -> Self {
        Claims(members)
    }

    /// An owned copy of the claims with these names. `names` must be sorted and unique.
    pub fn keep(&self, names: &[String]) -> Claims<'static> {
        Claims(self.0.keep(names))
    }

    /// A claim of any type.
    pub fn get(&self, name: &str) -> Option<&Json<'a>> {
        self.0.get(name)
    }

    /// Names and values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Json<'a>)> {
        self.0.iter()
    }

    /// The claims as an object.
    pub fn members(&self) -> &Object<'a> {
        &self.0
    }

    /// A string claim; `None` if absent.
    ///
    /// # Errors
    ///
    /// The claim is not a string.
    pub fn text(&self, name: &str) -> Result<Option<&str>, ClaimError> {
        self.read(name, "a string", Json::as_str)
    }

    /// A claim that is an array of strings; `None` if absent.
    ///
    /// # Errors
    ///
    /// The claim is anything else, such as a bare string or an array of mixed types.
    pub fn texts(&self, name: &str) -> Result<Option<Vec<&str>>, ClaimError> {
        self.read(name, "an array of strings", Json::as_strings)
    }

    /// A claim that is a string or an array of strings; `None` if absent.
    ///
    /// # Errors
    ///
    /// The claim is anything else.
    pub fn text_or_texts(&self, name: &str) -> Result<Option<Vec<&str>>, ClaimError> {
        self.read(name, "a string or an array of strings", |value| match value {
            Json::String(text) => Some(vec![text.as_ref()]),
            other => other.as_strings(),
        })
    }

    /// A NumericDate claim; `None` if absent.
    ///
    /// # Errors
    ///
    /// The claim is not a number, or not between 1970 and 9999.
    pub fn date(&self, name: &str, round: Round) -> Result<Option<UnixTime>, ClaimError> {
        self.read(name, "a NumericDate from 1970 to 9999", |value| match value {
            Json::Number(number) => UnixTime::from_numeric_date(*number, round),
            _ => None,
        })
    }

    fn read<'s, T>(
        &'s self,
        name: &str,
        expected: &'static str,
        read: impl FnOnce(&'s Json<'a>) -> Option<T>,
    ) -> Result<Option<T>, ClaimError> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let malformed = || ClaimError { claim: name.to_owned(), found: value.kind(), expected };
        read(value).map(Some).ok_or_else(malformed)
    }
}
