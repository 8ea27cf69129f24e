//! A route: the requests it matches, and the policy they must meet.

use std::sync::Arc;

use super::authority::{Authority, HostPattern};
use crate::policy::Policy;

/// A route of the configuration.
#[derive(Debug)]
pub struct Route {
    /// Position among the configured routes.
    pub index: usize,
    /// The name in logs and metrics.
    pub name: String,
    /// The requests it matches: any of these patterns, one for each listed host.
    pub patterns: Vec<Pattern>,
    /// The policy of matching requests.
    pub policy: Arc<Policy>,
}

/// A condition on host, path and method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// The hosts.
    pub host: HostPattern,
    /// The paths.
    pub path: PathPattern,
    /// The methods; `None` matches every method.
    pub methods: Option<Vec<String>>,
}

/// The paths of a route, decoded as an upstream reads them. Ordered by specificity, the least specific first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PathPattern {
    /// These segments and everything below.
    Prefix(Vec<String>),
    /// These segments alone.
    Exact(Vec<String>),
}

/// The precedence of a route: of two routes that match a request, the greater wins.
///
/// Host first (a name before `*.domain`, a longer domain before a shorter, any host last), then path (exact before prefix,
/// more segments before fewer), then method (named before any): the order of the Kubernetes Gateway API.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Specificity<'a> {
    host: &'a HostPattern,
    path: (bool, usize),
    method: bool,
}

impl Pattern {
    /// The precedence of the pattern.
    pub fn specificity(&self) -> Specificity<'_> {
        let path = match &self.path {
            PathPattern::Prefix(segments) => (false, segments.len()),
            PathPattern::Exact(segments) => (true, segments.len()),
        };
        Specificity { host: &self.host, path, method: self.methods.is_some() }
    }

    /// Whether the pattern matches a request.
    pub fn matches(&self, host: Option<&Authority>, path: &str, method: &str) -> bool {
        self.host.matches(host)
            && self.path.matches(path)
            && self.methods.as_ref().is_none_or(|methods| methods.iter().any(|own| own == method))
    }
}

impl PathPattern {
    /// The segments.
    pub fn segments(&self) -> &[String] {
        match self {
            Self::Prefix(segments) | Self::Exact(segments) => segments,
        }
    }

    fn matches(&self, path: &str) -> bool {
        let mut path = segments(path);
        match self {
            Self::Prefix(prefix) => prefix.iter().all(|segment| path.next() == Some(segment)),
            Self::Exact(exact) => path.eq(exact.iter().map(String::as_str)),
        }
    }
}

/// The segments of a path that starts with a slash; `/` has none.
pub(super) fn segments(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.split('/').filter(move |_| !path.is_empty())
}
