//! A token as a case describes it.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context, Result, anyhow, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::template::Scope;
use super::test_keys::TestKeys;
use crate::keys::Algorithm;

/// The key of a token that names none.
const DEFAULT_KEY: &str = "rsa";

/// A way to describe tokens in a file of cases. [`TokenSpec`] is that of `mfa-gate test`; the repository's tests have one
/// that describes forged tokens as well.
pub trait TokenFormat: Clone + fmt::Debug + DeserializeOwned {
    /// The name of the token that this one extends.
    fn base(&self) -> Option<&str>;

    /// This description laid over another.
    fn over(&self, base: Self) -> Self;

    /// Makes a token that extends no other, in its compact form.
    ///
    /// # Errors
    ///
    /// The description contradicts itself, or names something unknown.
    fn encode(&self, scope: &Scope<'_>) -> Result<Vec<u8>>;

    /// The value of a `$name(arguments)` that [`Scope`] does not know; `None` if it is unknown here as well.
    ///
    /// # Errors
    ///
    /// The arguments are wrong.
    fn resolve(_keys: &TestKeys, _name: &str, _arguments: &str) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }

    /// Makes the token in its compact form; `named` are the file's tokens.
    ///
    /// # Errors
    ///
    /// As for [`TokenFormat::encode`]; or the token extends an unknown one, or itself.
    fn mint(&self, scope: &Scope<'_>, named: &BTreeMap<String, Self>) -> Result<Vec<u8>> {
        self.whole(named, named.len() + 1)?.encode(scope)
    }

    /// The description laid over all that it extends.
    ///
    /// # Errors
    ///
    /// The token extends an unknown one, or more than `steps`: then it extends itself.
    fn whole(&self, named: &BTreeMap<String, Self>, steps: usize) -> Result<Self> {
        let Some(name) = self.base() else { return Ok(self.clone()) };
        let steps = steps.checked_sub(1).with_context(|| format!("token `{name}` is from itself"))?;
        Ok(self.over(named.get(name).with_context(|| no_token(name))?.whole(named, steps)?))
    }
}

/// A token by its difference from the one that it is `from`, or else from one without claims.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TokenSpec {
    /// The token of the file that this one extends.
    from: Option<String>,
    /// The name of the key that signs it; by default `rsa`.
    key: Option<String>,
    /// The algorithm that signs it, and that the header names unless `header` says otherwise; by default the key's.
    alg: Option<String>,
    /// Header members, laid over `alg`, `kid` (the key's name) and `typ: JWT`.
    header: Map<String, Value>,
    /// Header members it lacks.
    header_without: Vec<String>,
    /// Claims, laid over those of `from`.
    claims: Map<String, Value>,
    /// Claims it lacks.
    without: Vec<String>,
}

/// The parts of a token that is not signed yet.
#[derive(Debug)]
pub struct TokenParts {
    /// The name of the key that signs it.
    pub key: String,
    /// The name of the algorithm that signs it.
    pub algorithm: String,
    /// The header.
    pub header: Map<String, Value>,
    /// The claims.
    pub claims: Map<String, Value>,
}

impl TokenSpec {
    /// A token of claims.
    pub fn of(key: &str, claims: Map<String, Value>, without: Vec<String>) -> Self {
        TokenSpec { key: Some(key.to_owned()), claims, without, ..TokenSpec::default() }
    }

    /// Header and claims, with their `$names` replaced.
    ///
    /// # Errors
    ///
    /// A name is unknown, or a claim is both set and left out.
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
            ensure!(!claims.contains_key(name), "claim `{name}` is set and left out");
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
        TokenSpec {
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
/// The key or the algorithm is unknown, or the algorithm is for keys of another kind.
pub fn signing_key(keys: &TestKeys, key: &str, algorithm: &str) -> Result<super::signing_key::SigningKey> {
    let known = || format!("unknown algorithm `{algorithm}`; known: {}", Algorithm::NAMES.join(", "));
    keys.key(key)?.with_algorithm(Algorithm::parse(algorithm).ok_or_else(|| anyhow!(known()))?)
}

/// The message about a name that no token of the file has.
pub fn no_token(name: &str) -> String {
    format!("the file has no token `{name}`")
}
