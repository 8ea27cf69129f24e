//! A token as a case describes it, and its compact form.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::template::Scope;

/// A token by what tells it from another: the one it is `from`, or else one with no claims.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TokenSpec {
    /// The token of the file that this one is like.
    from: Option<String>,
    /// The key that signs it. `rsa` unless said otherwise.
    key: Option<String>,
    /// The algorithm it is signed by and, unless `header` says otherwise, names. That of the key unless said otherwise.
    alg: Option<String>,
    /// The key of the HMAC algorithms.
    secret: Option<String>,
    /// Header members, laid over `alg`, `kid` (the key's name) and `typ: JWT`.
    header: Map<String, Value>,
    /// Header members it lacks.
    header_without: Vec<String>,
    /// The whole header, where JSON made from members will not do. `$members` is those, without the braces.
    header_text: Option<String>,
    /// Claims, laid over those of `from`.
    claims: Map<String, Value>,
    /// Claims it lacks.
    without: Vec<String>,
    /// The whole payload, where JSON made from claims will not do. `$members` is those, without the braces.
    payload: Option<String>,
    /// The encoding of the payload, where it is not UTF-8: utf-16le, utf-16be or utf-32le.
    encoding: Option<String>,
    /// Fills the payload up with spaces until the token has so many bytes.
    size: Option<usize>,
    /// Fills header and payload up with spaces until their lengths leave this rest when divided by three, so that
    /// the last character of each has bits to spare.
    align: Option<usize>,
    /// What becomes of the encoded header before it is signed, by `$segment`.
    header_segment: Option<String>,
    /// What becomes of the encoded payload before it is signed, by `$segment`.
    payload_segment: Option<String>,
    /// What becomes of the encoded signature, by `$segment`.
    signature_segment: Option<String>,
    /// The signature itself, by `$signature`.
    signature: Option<String>,
    /// How the three become a token, where it is not `$header.$payload.$signature`.
    compact: Option<String>,
}

impl TokenSpec {
    /// The token with all it is `from` laid beneath it.
    fn whole(&self, named: &BTreeMap<String, TokenSpec>) -> TokenSpec {
        let Some(name) = &self.from else { return self.clone() };
        let mut base = named.get(name).unwrap_or_else(|| panic!("the file has no token `{name}`")).whole(named);
        base.claims.retain(|name, _| !self.without.contains(name));
        base.claims.extend(self.claims.clone());
        base.header.retain(|name, _| !self.header_without.contains(name));
        base.header.extend(self.header.clone());
        base.without.retain(|name| !self.claims.contains_key(name));
        base.without.extend(self.without.clone());
        base.header_without.retain(|name| !self.header.contains_key(name));
        base.header_without.extend(self.header_without.clone());
        TokenSpec {
            from: None,
            key: self.key.clone().or(base.key),
            alg: self.alg.clone().or(base.alg),
            secret: self.secret.clone().or(base.secret),
            header: base.header,
            header_without: base.header_without,
            header_text: self.header_text.clone().or(base.header_text),
            claims: base.claims,
            without: base.without,
            payload: self.payload.clone().or(base.payload),
            encoding: self.encoding.clone().or(base.encoding),
            size: self.size.or(base.size),
            align: self.align.or(base.align),
            header_segment: self.header_segment.clone().or(base.header_segment),
            payload_segment: self.payload_segment.clone().or(base.payload_segment),
            signature_segment: self.signature_segment.clone().or(base.signature_segment),
            signature: self.signature.clone().or(base.signature),
            compact: self.compact.clone().or(base.compact),
        }
    }

    /// Makes it.
    pub fn mint(&self, scope: &Scope<'_>, named: &BTreeMap<String, TokenSpec>) -> Vec<u8> {
        let spec = self.whole(named);
        let key = spec.key.as_deref().unwrap_or("rsa");
        let algorithm = spec.alg.as_deref().unwrap_or_else(|| scope.forge.algorithm(key));

        let mut header = Map::from_iter([
            ("alg".to_owned(), Value::from(algorithm)),
            ("kid".to_owned(), Value::from(key)),
            ("typ".to_owned(), Value::from("JWT")),
        ]);
        for name in &spec.header_without {
            header.remove(name);
        }
        header.extend(object(scope, &spec.header));
        let claims = object(scope, &spec.claims);
        for name in &spec.without {
            assert!(!claims.contains_key(name), "claim `{name}` is set and left out");
        }

        let mut header = json_text(scope, &header, spec.header_text.as_deref(), spec.align);
        let mut payload = json_text(scope, &claims, spec.payload.as_deref(), spec.align);
        if let Some(encoding) = &spec.encoding {
            payload = encoded(encoding, &payload);
        }
        if let Some(size) = spec.size {
            let signature = URL_SAFE_NO_PAD.encode(scope.forge.sign(algorithm, key, &[], b""));
            fill_up(&mut header, &mut payload, size - signature.len() - 2);
        }
        let header = segment(scope, &header, spec.header_segment.as_deref());
        let payload = segment(scope, &payload, spec.payload_segment.as_deref());
        let signed = [header.as_slice(), b".", payload.as_slice()].concat();
        let secret = spec.secret.as_deref().map(|secret| scope.bytes(secret)).unwrap_or_default();
        let signature = scope.forge.sign(algorithm, key, &secret, &signed);
        let signature = match &spec.signature {
            Some(template) => within(scope, vec![("signature", signature)]).bytes(template),
            None => signature,
        };
        let signature = segment(scope, &signature, spec.signature_segment.as_deref());
        let parts = vec![("header", header), ("payload", payload), ("signature", signature)];
        within(scope, parts).bytes(spec.compact.as_deref().unwrap_or("$header.$payload.$signature"))
    }
}

