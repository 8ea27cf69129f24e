//! A route: which requests, and which policy they meet.

use std::sync::Arc;

use super::authority::{Authority, HostPattern};
use crate::policy::Policy;

/// A route of the configuration.
#[derive(Debug)]
pub struct Route {
    /// Its place among the routes.
    pub index: usize,
    /// The name, as logs and metrics use it.
    pub name: String,
    /// The requests it claims: any of these patterns, one for each host it lists.
    pub patterns: Vec<Pattern>,
    /// What they meet.
    pub policy: Arc<Policy>,
}

/// Requests that are alike in host, path and method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// For which hosts.
    pub host: HostPattern,
    /// For which paths.
    pub path: PathPattern,
    /// For which methods; `None` is every one.
    pub methods: Option<Vec<String>>,
}

/// The paths a route is for, as an upstream reads them. Ordered by how specific it is, the least first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PathPattern {
    /// These segments, and whatever lies below.
    Prefix(Vec<String>),
    /// These segments alone.
    Exact(Vec<String>),
}

/// Which of two routes that both claim a request wins: the greater.
///
/// Host first (a name before `*.domain`, a longer domain before a shorter, any host last), then path (exact
/// before prefix, more segments before fewer), then method (named before any): the order of the Kubernetes
/// Gateway API.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Specificity<'a> {
    host: &'a HostPattern,
    path: (bool, usize),
    method: bool,
}

impl Pattern {
    /// How specific it is.
    pub fn specificity(&self) -> Specificity<'_> {
        let path = match &self.path {
            PathPattern::Prefix(segments) => (false, segments.len()),
            PathPattern::Exact(segments) => (true, segments.len()),
        };
        Specificity { host: &self.host, path, method: self.methods.is_some() }
    }

    /// Whether it claims the request.
    pub fn claims(&self, host: Option<&Authority>, path: &str, method: &str) -> bool {
        self.host.matches(host)
            && self.path.matches(path)
            && self.methods.as_ref().is_none_or(|methods| methods.iter().any(|own| own == method))
    }
}

impl PathPattern {
    /// The segments.
    pub fn segments(&self) -> &[String] {
        match self {
            PathPattern::Prefix(segments) | PathPattern::Exact(segments) => segments,
        }
    }

    fn matches(&self, path: &str) -> bool {
        let mut path = segments(path);
        match self {
            PathPattern::Prefix(prefix) => prefix.iter().all(|segment| path.next() == Some(segment)),
            PathPattern::Exact(exact) => path.eq(exact.iter().map(String::as_str)),
        }
    }
}

/// The segments of a path that starts with a slash; `/` has none.
pub(super) fn segments(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.split('/').filter(move |_| !path.is_empty())
}
