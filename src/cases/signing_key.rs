//! Key pairs that sign demo and test tokens, and their JWK form (RFC 7517).

use crate::keys::Algorithm;
use anyhow::{Context, Result, anyhow, bail};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_compact::AlgorithmSignature as _;
use jwt_compact::alg::{Ed25519, Es256, Rsa, RsaPrivateKey, SecretBytes};
use jwt_compact::jwk::{JsonWebKey, JwkError, RsaPrivateParts};
use p384_0_13::ecdsa::signature::Signer as _;
use rand_core::{OsRng, RngCore as _};
use rsa_0_9::traits::PrivateKeyParts as _;
use serde_json::{Value, json};
use sha2_0_10::Sha256;

/// The size of the RSA modulus, in bits: the minimum of RFC 7518 section 3.3, and the size of Entra's keys.
const RSA_BITS: usize = 2048;

type P256Key = <Es256 as jwt_compact::Algorithm>::SigningKey;
type Ed25519Key = <Ed25519 as jwt_compact::Algorithm>::SigningKey;

/// A private key with its id and its algorithm.
#[derive(Clone)]
pub struct SigningKey {
    algorithm: Algorithm,
    id: String,
    material: Material,
}

#[derive(Clone)]
enum Material {
    Rsa(Rsa, Box<RsaPrivateKey>),
    P256(P256Key),
    P384(p384_0_13::ecdsa::SigningKey),
    Ed25519(Ed25519Key),
}

impl SigningKey {
    /// Generates a key. The default id is the thumbprint (RFC 7638).
    pub fn generate(algorithm: Algorithm, id: Option<String>) -> Result<Self> {
        let material = Material::generate(algorithm)?;
        let id = match id {
            Some(id) => id,
            None => URL_SAFE_NO_PAD.encode(material.to_jwk()?.thumbprint::<Sha256>()),
        };
        Ok(Self { algorithm, id, material })
    }

    /// Reads a private JWK with `kid` and `alg`.
    pub fn from_jwk(jwk: &Value) -> Result<Self> {
        let text = |name: &str| match jwk.get(name) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(other) => Err(anyhow!("`{name}`: expected a string, found `{other}`")),
            None => Err(anyhow!("`{name}`: missing")),
        };
        let (name, id) = (text("alg")?, text("kid")?);
        let known = || Algorithm::NAMES.join(", ");
        let algorithm =
            Algorithm::parse(&name).ok_or_else(|| anyhow!("`alg`: unknown algorithm `{name}`; known: {}", known()))?;
        let jwk: JsonWebKey<'_> = serde_json::from_value(jwk.clone())?;
        if !jwk.is_signing_key() {
            bail!("`d`: missing; a private key requires it");
        }
        Ok(Self { algorithm, id, material: Material::from_jwk(algorithm, &jwk)? })
    }

    /// The algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The JWK with its private members.
    pub fn to_private_jwk(&self) -> Result<Value> {
        self.describe(&self.material.to_jwk()?)
    }

    /// The JWK without private members.
    pub fn to_public_jwk(&self) -> Result<Value> {
        self.describe(&self.material.to_jwk()?.to_verifying_key())
    }

    fn describe(&self, jwk: &JsonWebKey<'_>) -> Result<Value> {
        let mut jwk = serde_json::to_value(jwk)?;
        jwk["kid"] = json!(self.id);
        jwk["alg"] = json!(self.algorithm.as_str());
        jwk["use"] = json!("sig");
        Ok(jwk)
    }

    /// The same key, signing with another algorithm.
    ///
    /// # Errors
    ///
    /// The algorithm requires a key of another type.
    pub fn with_algorithm(&self, algorithm: Algorithm) -> Result<Self> {
        let material = match (&self.material, algorithm) {
            _ if algorithm == self.algorithm => self.material.clone(),
            (
                Material::Rsa(_, key),
                Algorithm::Rs256
                | Algorithm::Rs384
                | Algorithm::Rs512
                | Algorithm::Ps256
                | Algorithm::Ps384
                | Algorithm::Ps512,
            ) => Material::Rsa(rsa(algorithm)?, key.clone()),
            _ => bail!("key `{}` cannot sign with `{algorithm}`", self.id),
        };
        Ok(Self { algorithm, id: self.id.clone(), material })
    }

    /// Signs a header and a payload, both JSON, as a compact JWS (RFC 7515 section 3.1).
    pub fn sign(&self, header: &str, payload: &str) -> String {
        let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let signature = URL_SAFE_NO_PAD.encode(self.signature(input.as_bytes()));
        format!("{input}.{signature}")
    }

    /// The signature of a message, in the encoding of JWS (RFC 7518 section 3).
    pub fn signature(&self, message: &[u8]) -> Vec<u8> {
        match &self.material {
            Material::Rsa(alg, key) => signed(alg, key, message),
            Material::P256(key) => signed(&Es256, key, message),
            Material::P384(key) => {
                let signature: p384_0_13::ecdsa::Signature = key.sign(message);
                signature.to_bytes().to_vec()
            }
            Material::Ed25519(key) => signed(&Ed25519, key, message),
        }
    }
}

