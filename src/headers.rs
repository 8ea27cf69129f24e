//! A request's headers as proxy-wasm hands them over, all at once: one call to a host costs more than any search here.

use std::borrow::Cow;

/// Header pairs in proxy-wasm's form: their number, the sizes of each name and value, then each with a zero byte behind it;
/// numbers are 32 bits, little endian.
#[derive(Debug, Default)]
pub struct Headers(Vec<u8>);

const NUMBER: usize = 4;

impl Headers {
    /// The headers in these bytes. Where they are not in that form, those before the first that is not.
    pub fn new(bytes: Vec<u8>) -> Self {
        Headers(bytes)
    }

    /// Names and values, in their order.
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

    /// The value of a header; several of one name joined with commas (RFC 9110 section 5.3), so that none is overlooked
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

fn number(bytes: &[u8]) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(bytes.try_into().ok()?)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(pairs: &[(&str, &[u8])]) -> Vec<u8> {
        let size = |length: usize| u32::try_from(length).unwrap().to_le_bytes();
        let mut bytes = size(pairs.len()).to_vec();
        bytes.extend(pairs.iter().flat_map(|(name, value)| [size(name.len()), size(value.len())]).flatten());
        for (name, value) in pairs {
            bytes.extend_from_slice(&[name.as_bytes(), b"\0", value, b"\0"].concat());
        }
        bytes
    }

    #[test]
    fn values_of_one_name_are_joined() {
        let headers = Headers::new(bytes(&[("a", b"1"), ("b", b"\xff\0"), ("a", b""), ("a", b"2")]));
        assert_eq!(headers.get("a").as_deref(), Some(&b"1,,2"[..]));
        assert_eq!(headers.get("b").as_deref(), Some(&b"\xff\0"[..]));
        assert_eq!(headers.get("A"), None);
    }

    #[test]
    fn what_is_cut_off_ends_the_list() {
        let whole = bytes(&[("name", b"value"), ("other", b"more")]);
        assert_eq!(Headers::new(whole.clone()).iter().count(), 2);
        for length in 0..whole.len() {
            let some = Headers::new(whole[..length].to_vec());
            assert!(some.iter().count() < 2, "{length}");
        }
        for place in 0..20 {
            let mut wrong = whole.clone();
            wrong[place] = 0xff;
            let _ = Headers::new(wrong).iter().count();
        }
    }
}
