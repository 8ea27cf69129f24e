//! `mint`: generates key pairs and signs tokens for demos and policy tests.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use chrono::Utc;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use mfa_gate::keys::Algorithm;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::input;
use mfa_gate::cases::signing_key::SigningKey;

const KEY_EXAMPLES: &str = "\
Examples:
  mfa-gate mint key --alg ES256 --kid demo --out private.jwk --jwks jwks.json";

const TOKEN_EXAMPLES: &str = "\
Examples:
  mfa-gate mint token --key private.jwk --claims claims.json --expires-in 10m > token.jwt
  echo '{\"amr\": [\"pwd\", \"mfa\"]}' | mfa-gate mint token --key private.jwk --claims -";

/// Generate keys and sign tokens for demos and policy tests
#[derive(Subcommand)]
pub(crate) enum Mint {
    Key(Key),
    Token(Token),
}

impl Mint {
    /// Runs the subcommand. Returns the text for standard output.
    pub(crate) fn run(&self) -> Result<String> {
        match self {
            Self::Key(key) => key.run(),
            Self::Token(token) => token.run(),
        }
    }
}

/// Generate a key pair
///
/// RSA keys have 2048 bits.
#[derive(Args)]
#[command(after_long_help = KEY_EXAMPLES)]
pub(crate) struct Key {
    /// The algorithm of the key
    #[arg(long, value_parser = algorithm())]
    alg: Algorithm,
    /// The key id [default: the RFC 7638 thumbprint]
    #[arg(long)]
    kid: Option<String>,
    /// The file for the private JWK; it must not exist
    #[arg(long, value_name = "PRIVATE.jwk")]
    out: PathBuf,
    /// Add the public key to this JWKS file, and create it if it does not exist [default: print a JWKS]
    #[arg(long, value_name = "JWKS.json")]
    jwks: Option<PathBuf>,
}

impl Key {
    fn run(&self) -> Result<String> {
        let key = SigningKey::generate(self.alg, self.kid.clone())?;
        // Checks the set first: if it rejects the key, no private key is left behind.
        let set = self.jwks.as_deref().map(JwksFile::read).transpose()?;
        let set = set.map(|set| set.with(&key)).transpose()?;

        write(&private_file(), &self.out, &key.to_private_jwk()?)?;
        match set {
            Some(set) => set.write().map(|()| String::new()),
            None => pretty(&json!({"keys": [key.to_public_jwk()?]})),
        }
    }
}

/// Sign claims without checking them
///
/// The claims are a JSON object, which is signed unchanged, except that missing `iat`, `nbf` (both now) and `exp` are added.
#[derive(Args)]
#[command(after_long_help = TOKEN_EXAMPLES)]
pub(crate) struct Token {
    /// The private JWK, with `alg` and `kid`
    #[arg(long, value_name = "PRIVATE.jwk")]
    key: PathBuf,
    /// The file with the claims; `-` reads standard input
    #[arg(long, value_name = "FILE|-")]
    claims: PathBuf,
    /// The lifetime of the token, for example `90s`, `10m` or `1h`
    #[arg(long, default_value = "1h", value_parser = seconds)]
    expires_in: i64,
    /// The `typ` of the token's header
    #[arg(long, default_value = "JWT")]
    typ: String,
    /// Do not add `iat`, `nbf` and `exp`
    #[arg(long, conflicts_with = "expires_in")]
    no_times: bool,
}

impl Token {
    fn run(&self) -> Result<String> {
        let jwk = input::read(&self.key)?;
        let key = serde_json::from_str(&jwk)
            .map_err(anyhow::Error::from)
            .and_then(|jwk| SigningKey::from_jwk(&jwk))
            .with_context(|| input::name(&self.key))?;
        let now = Utc::now().timestamp();
        let times = match self.no_times {
            true => vec![],
            false => vec![("iat", now), ("nbf", now), ("exp", now.saturating_add(self.expires_in))],
        };
        let claims = with_times(&input::read(&self.claims)?, &times).with_context(|| input::name(&self.claims))?;
        let header = json!({"alg": key.algorithm().as_str(), "kid": key.id(), "typ": self.typ});
        Ok(key.sign(&header.to_string(), &claims) + "\n")
    }
}

