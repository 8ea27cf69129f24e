//! An issuer's keys (RFC 7517 section 5).

use std::fmt;

use super::algorithm::Algorithm;
use super::jwk::JwkError;
use super::key::{Key, Source};
use crate::wire::json::Json;

/// Maximum number of keys in a set. Entra's common set has about ten.
pub const MAX_KEYS: usize = 256;

/// The keys of one issuer. No two have the same id.
#[derive(Debug)]
pub struct KeySet {
    keys: Vec<Key>,
}

/// What is wrong with a set, or with one of its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySetError {
    /// Index of the key; `None` for the set itself.
    pub key: Option<usize>,
    /// What is wrong.
    pub what: String,
}

/// The result of looking up a token's key.
#[derive(Debug)]
pub enum Lookup<'a> {
    /// This key; it permits the token's algorithm.
    Found(&'a Key),
    /// The key with that id is for another algorithm.
    OtherAlgorithm,
    /// No key has that id; or the token has no `kid`, and not exactly one key fits.
    Unknown,
}

impl std::error::Error for KeySetError {}

impl fmt::Display for KeySetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key {
            Some(index) => write!(f, "keys[{index}]: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

impl KeySet {
    /// Reads a JWKS. Skips keys with other uses or of unsupported kinds.
    ///
    /// # Errors
    ///
    /// Every invalid key; keys that share an id, as choosing one would be a guess; a set without a usable key.
    pub fn read(jwks: &Json<'_>) -> Result<Self, Vec<KeySetError>> {
        let jwks = jwks_of(jwks).map_err(|error| vec![error])?;
        let mut keys: Vec<Key> = Vec::new();
        let mut passed_over = Vec::new();
        let mut errors = Vec::new();
        for (index, jwk) in jwks.iter().enumerate() {
            let mut error = |what: String| errors.push(KeySetError { key: Some(index), what });
            match Key::from_jwk(jwk) {
                Ok(key) if key.id.is_some() && keys.iter().any(|other| other.id == key.id) => {
                    error(format!("kid `{}` appears twice", key.id.unwrap_or_default().escape_debug()));
                }
                Ok(key) => keys.push(key),
                Err(JwkError::Broken(what)) => error(what),
                Err(JwkError::NotForThis(what)) => passed_over.push(KeySetError { key: Some(index), what }),
            }
        }
        if errors.is_empty() && keys.is_empty() {
            errors.push(whole("the set has no verification key"));
            errors.append(&mut passed_over);
        }
        if errors.is_empty() { Ok(Self { keys }) } else { Err(errors) }
    }

    /// Reads a fetched JWKS: skips everything that is not a verification key, and all keys that share an id, as choosing one
    /// would be a guess.
    ///
    /// # Errors
    ///
    /// The JSON is not a key set, or none of its keys can be used.
    pub fn read_leniently(jwks: &Json<'_>) -> Result<Self, KeySetError> {
        let mut keys: Vec<Key> = Vec::new();
        let jwks = jwks_of(jwks)?;
        for jwk in jwks {
            keys.extend(Key::from_jwk(jwk));
        }
        let shared = |key: &Key| key.id.is_some() && keys.iter().filter(|other| other.id == key.id).count() > 1;
        let shared: Vec<bool> = keys.iter().map(shared).collect();
        let mut shared = shared.into_iter();
        keys.retain(|_| shared.next() == Some(false));
        if keys.is_empty() { Err(whole("the set has no verification key")) } else { Ok(Self { keys }) }
    }

    /// The key for a token with this `kid` and algorithm. A token without a `kid` gets a key only if exactly one permits its
    /// algorithm: keys are not tried in turn.
    pub fn find(&self, id: Option<&str>, algorithm: Algorithm, source: Source<'_>) -> Lookup<'_> {
        match id {
            Some(id) => match self.keys.iter().find(|key| key.id() == Some(id) && key.is_for(source)) {
                Some(key) if key.permits(algorithm) => Lookup::Found(key),
                Some(_) => Lookup::OtherAlgorithm,
                None => Lookup::Unknown,
            },
            None => {
                let mut fitting = self.keys.iter().filter(|key| key.permits(algorithm) && key.is_for(source));
                match (fitting.next(), fitting.next()) {
                    (Some(key), None) => Lookup::Found(key),
                    _ => Lookup::Unknown,
                }
            }
        }
    }

    /// The keys.
    pub fn iter(&self) -> impl Iterator<Item = &Key> {
        self.keys.iter()
    }
}

fn whole(what: &str) -> KeySetError {
    KeySetError { key: None, what: what.to_owned() }
}

fn jwks_of<'j>(jwks: &'j Json<'_>) -> Result<&'j [Json<'j>], KeySetError> {
    let Json::Object(jwks) = jwks else {
        return Err(whole("a key set is an object `{keys: [...]}`"));
    };
    match jwks.get("keys") {
        Some(Json::Array(jwks)) if jwks.len() <= MAX_KEYS => Ok(jwks),
        Some(Json::Array(_)) => Err(whole("a key set has at most 256 keys")),
        _ => Err(whole("a key set has an array `keys`")),
    }
}