fn signed<A: jwt_compact::Algorithm>(alg: &A, key: &A::SigningKey, message: &[u8]) -> Vec<u8> {
    alg.sign(key, message).as_bytes().into_owned()
}

impl Material {
    fn generate(algorithm: Algorithm) -> Result<Self> {
        Ok(match algorithm {
            Algorithm::Es256 => Self::P256(P256Key::random(&mut OsRng)),
            Algorithm::Es384 => Self::P384(p384_0_13::ecdsa::SigningKey::random(&mut OsRng)),
            Algorithm::EdDsa => {
                let mut seed = [0; 32];
                OsRng.fill_bytes(&mut seed);
                Self::Ed25519(Ed25519Key::from_bytes(&seed))
            }
            algorithm => {
                let key = RsaPrivateKey::new(&mut OsRng, RSA_BITS).map_err(|error| anyhow!("{error}"))?;
                Self::Rsa(rsa(algorithm)?, Box::new(key))
            }
        })
    }

    fn from_jwk(algorithm: Algorithm, jwk: &JsonWebKey<'_>) -> Result<Self> {
        Ok(match algorithm {
            Algorithm::Es256 => Self::P256(read(jwk)?),
            Algorithm::Es384 => Self::P384(p384_from_jwk(jwk)?),
            Algorithm::EdDsa => Self::Ed25519(read(jwk)?),
            algorithm => Self::Rsa(rsa(algorithm)?, Box::new(read(jwk)?)),
        })
    }

    fn to_jwk(&self) -> Result<JsonWebKey<'_>> {
        Ok(match self {
            Self::Rsa(_, key) => rsa_to_jwk(key),
            Self::P256(key) => key.into(),
            Self::P384(key) => p384_to_jwk(key)?,
            Self::Ed25519(key) => key.into(),
        })
    }
}

fn rsa(algorithm: Algorithm) -> Result<Rsa> {
    algorithm.as_str().parse().map_err(|error| anyhow!("{error}"))
}

// jwt-compact's error implements `Error` only with a feature that is not enabled.
fn read<'a, K: TryFrom<&'a JsonWebKey<'a>, Error = JwkError>>(jwk: &'a JsonWebKey<'a>) -> Result<K> {
    jwk.try_into().map_err(|error| anyhow!("{error}"))
}

/// The JWK with `dp`, `dq` and `qi`, which RFC 7518 section 6.3.2 requires next to `p` and `q`, and jwt-compact omits.
fn rsa_to_jwk(key: &RsaPrivateKey) -> JsonWebKey<'_> {
    let mut jwk = JsonWebKey::from(key);
    if let JsonWebKey::Rsa { private_parts: Some(parts), .. } = &mut jwk {
        *parts = RsaPrivateParts {
            p_crt_exponent: key.dp().map(|dp| SecretBytes::owned(dp.to_bytes_be())),
            q_crt_exponent: key.dq().map(|dq| SecretBytes::owned(dq.to_bytes_be())),
            q_crt_coefficient: key.crt_coefficient().map(|qi| SecretBytes::owned(qi.to_bytes_be())),
            ..parts.clone()
        };
    }
    jwk
}

