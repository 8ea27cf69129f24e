//! A request as the command line describes it.

use std::borrow::Cow;

use mfa_gate::decision::{Request, RoutePolicy};

/// The request that is explained.
#[derive(Debug)]
pub struct Described {
    /// The method.
    pub method: String,
    /// The value of `:path`.
    pub target: String,
    /// The host it is for.
    pub host: Option<String>,
    /// Names, in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The policy that Envoy's route names.
    pub route_policy: Option<String>,
}

impl Request for Described {
    fn header(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        match name {
            ":method" => Some(self.method.as_bytes().into()),
            ":path" => Some(self.target.as_bytes().into()),
            ":authority" => self.host.as_ref().map(|host| host.as_bytes().into()),
            name => {
                let of_name = self.headers.iter().filter(|(other, _)| other == name);
                let values: Vec<&str> = of_name.map(|(_, value)| value.as_str()).collect();
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

    /// There is no filter before it.
    fn dynamic_metadata(&self) -> Option<Vec<u8>> {
        None
    }
}

/// A method and a target, as a request line has them.
pub fn parse_line(line: &str) -> Result<(String, String), String> {
    match line.split_once(' ') {
        Some((method, target)) if !method.is_empty() => Ok((method.to_owned(), target.to_owned())),
        _ => Err(format!("expected a method and a path, such as `GET /v1/customers`; found `{line}`")),
    }
}

/// A header's name, in lower case, and value.
pub fn parse_header(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':').filter(|(name, _)| is_name(name))?;
    Some((name.to_ascii_lowercase(), value.trim().to_owned()))
}

/// RFC 9110 section 5.6.2.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_one_name_are_joined_as_envoy_joins_them() {
        let headers = ["X-Token: a", "x-token:b", "x: "].map(|line| parse_header(line).unwrap()).to_vec();
        let request =
            Described { method: "GET".to_owned(), target: "/".to_owned(), host: None, headers, route_policy: None };
        assert_eq!(request.header("x-token").as_deref(), Some(&b"a,b"[..]));
        assert_eq!(request.header("x").as_deref(), Some(&b""[..]));
        assert_eq!(request.header("y"), None);
    }

    #[test]
    fn what_is_no_header_or_request_line_is_refused() {
        for line in ["Authorization Bearer a", ": a", "a b: c", ""] {
            assert_eq!(parse_header(line), None, "{line}");
        }
        for line in ["GET", "", " /"] {
            assert!(parse_line(line).is_err(), "{line}");
        }
    }
}
