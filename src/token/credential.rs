//! Finds the token in a request's headers (RFC 6750 section 2.1).

/// What a request header offers as a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential<'a> {
    /// No token: the header is absent, empty, or of another scheme.
    None,
    /// One token, not parsed yet.
    Token(&'a [u8]),
    /// More than one token: two headers, which a proxy joins with a comma, or a list.
    Several,
    /// `Bearer` without a single token after it.
    Malformed,
}

/// The authentication scheme, case-insensitive (RFC 9110 section 11.1).
const BEARER: &[u8] = b"Bearer";

impl<'a> Credential<'a> {
    /// The credential of a header: `authorization` carries a token after `Bearer`, any other header carries it alone.
    pub fn from_header(name: &str, value: &'a [u8]) -> Self {
        match name {
            "authorization" => Self::from_authorization(value),
            _ => Self::from_bare(value),
        }
    }

    /// The token of a header if the header is well formed, which is not checked: for a lookup that compares every byte.
    pub fn presumed(name: &str, value: &'a [u8]) -> Option<&'a [u8]> {
        match name {
            "authorization" => {
                let (scheme, rest) = value.split_at_checked(BEARER.len())?;
                scheme.eq_ignore_ascii_case(BEARER).then(|| rest.strip_prefix(b" "))?
            }
            _ => Some(value),
        }
    }

    fn from_authorization(value: &'a [u8]) -> Self {
        if let Some(token) = Self::presumed("authorization", value)
            && !token.is_empty()
            && has_no_delimiter(token)
        {
            return Credential::Token(token);
        }
        Self::from_list(value)
    }

    fn from_list(value: &'a [u8]) -> Self {
        // A comma: two headers joined by the proxy, a list of credentials, or the parameters of another scheme.
        if value.contains(&b',') {
            let bearer = value.split(|&byte| byte == b',').any(|part| Self::from_list(part) != Credential::None);
            return if bearer { Credential::Several } else { Credential::None };
        }
        let value = value.trim_ascii();
        let Some((scheme, rest)) = value.split_at_checked(BEARER.len()) else {
            return Credential::None;
        };
        if !scheme.eq_ignore_ascii_case(BEARER) {
            return Credential::None;
        }
        match rest.split_first() {
            None => Credential::Malformed,
            Some((b' ', token)) if !token.is_empty() && !token.iter().any(u8::is_ascii_whitespace) => {
                Credential::Token(token)
            }
            Some((b' ' | b'\t', _)) => Credential::Malformed,
            // A longer word, such as `BearerX`, is another scheme.
            Some(_) => Credential::None,
        }
    }

    fn from_bare(value: &'a [u8]) -> Self {
        if value.contains(&b',') {
            return Credential::Several;
        }
        match value.trim_ascii() {
            [] => Credential::None,
            token => Credential::Token(token),
        }
    }

    /// The credential of two headers together.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Credential::None, offer) | (offer, Credential::None) => offer,
            _ => Credential::Several,
        }
    }
}

/// Whether all bytes sort after comma and white space, as those of base64url and the dot do. Checks eight at a time.
fn has_no_delimiter(bytes: &[u8]) -> bool {
    const EACH: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = EACH << 7;
    const FIRST: u8 = b'-';
    let (chunks, rest) = bytes.as_chunks::<8>();
    // A byte below `-`, whose subtraction borrows, or one beyond ASCII sets its high bit.
    let is_beyond = |chunk: &[u8; 8]| {
        let bytes = u64::from_ne_bytes(*chunk);
        (bytes | bytes.wrapping_sub(EACH.wrapping_mul(FIRST.into()))) & HIGH == 0
    };
    chunks.iter().all(is_beyond) && rest.iter().all(|byte| (FIRST..0x80).contains(byte))
}

#[cfg(test)]
mod tests {
    use super::Credential::{self, Malformed, None, Several, Token};

    #[test]
    fn rfc_6750_section_2_1() {
        for (value, expected) in [
            (&b"Bearer abc"[..], Token(b"abc")),
            (b"bEARER abc", Token(b"abc")),
            (b" Bearer abc ", Token(b"abc")),
            (b"", None),
            (b"Basic abc", None),
            (b"BearerX abc", None),
            (b"Bearer: abc", None),
            (b"Bearer=abc", None),
            (b"\xff\xff\xff\xff\xff\xff\xff", None),
            (b"Bearer", Malformed),
            (b"Bearer ", Malformed),
            (b"Bearer  abc", Malformed),
            (b"Bearer\tabc", Malformed),
            (b"Bearer abc extra", Malformed),
            (b"Bearer abc, Bearer def", Several),
            (b"Basic abc,Bearer def", Several),
            (b"Bearer abc,", Several),
            (b"Digest username=\"a\", realm=\"b\"", None),
        ] {
            assert_eq!(Credential::from_authorization(value), expected, "{}", value.escape_ascii());
        }
    }

    #[test]
    fn a_long_token_is_read_as_a_short_one() {
        for length in 1..40 {
            for place in 0..length {
                for byte in 0..=0xff {
                    let mut value = [&b"Bearer "[..], &vec![b'a'; length]].concat();
                    value[7 + place] = byte;
                    let read = Credential::from_authorization(&value);
                    assert_eq!(read, Credential::from_list(&value), "{}", value.escape_ascii());
                }
            }
        }
    }

    #[test]
    fn two_tokens_are_several_even_if_equal() {
        assert_eq!(Token(b"a").and(Token(b"a")), Several);
        assert_eq!(None.and(Token(b"a")), Token(b"a"));
        assert_eq!(Malformed.and(Token(b"a")), Several);
    }
}
