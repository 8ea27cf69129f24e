//! Claims that Envoy's jwt_authn filter verified, in the dynamic metadata of a request.

use super::claims::Claims;
use super::error::TokenError;
use super::rules::TokenRules;
use super::trust::Trust;
use super::verify::{Verified, accept, check_tenant, issuer_of};
use crate::keys::KeySource;
use crate::time::UnixTime;
use crate::wire::google_struct;
use crate::wire::json::Json;
use crate::wire::protobuf::{Fields, Value};

/// The namespace in which jwt_authn leaves verified claims. Only filters can write metadata, clients cannot.
const NAMESPACE: &[u8] = b"envoy.filters.http.jwt_authn";

/// The claims of a token whose signature jwt_authn verified.
#[derive(Debug)]
pub struct Vouched<'a> {
    name: &'a str,
    claims: Claims<'a>,
}

impl<'a> Vouched<'a> {
    /// The entry of jwt_authn in an encoded `envoy.config.core.v3.Metadata`. Skips the entries of other filters.
    ///
    /// # Errors
    ///
    /// The bytes are not such a message.
    pub fn left_by_jwt_authn(metadata: &'a [u8]) -> Result<Option<&'a [u8]>, TokenError> {
        let mut left = None;
        // The first field is a map: on the wire, a list of entries.
        for field in Fields::of(metadata) {
            let (1, Value::Bytes(entry)) = field.map_err(malformed)? else { continue };
            let mut entry = Fields::of(entry);
            if entry.next() != Some(Ok((1, Value::Bytes(NAMESPACE)))) {
                continue;
            }
            match entry.next() {
                Some(Ok((2, Value::Bytes(fields)))) if left.is_none() => left = Some(fields),
                other => return Err(malformed(other)),
            }
        }
        Ok(left)
    }

    /// The claims under one of `names` in jwt_authn's entry.
    ///
    /// # Errors
    ///
    /// The entry holds several tokens, or one that is too large, nests too deeply, or is not a claims set.
    pub fn read(left: &'a [u8], names: &'a [String], rules: &TokenRules) -> Result<Option<Self>, TokenError> {
        // The same claims take more bytes in a token.
        if left.len() > rules.max_bytes {
            return Err(TokenError::TooLarge { bytes: left.len(), max: rules.max_bytes });
        }
        // Claims are nested one level deeper here than in a token.
        let mut left = google_struct::read(left, rules.max_depth.saturating_add(1)).map_err(malformed)?;
        let mut found = None;
        for name in names {
            match left.take(name) {
                None => {}
                Some(_) if found.is_some() => return Err(TokenError::SeveralInMetadata),
                Some(Json::Object(claims)) => found = Some(Vouched { name, claims: Claims::new(claims) }),
                Some(other) => return Err(malformed(other)),
            }
        }
        Ok(found)
    }

    /// The claims.
    pub fn claims(&self) -> &Claims<'a> {
        &self.claims
    }

    /// Checks everything but key and signature: issuer, tenant, audience, time, in this order.
    ///
    /// # Errors
    ///
    /// The first check that fails. The issuer must be `verified_by` this metadata name.
    pub fn verify(&self, trust: &Trust, now: UnixTime) -> Result<Verified, TokenError> {
        let (issuer, source) = issuer_of(&self.claims, trust)?;
        if !matches!(&issuer.keys, KeySource::Metadata(name) if name == self.name) {
            return Err(TokenError::IssuerNotOfMetadata(source.iss.to_owned()));
        }
        check_tenant(issuer, source)?;
        accept(&self.claims, issuer, None, trust, now)
    }
}

fn malformed<E>(_: E) -> TokenError {
    TokenError::Malformed("jwt_authn's metadata are not a claims set".to_owned())
}
