//! Key pairs for the tokens of cases. Each is made when it is first used, and no run shares one with another.

use std::sync::OnceLock;

use anyhow::{Result, bail};
use serde_json::{Map, Value};

use super::signing_key::SigningKey;
use crate::keys::Algorithm;

/// The key that signs a case's `claims`. It is added to an issuer's own keys, so no issuer may use its name.
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
    /// The keys that any case can name: `rsa`, `p256`, `p384`, `ed25519` and [`TEST_KEY`].
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// These keys as well, each with its name and algorithm.
    pub fn with(more: &[(&'static str, Algorithm)]) -> Self {
        let keys = [
            ("rsa", Algorithm::Rs256),
            ("p256", Algorithm::Es256),
            ("p384", Algorithm::Es384),
            ("ed25519", Algorithm::EdDsa),
            (TEST_KEY, Algorithm::Es256),
        ];
        let all = keys.iter().chain(more);
        TestKeys(all.map(|&(name, algorithm)| TestKey { name, algorithm, key: OnceLock::new() }).collect())
    }

    fn find(&self, name: &str) -> Result<&TestKey> {
        match self.0.iter().find(|key| key.name == name) {
            Some(key) => Ok(key),
            None => {
                let known: Vec<_> = self.0.iter().map(|key| key.name).collect();
                bail!("no key is called `{name}`; known: {}", known.join(", "))
            }
        }
    }

    /// A key.
    ///
    /// # Errors
    ///
    /// No key has this name, or it cannot be made.
    pub fn key(&self, name: &str) -> Result<&SigningKey> {
        let TestKey { name, algorithm, key } = self.find(name)?;
        if let Some(key) = key.get() {
            return Ok(key);
        }
        let made = SigningKey::generate(*algorithm, Some((*name).to_owned()))?;
        Ok(key.get_or_init(|| made))
    }

    /// The algorithm that a key signs with by default.
    ///
    /// # Errors
    ///
    /// No key has this name.
    pub fn algorithm(&self, name: &str) -> Result<Algorithm> {
        Ok(self.find(name)?.algorithm)
    }

    /// The public key as a JWK. It names no `alg`, so that the key verifies every algorithm of its kind.
    ///
    /// # Errors
    ///
    /// No key has this name, or it cannot be made.
    pub fn jwk(&self, name: &str) -> Result<Map<String, Value>> {
        let Value::Object(mut jwk) = self.key(name)?.to_public_jwk()? else { bail!("a JWK is an object") };
        jwk.remove("alg");
        Ok(jwk)
    }
}
