//! Decodes the compact serialization of a JWS (RFC 7515 section 3.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::claims::Claims;
use super::error::TokenError;
use super::header::LastHeader;
use super::rules::TokenRules;
use super::verify::Unverified;
use crate::wire::json::Json;

/// The three parts of a compact JWS, decoded but not parsed.
#[derive(Debug)]
pub struct Compact<'a> {
    signed: &'a [u8],
    header: Vec<u8>,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> Compact<'a> {
    /// Splits and decodes a token.
    ///
    /// # Errors
    ///
    /// The token is too large, does not have three parts (RFC 7515 section 7.1; a JWE has five), or a part is not canonical,
    /// unpadded base64url (RFC 7515 section 2).
    pub fn decode(token: &'a [u8], rules: &TokenRules) -> Result<Self, TokenError> {
        if token.len() > rules.max_bytes {
            return Err(TokenError::TooLarge { bytes: token.len(), max: rules.max_bytes });
        }
        // At most four parts are split off, however many dots there are (CVE-2025-30204).
        let text = std::str::from_utf8(token).map_err(|_| TokenError::Malformed("not ASCII".to_owned()))?;
        let mut parts = text.splitn(4, '.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenError::Malformed("not three parts separated by dots".to_owned()));
        };
        let signed_length = header.len().saturating_add(payload.len()).saturating_add(1);
        Ok(Compact {
            signed: token.get(..signed_length).unwrap_or_default(),
            header: decode("header", header)?,
            payload: decode("claims", payload)?,
            signature: decode("signature", signature)?,
        })
    }

    /// Parses the claims alone. They are not verified.
    ///
    /// # Errors
    ///
    /// The claims are not a JSON object.
    pub fn claims(&self, rules: &TokenRules) -> Result<Claims<'_>, TokenError> {
        match Json::parse(&self.payload, rules.max_depth) {
            Ok(Json::Object(claims)) => Ok(Claims::new(claims)),
            Ok(other) => Err(TokenError::Malformed(format!("the claims are {}, not an object", other.kind()))),
            Err(error) => Err(TokenError::Malformed(format!("the claims: {error}"))),
        }
    }

    /// Parses header and claims. A header equal to the last one is not parsed again.
    ///
    /// # Errors
    ///
    /// A part is not a JSON object, or the header requires a feature that is not supported.
    pub fn read(&self, rules: &TokenRules, last_header: &LastHeader) -> Result<Unverified<'_>, TokenError> {
        let header = last_header.read(&self.header, rules.max_depth)?;
        let claims = self.claims(rules)?;
        Ok(Unverified::new(header, claims, self.signed, &self.signature))
    }
}

fn decode(part: &str, text: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|error| TokenError::Malformed(format!("the {part} is not base64url: {error}")))
}