fn object(scope: &Scope<'_>, members: &Map<String, Value>) -> Map<String, Value> {
    match scope.json(&Value::Object(members.clone())) {
        Value::Object(members) => members,
        _ => unreachable!("an object stays one"),
    }
}

fn within<'a>(scope: &'a Scope<'a>, local: Vec<(&'a str, Vec<u8>)>) -> Scope<'a> {
    let local = local.into_iter().chain(scope.local.iter().cloned()).collect();
    Scope { forge: scope.forge, now: scope.now, local }
}

fn json_text(scope: &Scope<'_>, members: &Map<String, Value>, template: Option<&str>, align: Option<usize>) -> Vec<u8> {
    let text = Value::Object(members.clone()).to_string();
    let mut text = match template {
        Some(template) => within(scope, vec![("members", text.as_bytes()[1..text.len() - 1].to_vec())]).bytes(template),
        None => text.into_bytes(),
    };
    while align.is_some_and(|rest| text.len() % 3 != rest) {
        text.push(b' ');
    }
    text
}

fn encoded(encoding: &str, text: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(text.to_vec()).expect("a payload to be encoded is text");
    match encoding {
        "utf-16le" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "utf-16be" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        "utf-32le" => text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect(),
        other => panic!("no encoding `{other}`"),
    }
}

/// Adds spaces until the two have so many characters once encoded.
fn fill_up(header: &mut Vec<u8>, payload: &mut Vec<u8>, size: usize) {
    let encoded = |bytes: &[u8]| (bytes.len() * 4).div_ceil(3);
    assert!(encoded(header) + encoded(payload) < size, "the token is larger already");
    loop {
        while encoded(header) + encoded(payload) < size {
            payload.push(b' ');
        }
        if encoded(header) + encoded(payload) == size {
            return;
        }
        // Not every length is one of base64; another header makes up for it.
        header.push(b' ');
        payload.truncate(payload.trim_ascii_end().len());
    }
}

/// Encodes, and then does to the encoding what the case says.
fn segment(scope: &Scope<'_>, bytes: &[u8], change: Option<&str>) -> Vec<u8> {
    let encoded = URL_SAFE_NO_PAD.encode(bytes);
    let changed = match change {
        None => return encoded.into_bytes(),
        Some("standard alphabet") => encoded.replace('-', "+").replace('_', "/").into_bytes(),
        Some("spare bits set") => spare_bits_set(&encoded),
        Some(template) => {
            let (first, second) = encoded.split_at(encoded.len() / 2);
            let parts = [("segment", encoded.as_str()), ("first_half", first), ("second_half", second)];
            within(scope, parts.iter().map(|(name, part)| (*name, part.as_bytes().to_vec())).collect()).bytes(template)
        }
    };
    assert_ne!(changed, encoded.as_bytes(), "the change changes nothing");
    changed
}

/// The same bytes in another spelling: the last character with a bit set that no byte uses (RFC 4648 section 3.5).
fn spare_bits_set(encoded: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    assert_ne!(encoded.len() % 4, 0, "no bits to spare; `align` makes some");
    let mut bytes = encoded.as_bytes().to_vec();
    let last = bytes.pop().expect("a last character");
    let value = ALPHABET.iter().position(|&c| c == last).expect("base64url");
    bytes.push(ALPHABET[value | 1]);
    bytes
}

/// The ways to spoil a token of which each is tried at every place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spoiling {
    /// Each bit turned over.
    BitFlip,
    /// Each shorter beginning.
    Truncation,
    /// Each character of printable ASCII behind it.
    Extension,
}

impl Spoiling {
    /// Every spoilt token, with a word on where it is spoilt.
    pub fn all(self, token: &[u8]) -> Vec<(String, Vec<u8>)> {
        match self {
            Spoiling::BitFlip => (0..token.len() * 8)
                .map(|bit| {
                    let mut token = token.to_vec();
                    token[bit / 8] ^= 1 << (bit % 8);
                    (format!("bit {bit}"), token)
                })
                .collect(),
            Spoiling::Truncation => {
                (0..token.len()).map(|length| (format!("{length} bytes"), token[..length].to_vec())).collect()
            }
            Spoiling::Extension => (0x21..0x7f_u8)
                .map(|byte| (format!("with `{}`", char::from(byte)), [token, &[byte]].concat()))
                .collect(),
        }
    }
}
