//! Parses a URL as curl does.

use anyhow::{Result, bail};

use crate::terminal;

/// The parts of a URL that the request contains.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Url {
    /// `user:password`, as written.
    pub user: Option<String>,
    /// Host and port, without the scheme's default port.
    pub host: String,
    /// The path, starting with `/`.
    pub path: String,
    /// The text after `?`.
    pub query: Option<String>,
}

impl Url {
    /// Parses a URL. `as_is` keeps `..` and `.`; `literal` accepts braces and brackets.
    ///
    /// # Errors
    ///
    /// The URL is neither `http` nor `https`, has no host, has a space or a control character, or is a pattern for several.
    pub(super) fn parse(text: &str, as_is: bool, literal: bool) -> Result<Self> {
        let shown = shown(text);
        if text.chars().any(|c| c.is_ascii_control() || c == ' ') {
            bail!("the URL {shown} has a space or a control character, which curl refuses; write `%20`");
        }
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let default_port = match scheme.to_ascii_lowercase().as_str() {
            "http" => ":80",
            "https" => ":443",
            _ => bail!("the URL {shown} is neither `http` nor `https`"),
        };
        let rest = rest.split('#').next().unwrap_or_default();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        let host = host.strip_suffix(default_port).unwrap_or(host);
        if host.is_empty() {
            bail!("the URL {shown} has no host");
        }
        if !literal && (rest.contains(['{', '}', '[', ']']) || host.contains(['{', '}'])) {
            bail!(
                "the URL {shown} has braces or brackets, a pattern for several URLs; write one URL, or add `--globoff`"
            );
        }
        let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
        let path = if path.is_empty() { "/" } else { path };
        Ok(Self {
            user: user.map(str::to_owned),
            host: host.to_owned(),
            path: if as_is { path.to_owned() } else { without_dots(path) },
            query: query.map(str::to_owned),
        })
    }
}

/// The URL for messages, without its credentials, query and fragment, which may be secret.
fn shown(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    terminal::quoted(text.rsplit_once('@').map_or(text, |(_, behind)| behind))
}

/// Removes dot segments (RFC 3986 section 5.2.4). Some versions of curl also decode `%2e`; the gate evaluates both readings.
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
        // A final dot segment leaves a directory.
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
