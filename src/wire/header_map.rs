//! Header pairs in proxy-wasm's encoding. All headers come in one host call, which costs more than any search here.

use std::borrow::Cow;

/// Encoded header pairs: the number of pairs, the sizes of each name and value, then each name and value followed by a zero
/// byte. Numbers have 32 bits, little endian.
#[derive(Debug, Default)]
pub struct HeaderMap(Vec<u8>);

const NUMBER: usize = 4;

impl HeaderMap {
    /// The headers in these bytes. The first malformed pair ends the list.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let (count, rest) = self.0.split_at_checked(NUMBER).unwrap_or_default();
        let sizes = number(count).and_then(|count| count.checked_mul(2 * NUMBER));
        let (sizes, mut texts) = sizes.and_then(|size| rest.split_at_checked(size)).unwrap_or_default();
        sizes.chunks_exact(2 * NUMBER).map_while(move |pair| {
            let (name, value) = pair.split_at_checked(NUMBER)?;
            let mut next = |size| {
                let (text, rest) = texts.split_at_checked(number(size)?)?;
                (_, texts) = rest.split_first()?;
                Some(text)
            };
            Some((next(name)?, next(value)?))
        })
    }

    /// The value of a header; several values of one name joined with commas (RFC 9110 section 5.3), so that none is overlooked
    /// (CVE-2020-25017).
    pub fn get(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        let mut values = self.iter().filter(|(own, _)| *own == name.as_bytes()).map(|(_, value)| value);
        let mut joined = Cow::Borrowed(values.next()?);
        for value in values {
            let joined = joined.to_mut();
            joined.push(b',');
            joined.extend_from_slice(value);
        }
        Some(joined)
    }
}

/// Encodes header pairs as [`HeaderMap`] reads them.
pub fn encode<N: AsRef<[u8]>, V: AsRef<[u8]>>(pairs: &[(N, V)]) -> Vec<u8> {
    // No length comes near 32 bits: names and values are those of the configuration.
    let size = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes();
    let mut bytes = size(pairs.len()).to_vec();
    for (name, value) in pairs {
        bytes.extend_from_slice(&size(name.as_ref().len()));
        bytes.extend_from_slice(&size(value.as_ref().len()));
    }
    for part in pairs.iter().flat_map(|(name, value)| [name.as_ref(), value.as_ref()]) {
        bytes.extend_from_slice(part);
        bytes.push(0);
    }
    bytes
}

fn number(bytes: &[u8]) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(bytes.try_into().ok()?)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(pairs: &[(&str, &[u8])]) -> Vec<u8> {
        encode(pairs)
    }

    #[test]
    fn what_is_encoded_is_read_back() {
        let long = vec![b'x'; 70_000];
        let pairs: [(&str, &[u8]); 4] = [("a", b""), ("", b"v"), ("long", &long), ("a", b"\0\xff")];
        let read = HeaderMap::new(bytes(&pairs));
        assert!(read.iter().eq(pairs.iter().map(|(name, value)| (name.as_bytes(), *value))));
        assert_eq!(bytes(&[("n", b"v")]), *b"\x01\0\0\0\x01\0\0\0\x01\0\0\0n\0v\0");
    }

    #[test]
    fn values_of_one_name_are_joined() {
        let headers = HeaderMap::new(bytes(&[("a", b"1"), ("b", b"\xff\0"), ("a", b""), ("a", b"2")]));
        assert_eq!(headers.get("a").as_deref(), Some(&b"1,,2"[..]));
        assert_eq!(headers.get("b").as_deref(), Some(&b"\xff\0"[..]));
        assert_eq!(headers.get("A"), None);
    }

    #[test]
    fn what_is_cut_off_ends_the_list() {
        let whole = bytes(&[("name", b"value"), ("other", b"more")]);
        assert_eq!(HeaderMap::new(whole.clone()).iter().count(), 2);
        for length in 0..whole.len() {
            let some = HeaderMap::new(whole[..length].to_vec());
            assert!(some.iter().count() < 2, "{length}");
        }
        for place in 0..20 {
            let mut wrong = whole.clone();
            wrong[place] = 0xff;
            let _ = HeaderMap::new(wrong).iter().count();
        }
    }
}
