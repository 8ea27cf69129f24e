//! `routes`: the policies of requests.

use super::fields::{configuration, route};
use super::node::{Node, Problems};
use super::object::Fields;
use super::policies::Policies;
use crate::route::{HostPattern, PathPattern, Pattern, Route, Routes};

pub(super) fn read(fields: &Fields<'_>, policies: &Policies, problems: &mut Problems) -> Option<Routes> {
    let case = fields.value(problems, &configuration::PATH_CASE);
    let items = fields.optional(&configuration::ROUTES).and_then(|node| node.items(problems)).unwrap_or_default();
    let mut routes: Vec<Route> = Vec::new();
    // Sorted for binary search: with the maximum number of routes, a linear search takes minutes.
    let mut names: Vec<Box<str>> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let Some(route) = route(index, item, policies, problems) else { continue };
        match names.binary_search_by(|name| (**name).cmp(&route.name)) {
            Ok(_) => item.wrong(problems, format!("the name `{}` appears twice", route.name)),
            Err(place) => {
                names.insert(place, route.name.as_str().into());
                routes.push(route);
            }
        }
    }
    if routes.len() != items.len() {
        return None;
    }
    let routes = Routes::new(routes, case?);
    let conflicts = match routes {
        Ok(routes) => return Some(routes),
        Err(conflicts) => conflicts,
    };
    for conflict in conflicts {
        let Some(second) = items.get(conflict.second) else { continue };
        let first = conflict.first;
        second.wrong(
            problems,
            if conflict.by_case {
                format!(
                    "differs from routes[{first}] only by case or by non-ASCII letters; if the upstream distinguishes them, set `path_case: exact`"
                )
            } else {
                format!("matches the same requests as routes[{first}], so neither is more specific")
            },
        );
    }
    None
}

fn route(index: usize, node: &Node<'_>, policies: &Policies, problems: &mut Problems) -> Option<Route> {
    let fields = node.fields(problems, &route::OBJECT)?;
    let name = fields.required(problems, &route::NAME).and_then(|node| name(&node, problems));
    let path = path(node, &fields, problems);
    let methods = match fields.optional(&route::METHODS) {
        Some(node) => methods(&node, problems).map(Some),
        None => Some(None),
    };
    let hosts = match fields.optional(&route::HOSTS) {
        Some(node) => hosts(&node, problems),
        None => Some(vec![HostPattern::Any]),
    };
    let policy = fields.required(problems, &route::POLICY).and_then(|node| policies.find(&node, problems));
    let (path, methods) = (path?, methods?);
    let pattern = |host| Pattern { host, path: path.clone(), methods: methods.clone() };
    Some(Route { index, name: name?, patterns: hosts?.into_iter().map(pattern).collect(), policy: policy? })
}

/// Logs and metrics contain route names, so these are short and plain.
fn name(node: &Node<'_>, problems: &mut Problems) -> Option<String> {
    let text = node.text(problems)?;
    let plain = text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if !plain {
        node.wrong(problems, format!("`{}` should be at most 64 letters, digits, `_` and `-`", text.escape_debug()));
    }
    plain.then(|| text.to_owned())
}

fn path(node: &Node<'_>, fields: &Fields<'_>, problems: &mut Problems) -> Option<PathPattern> {
    match (fields.optional(&route::PATH), fields.optional(&route::PREFIX)) {
        (Some(path), None) => segments(&path, problems, true).map(PathPattern::Exact),
        (None, Some(prefix)) => segments(&prefix, problems, false).map(PathPattern::Prefix),
        (Some(_), Some(_)) => {
            node.wrong(problems, "has `path` and `prefix`; give one of them");
            None
        }
        (None, None) => {
            node.wrong(problems, "has neither `path` nor `prefix`; `prefix: /` matches every path");
            None
        }
    }
}

/// The segments of a path in decoded form, which is the only accepted way to write it.
fn segments(node: &Node<'_>, problems: &mut Problems, may_end_with_slash: bool) -> Option<Vec<String>> {
    let text = node.text(problems)?;
    let mut refuse = |why: &str| {
        node.wrong(problems, format!("`{}` {why}", text.escape_debug()));
        None
    };
    let Some(rest) = text.strip_prefix('/') else { return refuse("should start with `/`") };
    if rest.is_empty() {
        return Some(Vec::new());
    }
    if text.contains(['%', '\\', ';', '?', '#']) || text.chars().any(char::is_control) {
        return refuse(
            "should be written as an upstream reads it: decoded, without `%`, `\\`, `;`, `?`, `#` and control characters",
        );
    }
    let body = match rest.strip_suffix('/') {
        Some(_) if !may_end_with_slash => {
            return refuse("ends with a slash; without it the prefix matches the path and all paths below");
        }
        Some(body) => body,
        None => rest,
    };
    if body.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        return refuse("has an empty segment, `.` or `..`");
    }
    Some(rest.split('/').map(str::to_owned).collect())
}

fn methods(node: &Node<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    let texts = node.texts(problems)?;
    // Methods are case-sensitive (RFC 9110 section 9.1), and all registered methods are upper case.
    let is_method = |text: &&str| text.bytes().all(|b| b.is_ascii_uppercase() || b == b'-');
    if let Some(text) = texts.iter().find(|text| !is_method(text)) {
        node.wrong(problems, format!("`{}` is not a method; use upper case, for example `GET`", text.escape_debug()));
        return None;
    }
    Some(texts.into_iter().map(str::to_owned).collect())
}

fn hosts(node: &Node<'_>, problems: &mut Problems) -> Option<Vec<HostPattern>> {
    let texts = node.texts(problems)?;
    let mut hosts = Vec::new();
    for text in &texts {
        match HostPattern::parse(text) {
            Some(host) => hosts.push(host),
            None => node.wrong(
                problems,
                format!(
                    "`{}` is not a host; use for example `api.example.com` or `*.example.com`, in lower case, without a port",
                    text.escape_debug()
                ),
            ),
        }
    }
    (hosts.len() == texts.len()).then_some(hosts)
}
