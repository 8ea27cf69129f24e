//! The address that curl asks, as it reads it.

use anyhow::{Result, bail};

use crate::terminal;

/// An address, cut into what the request says of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Address {
    /// `user:password`, as written.
    pub user: Option<String>,
    /// Host and port; the scheme's own port left out.
    pub host: String,
    /// The path, from `/` on.
    pub path: String,
    /// What stands behind `?`.
    pub query: Option<String>,
}

impl Address {
    /// Reads an address; `as_is` keeps `..` and `.`, `literal` takes braces and brackets as they are.
    ///
    /// # Errors
    ///
    /// Not `http` or `https`, no host, a space or a control character, or a pattern for more than one address.
    pub fn parse(text: &str, as_is: bool, literal: bool) -> Result<Self> {
        let shown = shown(text);
        if text.chars().any(|c| c.is_ascii_control() || c == ' ') {
            bail!("the address {shown} has a space or a control character, which curl refuses; write `%20`");
        }
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let own_port = match scheme.to_ascii_lowercase().as_str() {
            "http" => ":80",
            "https" => ":443",
            _ => bail!("the address {shown} is neither `http` nor `https`"),
        };
        let rest = rest.split('#').next().unwrap_or_default();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        let host = host.strip_suffix(own_port).unwrap_or(host);
        if host.is_empty() {
            bail!("the address {shown} has no host");
        }
        if !literal && (rest.contains(['{', '}', '[', ']']) || host.contains(['{', '}'])) {
            bail!(
                "the address {shown} has braces or brackets, by which curl asks several; write out one, or add `--globoff`"
            );
        }
        let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
        let path = if path.is_empty() { "/" } else { path };
        Ok(Address {
            user: user.map(str::to_owned),
            host: host.to_owned(),
            path: if as_is { path.to_owned() } else { without_dots(path) },
            query: query.map(str::to_owned),
        })
    }
}

/// An address for messages, without what may be secret in it.
fn shown(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    terminal::quoted(text.rsplit_once('@').map_or(text, |(_, behind)| behind))
}

/// RFC 3986 section 5.2.4, of a path from `/` on. That some versions of curl know a dot as `%2e` too is left to the gate,
/// which judges both readings.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    for (index, segment) in segments.iter().enumerate() {
        let is_last = index + 1 == segments.len();
        match *segment {
            "." => {}
            ".." => {
                kept.pop();
            }
            _ => {
                kept.push(segment);
                continue;
            }
        }
        // What it leaves behind is a directory.
        if is_last {
            kept.push("");
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_3986_section_5_2_4() {
        for (path, without) in [
            ("/", "/"),
            ("/a/b/c/./../../g", "/a/g"),
            ("/a//b", "/a//b"),
            ("/..", "/"),
            ("/a/..", "/"),
            ("/a/.", "/a/"),
            ("/a/%2E./b", "/a/%2E./b"),
            ("/a/.../b", "/a/.../b"),
        ] {
            assert_eq!(without_dots(path), without, "{path}");
        }
    }
}
