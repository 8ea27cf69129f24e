//! A token as a case describes it, and its compact form.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
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
    /// A token of claims.
    pub fn of(key: &str, claims: Map<String, Value>, without: Vec<String>) -> Self {
        TokenSpec { key: Some(key.to_owned()), claims, without, ..TokenSpec::default() }
    }

    /// The token with all it is `from` laid beneath it.
    fn whole(&self, named: &BTreeMap<String, TokenSpec>, steps: usize) -> Result<TokenSpec> {
        let Some(name) = &self.from else { return Ok(self.clone()) };
        // More steps than tokens is a circle.
        let steps = steps.checked_sub(1).with_context(|| format!("token `{name}` is from itself"))?;
        let mut base = named.get(name).with_context(|| no_token(name))?.whole(named, steps)?;
        base.claims.retain(|name, _| !self.without.contains(name));
        base.claims.extend(self.claims.clone());
        base.header.retain(|name, _| !self.header_without.contains(name));
        base.header.extend(self.header.clone());
        base.without.retain(|name| !self.claims.contains_key(name));
        base.without.extend(self.without.clone());
        base.header_without.retain(|name| !self.header.contains_key(name));
        base.header_without.extend(self.header_without.clone());
        Ok(TokenSpec {
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
        })
    }

    /// Makes it.
    pub fn mint(&self, scope: &Scope<'_>, named: &BTreeMap<String, TokenSpec>) -> Result<Vec<u8>> {
        let spec = self.whole(named, named.len() + 1)?;
        let key = spec.key.as_deref().unwrap_or("rsa");
        let algorithm = match &spec.alg {
            Some(algorithm) => algorithm.as_str(),
            None => scope.forge.algorithm(key)?,
        };

        let mut header = Map::from_iter([
            ("alg".to_owned(), Value::from(algorithm)),
            ("kid".to_owned(), Value::from(key)),
            ("typ".to_owned(), Value::from("JWT")),
        ]);
        for name in &spec.header_without {
            header.remove(name);
        }
        header.extend(scope.object(&spec.header)?);
        let claims = scope.object(&spec.claims)?;
        for name in &spec.without {
            ensure!(!claims.contains_key(name), "claim `{name}` is set and left out");
        }

        let mut header = json_text(scope, &header, spec.header_text.as_deref(), spec.align)?;
        let mut payload = json_text(scope, &claims, spec.payload.as_deref(), spec.align)?;
        if let Some(encoding) = &spec.encoding {
            payload = encoded(encoding, &payload)?;
        }
        if let Some(size) = spec.size {
            let signature = URL_SAFE_NO_PAD.encode(scope.forge.sign(algorithm, key, &[], b"")?);
            fill_up(&mut header, &mut payload, size.saturating_sub(signature.len() + 2))?;
        }
        let header = segment(scope, &header, spec.header_segment.as_deref())?;
        let payload = segment(scope, &payload, spec.payload_segment.as_deref())?;
        let signed = [header.as_slice(), b".", payload.as_slice()].concat();
        let secret = spec.secret.as_deref().map(|secret| scope.bytes(secret)).transpose()?.unwrap_or_default();
        let signature = scope.forge.sign(algorithm, key, &secret, &signed)?;
        let signature = match &spec.signature {
            Some(template) => within(scope, vec![("signature", signature)]).bytes(template)?,
            None => signature,
        };
        let signature = segment(scope, &signature, spec.signature_segment.as_deref())?;
        let parts = vec![("header", header), ("payload", payload), ("signature", signature)];
        within(scope, parts).bytes(spec.compact.as_deref().unwrap_or("$header.$payload.$signature"))
    }
}

/// What is said of a name that no token of the file has.
pub fn no_token(name: &str) -> String {
    format!("the file has no token `{name}`")
}

fn within<'a>(scope: &'a Scope<'a>, local: Vec<(&'a str, Vec<u8>)>) -> Scope<'a> {
    let local = local.into_iter().chain(scope.local.iter().cloned()).collect();
    Scope { forge: scope.forge, now: scope.now, local }
}

fn json_text(
    scope: &Scope<'_>,
    members: &Map<String, Value>,
    template: Option<&str>,
    align: Option<usize>,
) -> Result<Vec<u8>> {
    let text = Value::Object(members.clone()).to_string();
    let mut text = match template {
        Some(template) => {
            let members = text.as_bytes()[1..text.len() - 1].to_vec();
            within(scope, vec![("members", members)]).bytes(template)?
        }
        None => text.into_bytes(),
    };
    ensure!(align.is_none_or(|rest| rest < 3), "`align` is a rest of division by three");
    while align.is_some_and(|rest| text.len() % 3 != rest) {
        text.push(b' ');
    }
    Ok(text)
}

fn encoded(encoding: &str, text: &[u8]) -> Result<Vec<u8>> {
    let text = std::str::from_utf8(text).context("a payload to be encoded is text")?;
    Ok(match encoding {
        "utf-16le" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "utf-16be" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        "utf-32le" => text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect(),
        other => bail!("no encoding `{other}`"),
    })
}

/// Adds spaces until the two have so many characters once encoded.
fn fill_up(header: &mut Vec<u8>, payload: &mut Vec<u8>, size: usize) -> Result<()> {
    let encoded = |bytes: &[u8]| (bytes.len() * 4).div_ceil(3);
    ensure!(encoded(header) + encoded(payload) < size, "the token is larger already");
    loop {
        while encoded(header) + encoded(payload) < size {
            payload.push(b' ');
        }
        if encoded(header) + encoded(payload) == size {
            return Ok(());
        }
        // Not every length is one of base64; another header makes up for it.
        header.push(b' ');
        payload.truncate(payload.trim_ascii_end().len());
    }
}

/// Encodes, and then does to the encoding what the case says.
fn segment(scope: &Scope<'_>, bytes: &[u8], change: Option<&str>) -> Result<Vec<u8>> {
    let encoded = URL_SAFE_NO_PAD.encode(bytes);
    let changed = match change {
        None => return Ok(encoded.into_bytes()),
        Some("standard alphabet") => encoded.replace('-', "+").replace('_', "/").into_bytes(),
        Some("spare bits set") => spare_bits_set(&encoded)?,
        Some(template) => {
            let (first, second) = encoded.split_at(encoded.len() / 2);
            let parts = [("segment", encoded.as_str()), ("first_half", first), ("second_half", second)];
            within(scope, parts.iter().map(|(name, part)| (*name, part.as_bytes().to_vec())).collect())
                .bytes(template)?
        }
    };
    ensure!(changed != encoded.as_bytes(), "the change of a segment changes nothing");
    Ok(changed)
}

/// The same bytes in another spelling: the last character with a bit set that no byte uses (RFC 4648 section 3.5).
fn spare_bits_set(encoded: &str) -> Result<Vec<u8>> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    ensure!(!encoded.len().is_multiple_of(4), "no bits to spare; `align` makes some");
    let mut bytes = encoded.as_bytes().to_vec();
    let last = bytes.pop().and_then(|last| ALPHABET.iter().position(|&c| c == last));
    bytes.push(ALPHABET[last.context("an empty segment has no bits to spare")? | 1]);
    Ok(bytes)
}
