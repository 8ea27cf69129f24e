//! A request to the core without a proxy.

use std::borrow::Cow;

use crate::decision::{Request, RoutePolicy};
use crate::gate::Gate;
use serde_json::Value;

use super::test_request::TestRequest;

/// A request as Envoy passes it to the filter.
#[derive(Debug, Clone)]
pub struct NativeRequest {
    /// Headers, pseudo-headers included.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The policy in the metadata of Envoy's route.
    pub route_policy: Option<Value>,
    /// The dynamic metadata of filters before the gate.
    pub metadata: Option<Vec<u8>>,
}

impl NativeRequest {
    /// Normalizes a request like Envoy: lower-case names, trimmed values, no headers that Connection lists (RFC 9110
    /// section 7.6.1), and a target in absolute form split into host and path (RFC 9112 section 3.2.2).
    pub fn new(test: &TestRequest, route_policy: Option<&Value>) -> Self {
        let mut host = test.host.clone();
        let mut path = Some(test.target.clone());
        let text = String::from_utf8_lossy(&test.target).into_owned();
        if let Some(rest) = text.strip_prefix("http://") {
            let at = rest.find(['/', '?']).unwrap_or(rest.len());
            host = Some(rest.as_bytes()[..at].to_vec());
            path = Some(if at == rest.len() { b"/".to_vec() } else { rest.as_bytes()[at..].to_vec() });
        }
        if test.method == b"CONNECT" {
            (host, path) = (path, None);
        }
        let mut headers = vec![(":method".to_owned(), test.method.clone())];
        headers.extend(path.map(|path| (":path".to_owned(), path)));
        headers.extend(host.map(|host| (":authority".to_owned(), host)));
        let regular: Vec<(String, Vec<u8>)> = test
            .headers
            .iter()
            .map(|(name, value)| (String::from_utf8_lossy(name).to_lowercase(), normalized_value(value)))
            .collect();
        let connection: Vec<String> = regular
            .iter()
            .filter(|(name, _)| name == "connection")
            .flat_map(|(_, value)| {
                String::from_utf8_lossy(value)
                    .to_lowercase()
                    .split(',')
                    .map(|name| name.trim().to_owned())
                    .collect::<Vec<_>>()
            })
            .collect();
        headers.extend(regular.into_iter().filter(|(name, _)| name != "connection" && !connection.contains(name)));
        let metadata = test.left_by_jwt_authn.clone();
        Self { headers, route_policy: route_policy.cloned(), metadata }
    }

    /// A request with these headers, with names in lower case; `None` omits the host.
    pub fn with_headers(
        method: String,
        target: String,
        host: Option<String>,
        headers: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let pseudo = [(":method", Some(method)), (":path", Some(target)), (":authority", host)];
        let pseudo = pseudo.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        let headers = pseudo.chain(headers).map(|(name, value)| (name, value.into_bytes())).collect();
        Self { headers, route_policy: None, metadata: None }
    }

    /// A GET request for a path.
    pub fn to_path(path: &[u8]) -> Self {
        Self::of("GET", "api.example.com", path)
    }

    /// A request with pseudo-headers only.
    pub fn of(method: &str, host: &str, path: &[u8]) -> Self {
        let header = |name: &str, value: &[u8]| (name.to_owned(), value.to_vec());
        let headers =
            vec![header(":method", method.as_bytes()), header(":authority", host.as_bytes()), header(":path", path)];
        Self { headers, route_policy: None, metadata: None }
    }

    /// The request with one more header.
    pub fn with(mut self, name: &str, value: Vec<u8>) -> Self {
        self.headers.push((name.to_owned(), value));
        self
    }

    /// The request with this dynamic metadata.
    pub fn with_metadata(self, metadata: Vec<u8>) -> Self {
        Self { metadata: Some(metadata), ..self }
    }

    /// The value of a header as text.
    pub fn text(&self, name: &str) -> Option<String> {
        self.header(name).map(|value| String::from_utf8_lossy(&value).into_owned())
    }

    /// The headers except pseudo-headers.
    pub fn regular(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.headers
            .iter()
            .filter(|(name, _)| !name.starts_with(':'))
            .map(|(name, value)| (name.as_str(), value.as_slice()))
    }
}

/// A header's value without surrounding whitespace and carriage returns, which Envoy drops.
fn normalized_value(value: &[u8]) -> Vec<u8> {
    let value: Vec<u8> = value.iter().copied().filter(|&byte| byte != b'\r').collect();
    value.trim_ascii().to_vec()
}

impl Request for NativeRequest {
    fn header(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        let mut values: Vec<_> =
            self.headers.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_slice()).collect();
        if values.is_empty() {
            return None;
        }
        // Envoy joins the values of the headers that it knows, and drops empty ones.
        if name == "authorization" {
            values.retain(|value| !value.is_empty());
        }
        Some(values.join(&b","[..]).into())
    }

    fn route_policy(&self) -> RoutePolicy {
        match &self.route_policy {
            None => RoutePolicy::Unset,
            Some(Value::String(name)) => RoutePolicy::Named(name.clone().into_bytes()),
            Some(_) => RoutePolicy::Unreadable,
        }
    }

    fn dynamic_metadata(&self) -> Option<Vec<u8>> {
        self.metadata.clone()
    }
}

/// The request headers that the upstream receives: those of the client that cannot be confused with the filter's, and the
/// headers that the filter adds.
pub fn forwarded(gate: &Gate, request: &NativeRequest, added: &[(String, String)]) -> Vec<(String, Vec<u8>)> {
    let kept = request
        .regular()
        .filter(|(name, _)| !gate.upstream.could_be(name))
        .map(|(name, value)| (name.to_owned(), value.to_vec()));
    let added = added.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes()));
    kept.chain(added).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_one_name_are_joined_like_in_envoy() {
        let headers = [("x-token", "a"), ("x-token", "b"), ("x", ""), ("authorization", ""), ("authorization", "c")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let request = NativeRequest::with_headers("GET".to_owned(), "/".to_owned(), None, headers);
        let value = |name: &str| request.text(name);
        assert_eq!(value("x-token").as_deref(), Some("a,b"));
        assert_eq!(value("x").as_deref(), Some(""));
        assert_eq!(value("authorization").as_deref(), Some("c"));
        assert_eq!((value("y"), value(":authority")), (None, None));
    }
}
