//! A request for the core, without a proxy.

use std::borrow::Cow;

use crate::decision::{Request, RoutePolicy};
use crate::gate::Gate;
use serde_json::Value;

use super::test_request::TestRequest;

/// A request as Envoy would hand it to the filter.
#[derive(Debug, Clone)]
pub struct NativeRequest {
    /// Headers, pseudo-headers included.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The policy in the metadata of Envoy's route.
    pub route_policy: Option<Value>,
    /// What filters before the gate left.
    pub metadata: Option<Vec<u8>>,
}

impl NativeRequest {
    /// The request that Envoy makes of these bytes: names in lower case, values without the blanks around them, without
    /// what Connection lists (RFC 9110 section 7.6.1), and a target in absolute form taken apart (RFC 9112
    /// section 3.2.2).
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
        let own: Vec<(String, Vec<u8>)> = test
            .headers
            .iter()
            .map(|(name, value)| (String::from_utf8_lossy(name).to_lowercase(), as_envoy_hands_it_on(value)))
            .collect();
        let connection: Vec<String> = own
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
        headers.extend(own.into_iter().filter(|(name, _)| name != "connection" && !connection.contains(name)));
        let metadata = test.left_by_jwt_authn.clone();
        NativeRequest { headers, route_policy: route_policy.cloned(), metadata }
    }

    /// A request with these headers, names in lower case; `None` as the host is none.
    pub fn with_headers(
        method: String,
        target: String,
        host: Option<String>,
        headers: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let pseudo = [(":method", Some(method)), (":path", Some(target)), (":authority", host)];
        let pseudo = pseudo.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        let headers = pseudo.chain(headers).map(|(name, value)| (name, value.into_bytes())).collect();
        NativeRequest { headers, route_policy: None, metadata: None }
    }

    /// A GET request for a path.
    pub fn to_path(path: &[u8]) -> Self {
        NativeRequest::of("GET", "api.example.com", path)
    }

    /// A request without headers.
    pub fn of(method: &str, host: &str, path: &[u8]) -> Self {
        let header = |name: &str, value: &[u8]| (name.to_owned(), value.to_vec());
        let headers =
            vec![header(":method", method.as_bytes()), header(":authority", host.as_bytes()), header(":path", path)];
        NativeRequest { headers, route_policy: None, metadata: None }
    }

    /// The request with one more header.
    pub fn with(mut self, name: &str, value: Vec<u8>) -> Self {
        self.headers.push((name.to_owned(), value));
        self
    }

    /// The request with this dynamic metadata.
    pub fn with_metadata(self, metadata: Vec<u8>) -> Self {
        NativeRequest { metadata: Some(metadata), ..self }
    }

    /// The value of a header for people.
    pub fn text(&self, name: &str) -> Option<String> {
        self.header(name).map(|value| String::from_utf8_lossy(&value).into_owned())
    }

    /// The names and values that are no pseudo-headers.
    pub fn regular(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.headers
            .iter()
            .filter(|(name, _)| !name.starts_with(':'))
            .map(|(name, value)| (name.as_str(), value.as_slice()))
    }
}

/// A header's value without the blanks around it and without carriage returns, which Envoy drops.
fn as_envoy_hands_it_on(value: &[u8]) -> Vec<u8> {
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
        // Envoy joins as it reads, and leaves out what is empty, for the few headers it knows itself.
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

/// The request headers as the upstream sees them: the client's, less those that could be taken for the filter's own,
/// and then the filter's own.
pub fn forwarded(gate: &Gate, request: &NativeRequest, told: &[(String, String)]) -> Vec<(String, Vec<u8>)> {
    let kept = request
        .regular()
        .filter(|(name, _)| !gate.upstream.could_be(name))
        .map(|(name, value)| (name.to_owned(), value.to_vec()));
    let told = told.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes()));
    kept.chain(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_one_name_are_joined_as_envoy_joins_them() {
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
