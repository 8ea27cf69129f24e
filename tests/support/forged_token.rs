//! A token in the notation of the repository's own cases: that of `mfa-gate test`, with an attacker's changes.

use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mfa_gate::cases::template::Scope;
use mfa_gate::cases::test_keys::TestKeys;
use mfa_gate::cases::token::{TokenFormat, TokenParts, TokenSpec};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::forge;
use super::table::remove_members;

/// A token and the changes to it.
#[derive(Debug, Clone)]
pub(crate) struct ForgedToken {
    spec: TokenSpec,
    forgery: Forgery,
}

/// The changes to a token.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Forgery {
    /// The key of the HMAC algorithms.
    secret: Option<String>,
    /// The whole header, if it is not an object of members. `$members` is the members without the braces.
    header_text: Option<String>,
    /// The whole payload, if it is not an object of claims. `$members` is the claims without the braces.
    payload: Option<String>,
    /// The encoding of the payload, if it is not UTF-8: utf-16le, utf-16be or utf-32le.
    encoding: Option<String>,
    /// The size of the token in bytes. Spaces in the payload fill it up.
    size: Option<usize>,
    /// The lengths of header and payload modulo three. Spaces fill them up, so that the last base64url character of each has
    /// unused bits.
    align: Option<usize>,
    /// The encoded header before signing, from `$segment`.
    header_segment: Option<String>,
    /// The encoded payload before signing, from `$segment`.
    payload_segment: Option<String>,
    /// The encoded signature, from `$segment`.
    signature_segment: Option<String>,
    /// The bytes of the signature, from `$signature`.
    signature: Option<String>,
    /// The layout of the token, if it is not `$header.$payload.$signature`.
    compact: Option<String>,
}

/// The fields of [`Forgery`].
const FORGERY: [&str; 11] = [
    "secret",
    "header_text",
    "payload",
    "encoding",
    "size",
    "align",
    "header_segment",
    "payload_segment",
    "signature_segment",
    "signature",
    "compact",
];

impl<'de> Deserialize<'de> for ForgedToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut members = Map::deserialize(deserializer)?;
        let forgery = serde_json::from_value(remove_members(&mut members, &FORGERY)).map_err(D::Error::custom)?;
        let spec = serde_json::from_value(Value::Object(members)).map_err(D::Error::custom)?;
        Ok(Self { spec, forgery })
    }
}

impl TokenFormat for ForgedToken {
    fn base(&self) -> Option<&str> {
        self.spec.base()
    }

    fn over(&self, base: Self) -> Self {
        Self { spec: self.spec.over(base.spec), forgery: self.forgery.over(base.forgery) }
    }

    fn encode(&self, scope: &Scope<'_>) -> Result<Vec<u8>> {
        let TokenParts { key, algorithm, header, claims } = self.spec.parts(scope)?;
        let forgery = &self.forgery;
        let sign = |secret: &[u8], message: &[u8]| forge::sign(scope.keys(), &algorithm, &key, secret, message);

        let mut header = json_text(scope, &header, forgery.header_text.as_deref(), forgery.align)?;
        let mut payload = json_text(scope, &claims, forgery.payload.as_deref(), forgery.align)?;
        if let Some(encoding) = &forgery.encoding {
            payload = encoded(encoding, &payload)?;
        }
        if let Some(size) = forgery.size {
            let signature = URL_SAFE_NO_PAD.encode(sign(&[], b"")?);
            fill_up(&mut header, &mut payload, size.saturating_sub(signature.len() + 2))?;
        }
        let header = segment(scope, &header, forgery.header_segment.as_deref())?;
        let payload = segment(scope, &payload, forgery.payload_segment.as_deref())?;
        let signed = [header.as_slice(), b".", payload.as_slice()].concat();
        let secret = forgery.secret.as_deref().map(|secret| scope.bytes(secret)).transpose()?.unwrap_or_default();
        let signature = sign(&secret, &signed)?;
        let signature = match &forgery.signature {
            Some(template) => scope.with([("signature", signature)]).bytes(template)?,
            None => signature,
        };
        let signature = segment(scope, &signature, forgery.signature_segment.as_deref())?;
        let parts = [("header", header), ("payload", payload), ("signature", signature)];
        scope.with(parts).bytes(forgery.compact.as_deref().unwrap_or("$header.$payload.$signature"))
    }

    fn resolve(keys: &TestKeys, name: &str, arguments: &str) -> Result<Option<Vec<u8>>> {
        forge::resolve(keys, name, arguments)
    }
}

impl Forgery {
    fn over(&self, base: Self) -> Self {
        let own = self.clone();
        Self {
            secret: own.secret.or(base.secret),
            header_text: own.header_text.or(base.header_text),
            payload: own.payload.or(base.payload),
            encoding: own.encoding.or(base.encoding),
            size: own.size.or(base.size),
            align: own.align.or(base.align),
            header_segment: own.header_segment.or(base.header_segment),
            payload_segment: own.payload_segment.or(base.payload_segment),
            signature_segment: own.signature_segment.or(base.signature_segment),
            signature: own.signature.or(base.signature),
            compact: own.compact.or(base.compact),
        }
    }
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
            scope.with([("members", members)]).bytes(template)?
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

/// Adds spaces until the two have this number of characters when encoded.
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
        // Base64url cannot have every length; a longer header compensates.
        header.push(b' ');
        payload.truncate(payload.trim_ascii_end().len());
    }
}

/// Encodes, and applies the change of the case to the encoding.
fn segment(scope: &Scope<'_>, bytes: &[u8], change: Option<&str>) -> Result<Vec<u8>> {
    let encoded = URL_SAFE_NO_PAD.encode(bytes);
    let changed = match change {
        None => return Ok(encoded.into_bytes()),
        Some("standard alphabet") => encoded.replace('-', "+").replace('_', "/").into_bytes(),
        Some("spare bits set") => spare_bits_set(&encoded)?,
        Some(template) => {
            let (first, second) = encoded.split_at(encoded.len() / 2);
            let parts = [("segment", encoded.as_str()), ("first_half", first), ("second_half", second)];
            scope.with(parts.map(|(name, part)| (name, part.as_bytes().to_vec()))).bytes(template)?
        }
    };
    ensure!(changed != encoded.as_bytes(), "the change of a segment changes nothing");
    Ok(changed)
}

/// Another encoding of the same bytes: an unused bit of the last character is set (RFC 4648 section 3.5).
fn spare_bits_set(encoded: &str) -> Result<Vec<u8>> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    ensure!(!encoded.len().is_multiple_of(4), "no bits to spare; `align` makes some");
    let mut bytes = encoded.as_bytes().to_vec();
    let last = bytes.pop().and_then(|last| ALPHABET.iter().position(|&c| c == last));
    bytes.push(ALPHABET[last.context("an empty segment has no bits to spare")? | 1]);
    Ok(bytes)
}
