//! The keys that verify a token: those of the configuration and of `--keys`. If neither has a key, a stand-in lets the other
//! checks of the token run as if its signature were valid.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use mfa_gate::gate::Gate;
use mfa_gate::issuer::Issuer;
use mfa_gate::issuer::{InlineKeys, KeyStore};
use mfa_gate::keys::{Algorithm, Key, KeySet, KeySource, RustCrypto, Verifier};
use mfa_gate::token::Header;
use mfa_gate::wire::json::Json;
use serde_json::{Value, json};

use super::wording;
use crate::config_file::ConfigFile;
use crate::input;
use crate::terminal;
use mfa_gate::cases::signing_key::SigningKey;

/// The maximum depth of a key set, far above that of a real one.
const MAX_DEPTH: usize = 16;

/// A key store and verifier that records the result of the signature check.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// The key sets of `--keys`, each with the index of its issuer.
    given: Vec<(usize, Arc<KeySet>)>,
    stand_in: Option<Arc<KeySet>>,
    signature: Cell<Option<Signature>>,
}

/// The result of a token's signature check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signature {
    /// Valid.
    Verified,
    /// Invalid.
    Invalid,
    /// Assumed valid: no key is known.
    NotVerified,
}

impl Signature {
    /// The name in JSON.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Invalid => "invalid",
            Self::NotVerified => "not-verified",
        }
    }
}

impl Keys {
    /// Reads the key sets of `--keys`, each `FILE` or `ISSUER=FILE`.
    ///
    /// # Errors
    ///
    /// The issuer of the keys is not clear, or a file is not a key set.
    pub(super) fn read(given: &[String], file: &ConfigFile, config: &Path) -> Result<Self> {
        let mut keys = Self::default();
        for argument in given {
            let (issuer, path) = issuer_and_file(argument, &file.gate, config)?;
            if keys.given.iter().any(|(index, _)| *index == issuer.index) {
                bail!("--keys: given twice for issuer {}", wording::issuer(&issuer.name));
            }
            let text = input::read(&path)?;
            let set = Json::parse(text.as_bytes(), MAX_DEPTH).map_err(|error| anyhow!("{error}"));
            let set = set.and_then(|json| KeySet::read_leniently(&json).map_err(|error| anyhow!(error.what)));
            let set = set.with_context(|| format!("--keys: {}", input::name(&path)))?;
            keys.given.push((issuer.index, Arc::new(set)));
        }
        Ok(keys)
    }

    /// Adds a stand-in for the key that a token names.
    pub(super) fn stand_in_for(&mut self, header: &Header) -> Result<()> {
        let mut jwk = match header.algorithm {
            // The key verifies nothing, and generating an RSA key pair is slow.
            Algorithm::Rs256
            | Algorithm::Rs384
            | Algorithm::Rs512
            | Algorithm::Ps256
            | Algorithm::Ps384
            | Algorithm::Ps512 => json!({"kty": "RSA", "n": format!("{}w", "_".repeat(341)), "e": "AQAB"}),
            Algorithm::Es256 | Algorithm::Es384 | Algorithm::EdDsa => {
                SigningKey::generate(header.algorithm, Some(String::new()))?.to_public_jwk()?
            }
        };
        jwk["kid"] = header.key_id.clone().map_or(Value::Null, Value::String);
        if let Some(members) = jwk.as_object_mut() {
            members.retain(|_, value| !value.is_null());
        }
        let text = json!({"keys": [jwk]}).to_string();
        let json = Json::parse(text.as_bytes(), MAX_DEPTH).map_err(|error| anyhow!("{error}"))?;
        self.stand_in = Some(Arc::new(KeySet::read_leniently(&json).map_err(|error| anyhow!(error.what))?));
        Ok(())
    }

    /// Whether this key set is the stand-in.
    pub(super) fn is_stand_in(&self, set: &Arc<KeySet>) -> bool {
        self.stand_in.as_ref().is_some_and(|stand_in| Arc::ptr_eq(stand_in, set))
    }

    /// The result of the last signature check; `None` if no signature was checked.
    pub(super) fn signature(&self) -> Option<Signature> {
        self.signature.get()
    }
}

impl KeyStore for Keys {
    fn key_set(&self, issuer: &Issuer) -> Option<Arc<KeySet>> {
        let given = self.given.iter().find(|(index, _)| *index == issuer.index).map(|(_, set)| set);
        let stand_in = self.stand_in.as_ref().filter(|_| is_fetched(issuer));
        given.or(stand_in).map(Arc::clone).or_else(|| InlineKeys.key_set(issuer))
    }
}

impl Verifier for Keys {
    fn verify(&self, key: &Key, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let is_stand_in = self.stand_in.iter().flat_map(|set| set.iter()).any(|stand_in| std::ptr::eq(stand_in, key));
        let result = match is_stand_in {
            true => Signature::NotVerified,
            false if RustCrypto.verify(key, algorithm, message, signature) => Signature::Verified,
            false => Signature::Invalid,
        };
        self.signature.set(Some(result));
        result != Signature::Invalid
    }
}

fn is_fetched(issuer: &Issuer) -> bool {
    matches!(issuer.keys, KeySource::Fetched(_))
}

/// The issuer and the file in an argument of `--keys`.
fn issuer_and_file<'g>(argument: &str, gate: &'g Gate, config: &Path) -> Result<(&'g Issuer, PathBuf)> {
    let named = gate.trust.issuers.iter().find_map(|issuer| {
        let file = argument.strip_prefix(&issuer.name.to_string())?.strip_prefix('=')?;
        Some((issuer.as_ref(), PathBuf::from(file)))
    });
    if let Some((issuer, _)) = &named
        && !is_fetched(issuer)
    {
        bail!("--keys: issuer {} does not fetch its keys", wording::issuer(&issuer.name));
    }
    if let Some(named) = named {
        return Ok(named);
    }
    let fetched: Vec<&Issuer> =
        gate.trust.issuers.iter().map(Arc::as_ref).filter(|issuer| is_fetched(issuer)).collect();
    match fetched[..] {
        [] => bail!("--keys: no issuer in {} fetches its keys", input::name(config)),
        [only] => Ok((only, PathBuf::from(argument))),
        [..] => {
            let names: Vec<_> = fetched.iter().map(|issuer| issuer.name.to_string()).collect();
            bail!(
                "--keys: write ISSUER={} to name the issuer of the keys; issuers that fetch their keys: {}",
                terminal::escaped(argument),
                terminal::list(&names)
            )
        }
    }
}
