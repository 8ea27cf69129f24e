//! The request of a `curl` command.

/// The request that a command sends.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CurlRequest {
    /// The method.
    pub method: String,
    /// The value of `:path`.
    pub target: String,
    /// The host.
    pub host: String,
    /// The headers: names in lower case, and values.
    pub headers: Vec<(String, String)>,
}
