//! The host of a request.

use std::fmt;

/// The host of `:authority`, in lower case, without port and trailing dot. An IPv6 address keeps its brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    name: String,
    is_bare: bool,
}

/// Maximum length of an authority, in bytes: a DNS name of 253 (RFC 1035 section 2.3.4), its trailing dot, and a port.
const MAX_AUTHORITY_BYTES: usize = 260;

impl Authority {
    /// Parses an authority (RFC 9110 section 7.2).
    ///
    /// `None` if two parsers could find two hosts in it: user information, an empty host, bytes that a host name cannot
    /// have, a port that is not a number.
    pub fn read(authority: &[u8]) -> Option<Self> {
        if authority.len() > MAX_AUTHORITY_BYTES {
            return None;
        }
        let text = std::str::from_utf8(authority).ok()?;
        let end = match text.strip_prefix('[') {
            Some(rest) => rest.find(']')?.checked_add(2)?,
            None => text.find(':').unwrap_or(text.len()),
        };
        let (host, port) = text.split_at_checked(end)?;
        let port_is_number = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        let name = host.strip_suffix('.').unwrap_or(host);
        let can_be = port_is_number && (is_name(name) || is_address(name));
        can_be.then(|| Self { name: name.to_ascii_lowercase(), is_bare: name == text })
    }

    /// Whether the authority had neither port nor trailing dot. Envoy selects its virtual host with both unless configured to
    /// strip them, so it may have selected another host.
    pub fn is_bare(&self) -> bool {
        self.is_bare
    }

    /// The parent domains of the host, the longest first.
    pub fn domains(&self) -> impl Iterator<Item = &str> {
        std::iter::successors(self.name.split_once('.').map(|(_, rest)| rest), |rest| {
            rest.split_once('.').map(|(_, rest)| rest)
        })
    }

    /// The host.
    pub fn as_str(&self) -> &str {
        &self.name
    }
}

fn is_address(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    address.is_some_and(|address| {
        address.contains(':') && address.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'))
    })
}

fn is_port(port: &str) -> bool {
    port.len() <= 5 && port.bytes().all(|b| b.is_ascii_digit())
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.split('.').all(|label| {
            !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        })
}

/// The hosts of a route. Ordered by specificity, the least specific first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum HostPattern {
    /// Any host.
    Any,
    /// Every host below this domain, at any depth, without the domain itself.
    Below(Domain),
    /// This host.
    Exact(String),
}

/// A domain. Ordered by length, as a longer domain is more specific.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain(String);

impl Domain {
    /// The domain.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Ord for Domain {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0.len(), &self.0).cmp(&(other.0.len(), &other.0))
    }
}

impl PartialOrd for Domain {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl HostPattern {
    /// Parses `api.example.com` or `*.example.com`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let canonical = |host: &str| Authority::read(host.as_bytes()).filter(|a| a.as_str() == host);
        match text.strip_prefix("*.") {
            Some(domain) => canonical(domain).map(|a| Self::Below(Domain(a.name))),
            None => canonical(text).map(|a| Self::Exact(a.name)),
        }
    }

    /// Whether the pattern matches a host. Without a host, only [`HostPattern::Any`] matches.
    pub fn matches(&self, host: Option<&Authority>) -> bool {
        match self {
            Self::Any => true,
            Self::Below(domain) => host.is_some_and(|host| {
                host.name.strip_suffix(&domain.0).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }),
            Self::Exact(name) => host.is_some_and(|host| host.name == *name),
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Below(domain) => write!(f, "*.{}", domain.0),
            Self::Exact(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        Authority::read(text.as_bytes()).map(|a| a.name)
    }

    #[test]
    fn one_host_has_one_reading() {
        for text in
            ["api.example.com", "API.example.COM", "api.example.com.", "api.example.com:443", "api.example.com.:"]
        {
            assert_eq!(read(text).as_deref(), Some("api.example.com"), "{text}");
        }
        assert_eq!(read("[::1]:8080").as_deref(), Some("[::1]"));
        let is_bare = |text: &str| Authority::read(text.as_bytes()).is_some_and(|a| a.is_bare());
        assert!(is_bare("API.example.com") && is_bare("[::1]"));
        assert!(!is_bare("a.") && !is_bare("a:80") && !is_bare("a:") && !is_bare("[::1]:80"));
    }

    #[test]
    fn an_ambiguous_authority_is_rejected() {
        for text in [
            "", ".", "a..b", "u@a", "a@b:1", "a:b", "a:1:2", "[::1", "[]", "[ad.be]", "[::1]x", "a b", "a,b", "a/b",
            "a\0", "ä", "a:999999",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_wildcard_matches_subdomains_alone() {
        let pattern = HostPattern::parse("*.example.com").unwrap();
        let matches = |text: &str| pattern.matches(Authority::read(text.as_bytes()).as_ref());
        assert!(matches("a.example.com") && matches("a.b.example.com"));
        assert!(!matches("example.com") && !matches("badexample.com"));
        assert_eq!(HostPattern::parse("*"), None);
        assert_eq!(HostPattern::parse("A.example.com"), None);
        assert_eq!(HostPattern::parse("a.*.com"), None);
    }
}
