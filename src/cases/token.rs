//! The description of a token in a case.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context, Result, anyhow, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::template::Scope;
use super::test_keys::TestKeys;
use crate::keys::Algorithm;

/// The default key of a token.
const DEFAULT_KEY: &str = "rsa";

/// A format for tokens in a file of cases. `mfa-gate test` uses [`TokenSpec`]; the repository's tests use one that can also
/// describe forged tokens.
pub trait TokenFormat: Clone + fmt::Debug + DeserializeOwned {
    /// The name of the token that this one extends.
    fn base(&self) -> Option<&str>;

    /// This description with defaults from another.
    fn over(&self, base: Self) -> Self;

    /// Creates a token that extends no other, in compact form.
    ///
    /// # Errors
    ///
    /// The description contradicts itself, or names something unknown.
    fn encode(&self, scope: &Scope<'_>) -> Result<Vec<u8>>;

    /// Resolves a `$name(arguments)` that [`Scope`] does not know. `None` if the name is unknown here too.
    ///
    /// # Errors
    ///
    /// The arguments are invalid.
    fn resolve(_keys: &TestKeys, _name: &str, _arguments: &str) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }

    /// Creates the token in compact form. `named` are the tokens of the file.
    ///
    /// # Errors
    ///
    /// As for [`TokenFormat::encode`], or the token extends an unknown token or itself.
    fn mint(&self, scope: &Scope<'_>, named: &BTreeMap<String, Self>) -> Result<Vec<u8>> {
        self.flattened(named, named.len() + 1)?.encode(scope)
    }

    /// The description merged with all descriptions that it extends.
    ///
    /// # Errors
    ///
    /// The token extends an unknown token, or more than `steps` tokens, and therefore itself.
    fn flattened(&self, named: &BTreeMap<String, Self>, steps: usize) -> Result<Self> {
        let Some(name) = self.base() else { return Ok(self.clone()) };
        let steps = steps.checked_sub(1).with_context(|| format!("token `{name}` extends itself"))?;
        Ok(self.over(named.get(name).with_context(|| no_token(name))?.flattened(named, steps)?))
    }
}

/// A token as its differences from the token in `from`, or from a token without claims.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TokenSpec {
    /// The token of the file that this one extends.
    from: Option<String>,
    /// The name of the signing key; by default `rsa`.
    key: Option<String>,
    /// The signature algorithm, and `alg` of the header unless `header` overrides it; by default that of the key.
    alg: Option<String>,
    /// Header members, which override `alg`, `kid` (the name of the key) and `typ: JWT`.
    header: Map<String, Value>,
    /// Header members to omit.
    header_without: Vec<String>,
    /// Claims, which override those of `from`.
    claims: Map<String, Value>,
    /// Claims to omit.
    without: Vec<String>,
}

/// The parts of an unsigned token.
#[derive(Debug)]
pub struct TokenParts {
    /// The name of the signing key.
    pub key: String,
    /// The name of the signature algorithm.
    pub algorithm: String,
    /// The header.
    pub header: Map<String, Value>,
    /// The claims.
    pub claims: Map<String, Value>,
}

impl TokenSpec {
    /// A token with these claims.
    pub fn of(key: &str, claims: Map<String, Value>, without: Vec<String>) -> Self {
        Self { key: Some(key.to_owned()), claims, without, ..Self::default() }
    }

    /// The header and the claims, with their `$names` replaced.
    ///
    /// # Errors
    ///
    /// A name is unknown, or a claim is both set and omitted.
    pub fn parts(&self, scope: &Scope<'_>) -> Result<TokenParts> {
        let key = self.key.as_deref().unwrap_or(DEFAULT_KEY).to_owned();
        let algorithm = match &self.alg {
            Some(algorithm) => algorithm.clone(),
            None => scope.keys().algorithm(&key)?.to_string(),
        };
        let mut header = Map::from_iter([
            ("alg".to_owned(), Value::from(algorithm.as_str())),
            ("kid".to_owned(), Value::from(key.as_str())),
            ("typ".to_owned(), Value::from("JWT")),
        ]);
        for name in &self.header_without {
            header.remove(name);
        }
        header.extend(scope.object(&self.header)?);
        let claims = scope.object(&self.claims)?;
        for name in &self.without {
            ensure!(!claims.contains_key(name), "claim `{name}` is both in `claims` and in `without`");
        }
        Ok(TokenParts { key, algorithm, header, claims })
    }
}

impl TokenFormat for TokenSpec {
    fn base(&self) -> Option<&str> {
        self.from.as_deref()
    }

    fn over(&self, mut base: Self) -> Self {
        base.claims.retain(|name, _| !self.without.contains(name));
        base.claims.extend(self.claims.clone());
        base.header.retain(|name, _| !self.header_without.contains(name));
        base.header.extend(self.header.clone());
        base.without.retain(|name| !self.claims.contains_key(name));
        base.without.extend(self.without.clone());
        base.header_without.retain(|name| !self.header.contains_key(name));
        base.header_without.extend(self.header_without.clone());
        Self {
            from: None,
            key: self.key.clone().or(base.key),
            alg: self.alg.clone().or(base.alg),
            header: base.header,
            header_without: base.header_without,
            claims: base.claims,
            without: base.without,
        }
    }

    fn encode(&self, scope: &Scope<'_>) -> Result<Vec<u8>> {
        let TokenParts { key, algorithm, header, claims } = self.parts(scope)?;
        let key = signing_key(scope.keys(), &key, &algorithm)?;
        Ok(key.sign(&Value::Object(header).to_string(), &Value::Object(claims).to_string()).into_bytes())
    }
}

/// A key that signs with the algorithm of this name.
///
/// # Errors
///
/// The key or the algorithm is unknown, or the algorithm requires a key of another type.
pub fn signing_key(keys: &TestKeys, key: &str, algorithm: &str) -> Result<super::signing_key::SigningKey> {
    let known = || format!("unknown algorithm `{algorithm}`; known: {}", Algorithm::NAMES.join(", "));
    keys.key(key)?.with_algorithm(Algorithm::parse(algorithm).ok_or_else(|| anyhow!(known()))?)
}

/// The message for an unknown token name.
pub fn no_token(name: &str) -> String {
    format!("the file has no token `{name}`")
}