/// Adds missing times to the claims. Keeps all other bytes, so that a test can sign JSON that no serializer writes.
fn with_times(claims: &str, times: &[(&str, i64)]) -> Result<String> {
    let claims = claims.trim();
    let rest = claims.strip_prefix('{').context("expected a JSON object of claims")?;
    let names: BTreeMap<String, IgnoredAny> = serde_json::from_str(claims).context("not JSON")?;
    let added: Vec<String> = times
        .iter()
        .filter(|(name, _)| !names.contains_key(*name))
        .map(|(name, time)| format!("\"{name}\":{time}"))
        .collect();
    let comma = if added.is_empty() || names.is_empty() { "" } else { "," };
    Ok(format!("{{{}{comma}{rest}", added.join(",")))
}

fn algorithm() -> impl TypedValueParser<Value = Algorithm> {
    PossibleValuesParser::new(Algorithm::NAMES).try_map(|name| Algorithm::parse(&name).ok_or("unknown algorithm"))
}

fn seconds(text: &str) -> Result<i64, String> {
    let units = [('s', 1), ('m', 60), ('h', 3600)];
    let read = |(unit, length)| Some(i64::from(text.strip_suffix(unit)?.parse::<u32>().ok()?) * length);
    units.into_iter().find_map(read).ok_or_else(|| "expected a number and s, m or h, such as `90s`".to_owned())
}

/// A JWKS file that may not exist yet.
struct JwksFile<'a> {
    path: &'a Path,
    exists: bool,
    set: Value,
}

impl<'a> JwksFile<'a> {
    fn read(path: &'a Path) -> Result<Self> {
        let (exists, set) = match fs::read(path) {
            Ok(text) => (true, serde_json::from_slice(&text).with_context(|| input::name(path))?),
            Err(error) if error.kind() == ErrorKind::NotFound => (false, json!({"keys": []})),
            Err(error) => return Err(anyhow!(error).context(input::name(path))),
        };
        Ok(JwksFile { path, exists, set })
    }

    fn with(mut self, key: &SigningKey) -> Result<Self> {
        let name = input::name(self.path);
        let Some(Value::Array(keys)) = self.set.get_mut("keys") else {
            bail!("{name}: not a JWKS: `keys` is not an array");
        };
        if keys.iter().any(|other| other["kid"] == key.id()) {
            bail!("{name}: has a key with `kid` `{}` already", key.id());
        }
        keys.push(key.to_public_jwk()?);
        Ok(self)
    }

    fn write(&self) -> Result<()> {
        let mut options = OpenOptions::new();
        // A new file may be the file of `--out` under another name, and must not replace it.
        options.write(true).create_new(!self.exists).truncate(self.exists);
        write(&options, self.path, &self.set)
    }
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn write(options: &OpenOptions, path: &Path, value: &Value) -> Result<()> {
    let text = pretty(value)?;
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| input::name(path))
}

fn pretty(value: &Value) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_stay_unchanged_except_for_added_times() {
        let times = [("iat", 1), ("exp", 2)];
        for (claims, expected) in [
            ("{}", r#"{"iat":1,"exp":2}"#),
            (" {\"a\": 1e999, \"a\":[]}\n", r#"{"iat":1,"exp":2,"a": 1e999, "a":[]}"#),
            (r#"{"exp":"never"}"#, r#"{"iat":1,"exp":"never"}"#),
            (r#"{"exp":5,"iat":null}"#, r#"{"exp":5,"iat":null}"#),
        ] {
            assert_eq!(with_times(claims, &times).unwrap(), expected);
        }
        assert_eq!(with_times(r#"{ "a":1}"#, &[]).unwrap(), r#"{ "a":1}"#);
        for claims in ["", "[]", "1", "{", "{}{}"] {
            assert!(with_times(claims, &times).is_err(), "{claims}");
        }
    }

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(["90s", "10m", "2h", "0s"].map(seconds), [Ok(90), Ok(600), Ok(7200), Ok(0)]);
        for text in ["", "s", "90", "-1s", "1.5h", "1d", "4294967296s"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
