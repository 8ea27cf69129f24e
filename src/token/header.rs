//! The JOSE header of an access token (RFC 7515 section 4).

use std::cell::RefCell;
use std::rc::Rc;

use super::error::TokenError;
use crate::keys::Algorithm;
use crate::wire::json::{Json, Object};

/// The members of the header that the gate uses. All others are ignored: keys come from the issuer's set alone, never from
/// `jwk`, `jku`, `x5u` or `x5c` (CVE-2018-0114).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// `kid`.
    pub key_id: Option<String>,
    /// `typ`, as written.
    pub kind: Option<String>,
}

/// The header parsed last. Tokens signed by one key have the same header, byte for byte.
#[derive(Default)]
pub struct LastHeader(RefCell<Option<Known>>);

struct Known {
    bytes: Box<[u8]>,
    header: Rc<Header>,
}

impl LastHeader {
    /// Parses a header, unless it equals the last one.
    pub(super) fn read(&self, bytes: &[u8], max_depth: usize) -> Result<Rc<Header>, TokenError> {
        let mut last = self.0.borrow_mut();
        if let Some(known) = &*last
            && *known.bytes == *bytes
        {
            return Ok(Rc::clone(&known.header));
        }
        let header = Rc::new(Header::read(bytes, max_depth)?);
        *last = Some(Known { bytes: bytes.into(), header: Rc::clone(&header) });
        Ok(header)
    }
}

/// Members that change the meaning of signature or claims. None is supported, so a header with one is rejected
/// (RFC 7515 section 4.1.11, RFC 7797, RFC 7516 section 4.1.3).
const NOT_UNDERSTOOD: [&str; 3] = ["crit", "b64", "zip"];

/// The values of `typ` for an access token (RFC 9068 section 2.1, RFC 7519 section 5.1), in lower case.
const KINDS: [&str; 3] = ["jwt", "at+jwt", "application/at+jwt"];

impl Header {
    fn read(bytes: &[u8], max_depth: usize) -> Result<Self, TokenError> {
        let members = match Json::parse(bytes, max_depth) {
            Ok(Json::Object(members)) => members,
            Ok(other) => return Err(malformed(format!("the header is {}, not an object", other.kind()))),
            Err(error) => return Err(malformed(format!("the header: {error}"))),
        };
        if let Some(name) = NOT_UNDERSTOOD.iter().find(|name| members.has(name)) {
            return Err(malformed(format!("the header has `{name}`, which is not supported")));
        }
        if let Some(content) = text(&members, "cty")?
            && ["jwt", "application/jwt"].iter().any(|nested| content.eq_ignore_ascii_case(nested))
        {
            return Err(malformed("a nested token (`cty`) is not supported".to_owned()));
        }
        let kind = text(&members, "typ")?;
        if let Some(kind) = kind
            && !KINDS.iter().any(|known| kind.eq_ignore_ascii_case(known))
        {
            let kind = kind.escape_debug();
            return Err(malformed(format!(
                "its `typ` is `{kind}`; an access token's is JWT, at+jwt, application/at+jwt or absent"
            )));
        }
        let key_id = text(&members, "kid")?.map(str::to_owned);
        let Some(algorithm) = text(&members, "alg")? else {
            return Err(malformed("the header has no `alg`".to_owned()));
        };
        let algorithm =
            Algorithm::parse(algorithm).ok_or_else(|| TokenError::AlgorithmNotSupported(algorithm.to_owned()))?;
        Ok(Self { algorithm, key_id, kind: kind.map(str::to_owned) })
    }
}

fn text<'a>(members: &'a Object<'_>, name: &str) -> Result<Option<&'a str>, TokenError> {
    match members.get(name) {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(other) => Err(malformed(format!("the header's `{name}` is {}, not a string", other.kind()))),
    }
}

fn malformed(what: String) -> TokenError {
    TokenError::Malformed(what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_header_is_read_once_and_never_taken_for_another() {
        let last = LastHeader::default();
        let read = |text: &str| last.read(text.as_bytes(), 4);
        let first = read(r#"{"alg":"RS256","kid":"a"}"#).unwrap();
        assert!(Rc::ptr_eq(&first, &read(r#"{"alg":"RS256","kid":"a"}"#).unwrap()));
        let other = read(r#"{"alg":"RS256","kid":"b"}"#).unwrap();
        assert_eq!((first.key_id.as_deref(), other.key_id.as_deref()), (Some("a"), Some("b")));
        assert!(read(r#"{"alg":"none","kid":"b"}"#).is_err());
        assert!(read(r#"{"alg":"RS256","kid":"b"} "#).is_ok_and(|header| !Rc::ptr_eq(&header, &other)));
        assert!(read("").is_err() && read(r#"{"alg":"RS256","kid":"b""#).is_err());
    }
}