fn p384_to_jwk(key: &p384_0_13::ecdsa::SigningKey) -> Result<JsonWebKey<'_>> {
    let point = key.verifying_key().to_encoded_point(false);
    let (x, y) = point.x().zip(point.y()).context("a point without coordinates")?;
    Ok(JsonWebKey::EllipticCurve {
        curve: "P-384".into(),
        x: x.to_vec().into(),
        y: y.to_vec().into(),
        secret: Some(SecretBytes::owned(key.to_bytes().to_vec())),
    })
}

fn p384_from_jwk(jwk: &JsonWebKey<'_>) -> Result<p384_0_13::ecdsa::SigningKey> {
    let JsonWebKey::EllipticCurve { curve, secret: Some(secret), .. } = jwk else {
        bail!("`kty`: expected `EC`, found `{}`", jwk.key_type());
    };
    if curve != "P-384" {
        bail!("`crv`: expected `P-384`, found `{curve}`");
    }
    let key = p384_0_13::ecdsa::SigningKey::from_slice(secret).map_err(|_| anyhow!("`d`: not a secret of P-384"))?;
    if p384_to_jwk(&key)? != *jwk {
        bail!("`x`, `y`: not the public half of `d`");
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use crate::keys::{KeySet, Lookup, RustCrypto, Source, Verifier as _};
    use crate::wire::json::Json;
    use sha2_0_10::Digest as _;

    use super::*;

    #[test]
    fn a_token_verifies_with_the_public_key_of_its_pair() {
        for name in Algorithm::NAMES {
            let algorithm = Algorithm::parse(name).unwrap();
            let made = SigningKey::generate(algorithm, Some("k".to_owned())).unwrap();
            let key = SigningKey::from_jwk(&made.to_private_jwk().unwrap()).unwrap();
            let token = key.sign("{}", "{}");

            // The core rejects a JWK with private members, so this also checks that there are none.
            let jwks = json!({"keys": [made.to_public_jwk().unwrap()]}).to_string();
            let set = KeySet::read(&Json::parse(jwks.as_bytes(), 4).unwrap()).unwrap();
            let Lookup::Found(key) = set.find(Some("k"), algorithm, Source { iss: "", tid: None }) else {
                panic!("{name}: {set:?}")
            };
            let (signed, signature) = token.rsplit_once('.').unwrap();
            assert!(
                RustCrypto.verify(key, algorithm, signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()),
                "{name}"
            );
        }
    }

    #[test]
    fn the_default_key_id_is_the_rfc_7638_thumbprint() {
        let key = SigningKey::generate(Algorithm::EdDsa, None).unwrap();
        let jwk = key.to_public_jwk().unwrap();
        let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":{}}}"#, jwk["x"]);
        assert_eq!(jwk["kid"], URL_SAFE_NO_PAD.encode(Sha256::digest(canonical)));
    }

    #[test]
    fn rsa_keys_have_all_members_that_other_tools_require() {
        let key = SigningKey::generate(Algorithm::Ps256, None).unwrap().to_private_jwk().unwrap();
        for member in ["n", "e", "d", "p", "q", "dp", "dq", "qi"] {
            assert!(key[member].is_string(), "{member}");
        }
    }

    #[test]
    fn errors_name_the_invalid_member() {
        let jwk = |algorithm| SigningKey::generate(algorithm, None).unwrap().to_private_jwk().unwrap();
        let error = |jwk: Value| SigningKey::from_jwk(&jwk).err().unwrap().to_string();
        let with = |mut jwk: Value, member: &str, value: Value| {
            jwk[member] = value;
            jwk
        };
        let mut public = jwk(Algorithm::Es384);
        public.as_object_mut().unwrap().remove("d");
        assert_eq!(error(public), "`d`: missing; a private key requires it");
        assert_eq!(error(json!({})), "`alg`: missing");
        assert_eq!(error(with(jwk(Algorithm::EdDsa), "kid", json!(1))), "`kid`: expected a string, found `1`");
        assert_eq!(
            error(with(jwk(Algorithm::EdDsa), "alg", json!("HS256"))),
            "`alg`: unknown algorithm `HS256`; known: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA"
        );
        assert_eq!(error(with(jwk(Algorithm::Es256), "alg", json!("ES384"))), "`crv`: expected `P-384`, found `P-256`");
        let other = jwk(Algorithm::Es384)["x"].clone();
        assert_eq!(error(with(jwk(Algorithm::Es384), "x", other)), "`x`, `y`: not the public half of `d`");
    }
}
