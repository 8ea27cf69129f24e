//! `mint`: key pairs and tokens for demos and policy tests.

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

/// Make keys and tokens for demos and policy tests
#[derive(Subcommand)]
pub enum Mint {
    Key(Key),
    Token(Token),
}

impl Mint {
    /// Does as asked; what goes to standard output is returned.
    pub fn run(&self) -> Result<String> {
        match self {
            Mint::Key(key) => key.run(),
            Mint::Token(token) => token.run(),
        }
    }
}

/// Make a key pair
///
/// RSA keys have 2048 bits.
#[derive(Args)]
pub struct Key {
    /// The one algorithm that the key signs with
    #[arg(long, value_parser = algorithm())]
    alg: Algorithm,
    /// The key's name [default: its RFC 7638 thumbprint]
    #[arg(long)]
    kid: Option<String>,
    /// Where the private JWK goes; must not exist
    #[arg(long, value_name = "PRIVATE.jwk")]
    out: PathBuf,
    /// The JWKS that the public key is added to; made if it does not exist [default: printed]
    #[arg(long, value_name = "JWKS.json")]
    jwks: Option<PathBuf>,
}

impl Key {
    fn run(&self) -> Result<String> {
        let key = SigningKey::generate(self.alg, self.kid.clone())?;
        // First, as a set that cannot take the key must not leave a private key behind.
        let set = self.jwks.as_deref().map(JwksFile::read).transpose()?;
        let set = set.map(|set| set.with(&key)).transpose()?;

        write(&private_file(), &self.out, &key.to_private_jwk()?)?;
        match set {
            Some(set) => set.write().map(|()| String::new()),
            None => pretty(&json!({"keys": [key.to_public_jwk()?]})),
        }
    }
}

/// Sign claims as they stand
///
/// The claims are a JSON object; whatever it holds is signed unchanged. `iat` and `nbf` (now) and `exp` are added
/// where the claims do not have them.
#[derive(Args)]
pub struct Token {
    /// The private JWK; it names the algorithm and the `kid`
    #[arg(long, value_name = "PRIVATE.jwk")]
    key: PathBuf,
    /// The claims; `-` reads standard input
    #[arg(long, value_name = "FILE|-")]
    claims: PathBuf,
    /// How long the token lives: a number and s, m or h
    #[arg(long, default_value = "1h", value_parser = seconds)]
    expires_in: i64,
    /// The header's `typ`
    #[arg(long, default_value = "JWT")]
    typ: String,
    /// Add neither `iat` nor `nbf` nor `exp`
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

/// The claims with those times set that they lack; all else byte for byte, so that a test can sign what no
/// serializer would write.
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

/// A key set on disk, or one that is to come there.
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
        // A new one may be `--out` by another name, and must not replace it.
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
    fn claims_are_signed_as_they_stand_with_the_times_they_lack() {
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
