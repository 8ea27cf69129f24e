//! Key pairs for the tokens of cases. Each run generates its own keys, each on first use.

use std::sync::OnceLock;

use anyhow::{Result, bail};
use serde_json::{Map, Value};

use super::signing_key::SigningKey;
use crate::keys::Algorithm;

/// The key that signs a case's `claims`. It is added to the keys of an issuer, so no issuer may use its name.
pub const TEST_KEY: &str = "mfa-gate-test";

/// The keys by name.
pub struct TestKeys(Vec<TestKey>);

struct TestKey {
    name: &'static str,
    algorithm: Algorithm,
    key: OnceLock<SigningKey>,
}

impl Default for TestKeys {
    fn default() -> Self {
        Self::new()
    }
}

impl TestKeys {
    /// The keys available to every case: `rsa`, `p256`, `p384`, `ed25519` and [`TEST_KEY`].
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// The keys of [`TestKeys::new`] and additional ones, each with its name and algorithm.
    pub fn with(more: &[(&'static str, Algorithm)]) -> Self {
        let keys = [
            ("rsa", Algorithm::Rs256),
            ("p256", Algorithm::Es256),
            ("p384", Algorithm::Es384),
            ("ed25519", Algorithm::EdDsa),
            (TEST_KEY, Algorithm::Es256),
        ];
        let all = keys.iter().chain(more);
        Self(all.map(|&(name, algorithm)| TestKey { name, algorithm, key: OnceLock::new() }).collect())
    }

    fn find(&self, name: &str) -> Result<&TestKey> {
        match self.0.iter().find(|key| key.name == name) {
            Some(key) => Ok(key),
            None => {
                let known: Vec<_> = self.0.iter().map(|key| key.name).collect();
                bail!("unknown key `{name}`; known: {}", known.join(", "))
            }
        }
    }

    /// The key of this name.
    ///
    /// # Errors
    ///
    /// No key has this name, or generating it fails.
    pub fn key(&self, name: &str) -> Result<&SigningKey> {
        let TestKey { name, algorithm, key } = self.find(name)?;
        if let Some(key) = key.get() {
            return Ok(key);
        }
        let generated = SigningKey::generate(*algorithm, Some((*name).to_owned()))?;
        Ok(key.get_or_init(|| generated))
    }

    /// The default algorithm of a key.
    ///
    /// # Errors
    ///
    /// No key has this name.
    pub fn algorithm(&self, name: &str) -> Result<Algorithm> {
        Ok(self.find(name)?.algorithm)
    }

    /// The public key as a JWK without `alg`, so that it verifies every algorithm of its type.
    ///
    /// # Errors
    ///
    /// No key has this name, or generating it fails.
    pub fn jwk(&self, name: &str) -> Result<Map<String, Value>> {
        let Value::Object(mut jwk) = self.key(name)?.to_public_jwk()? else { bail!("a JWK is an object") };
        jwk.remove("alg");
        Ok(jwk)
    }
}
