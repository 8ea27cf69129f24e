//! The request that the command line describes.

use std::borrow::Cow;

use mfa_gate::decision::{Request, RoutePolicy};

/// The request to explain.
#[derive(Debug)]
pub struct CliRequest {
    /// The method.
    pub method: String,
    /// The value of `:path`.
    pub target: String,
    /// The host.
    pub host: Option<String>,
    /// The headers: names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The policy in the metadata of Envoy's route.
    pub route_policy: Option<String>,
}

impl Request for CliRequest {
    fn header(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        match name {
            ":method" => Some(self.method.as_bytes().into()),
            ":path" => Some(self.target.as_bytes().into()),
            ":authority" => self.host.as_ref().map(|host| host.as_bytes().into()),
            name => {
                let fields = self.headers.iter().filter(|(other, _)| other == name);
                let values: Vec<&str> = fields.map(|(_, value)| value.as_str()).collect();
                (!values.is_empty()).then(|| values.join(",").into_bytes().into())
            }
        }
    }

    fn route_policy(&self) -> RoutePolicy {
        match &self.route_policy {
            Some(name) => RoutePolicy::Named(name.clone().into_bytes()),
            None => RoutePolicy::Unset,
        }
    }

    /// `None`: no filter runs before the gate here.
    fn dynamic_metadata(&self) -> Option<Vec<u8>> {
        None
    }
}

/// Parses a method and a target, as in a request line.
pub fn parse_line(line: &str) -> Result<(String, String), String> {
    match line.split_once(' ') {
        Some((method, target)) if !method.is_empty() => Ok((method.to_owned(), target.to_owned())),
        _ => Err(format!("expected a method and a path, such as `GET /v1/customers`; found `{line}`")),
    }
}

/// Parses a header line into the name, in lower case, and the value.
pub fn parse_header(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':').filter(|(name, _)| is_name(name))?;
    Some((name.to_ascii_lowercase(), value.trim().to_owned()))
}

/// Whether the text is a field name (RFC 9110 section 5.6.2).
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_one_name_are_joined_like_in_envoy() {
        let headers = ["X-Token: a", "x-token:b", "x: "].map(|line| parse_header(line).unwrap()).to_vec();
        let request =
            CliRequest { method: "GET".to_owned(), target: "/".to_owned(), host: None, headers, route_policy: None };
        assert_eq!(request.header("x-token").as_deref(), Some(&b"a,b"[..]));
        assert_eq!(request.header("x").as_deref(), Some(&b""[..]));
        assert_eq!(request.header("y"), None);
    }

    #[test]
    fn malformed_headers_and_request_lines_are_rejected() {
        for line in ["Authorization Bearer a", ": a", "a b: c", ""] {
            assert_eq!(parse_header(line), None, "{line}");
        }
        for line in ["GET", "", " /"] {
            assert!(parse_line(line).is_err(), "{line}");
        }
    }
}
