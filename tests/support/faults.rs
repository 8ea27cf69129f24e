//! Signatures with one fault each, by keys generated for the run.

use rand::rngs::OsRng;
use rsa_0_9 as rsa;
use rsa_0_9::BigUint;
use rsa_0_9::traits::{PrivateKeyParts as _, PublicKeyParts as _};
use serde_json::{Value, json};
use sha2_0_10::{Digest, Sha256, Sha512};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The orders of the groups: FIPS 186-4 appendix D.1.2, RFC 8032 section 5.1.
const P256_ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
const P384_ORDER: &str =
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";
const ED25519_ORDER: &str = "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed";

/// Length of a 2048-bit modulus, in bytes.
const RSA_BYTES: usize = 256;

type Change = Box<dyn Fn(&[u8]) -> Vec<u8>>;

fn number(hex: &str) -> BigUint {
    BigUint::parse_bytes(hex.as_bytes(), 16).expect("hexadecimal")
}

fn fixed(number: &BigUint, length: usize) -> Vec<u8> {
    let bytes = number.to_bytes_be();
    [vec![0; length - bytes.len()], bytes].concat()
}

/// Changes that make an ECDSA signature wrong.
pub(crate) fn ecdsa(algorithm: &str) -> Vec<(&'static str, Change)> {
    let (order, size) = if algorithm == "ES256" { (number(P256_ORDER), 32) } else { (number(P384_ORDER), 48) };
    let order = fixed(&order, size);
    let (zero, most) = (vec![0; size], vec![0xff; size]);
    // Replaces r and s; `None` leaves one unchanged.
    let parts = |r: Option<&Vec<u8>>, s: Option<&Vec<u8>>| -> Change {
        let (r, s) = (r.cloned(), s.cloned());
        Box::new(move |good| {
            let (own_r, own_s) = good.split_at(size);
            [r.as_deref().unwrap_or(own_r), s.as_deref().unwrap_or(own_s)].concat()
        })
    };
    vec![
        ("D01 r = s = 0", parts(Some(&zero), Some(&zero))),
        ("D01 r = 0", parts(Some(&zero), None)),
        ("D01 s = 0", parts(None, Some(&zero))),
        ("D01 r = n", parts(Some(&order), None)),
        ("D01 s = n", parts(None, Some(&order))),
        ("D01 r = s = n", parts(Some(&order), Some(&order))),
        ("D01 r > n", parts(Some(&most), None)),
        ("D01 s > n", parts(None, Some(&most))),
        ("D02 empty", Box::new(|_| Vec::new())),
        ("D02 DER", Box::new(move |good| der(good, size))),
        ("D02 a zero byte before", Box::new(|good| [&[0], good].concat())),
        ("D02 a zero byte before r and s", {
            Box::new(move |good| [&[0], &good[..size], &[0], &good[size..]].concat())
        }),
        ("D02 a byte more", Box::new(|good| [good, &[0]].concat())),
        ("D02 a byte less", Box::new(|good| good[..good.len() - 1].to_vec())),
        ("D02 half of it", Box::new(move |good| good[..size].to_vec())),
        ("D02 s and r", Box::new(move |good| [&good[size..], &good[..size]].concat())),
    ]
}

/// The other signature that is as good: (r, n - s).
pub(crate) fn malleated(algorithm: &str, good: &[u8]) -> Vec<u8> {
    let (order, size) = if algorithm == "ES256" { (number(P256_ORDER), 32) } else { (number(P384_ORDER), 48) };
    let (r, s) = good.split_at(size);
    [r.to_vec(), fixed(&(order - BigUint::from_bytes_be(s)), size)].concat()
}

fn der(good: &[u8], size: usize) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let mut bytes = BigUint::from_bytes_be(bytes).to_bytes_be();
        if bytes[0] >= 0x80 {
            bytes.insert(0, 0);
        }
        [&[2, u8::try_from(bytes.len()).expect("short")], bytes.as_slice()].concat()
    };
    let both = [integer(&good[..size]), integer(&good[size..])].concat();
    [&[0x30, u8::try_from(both.len()).expect("short")], both.as_slice()].concat()
}

/// Changes that make an Ed25519 signature wrong.
pub(crate) fn ed25519() -> Vec<(&'static str, Change)> {
    let plus_order = |times: u32| -> Change {
        Box::new(move |good| {
            let s = BigUint::from_bytes_le(&good[32..]) + number(ED25519_ORDER) * BigUint::from(times);
            let mut s = s.to_bytes_le();
            s.resize(32, 0);
            [&good[..32], &s].concat()
        })
    };
    vec![
        ("D12 s + L", plus_order(1)),
        ("D12 s + 2 L", plus_order(2)),
        ("D12 s + 14 L", plus_order(14)),
        ("D12 s = 0", Box::new(|good| [&good[..32], &[0; 32]].concat())),
        ("D12 R = the identity", Box::new(|good| [&[1], [0; 31].as_slice(), &good[32..]].concat())),
        ("D12 R beyond the field", Box::new(|good| [&[0xff; 32], &good[32..]].concat())),
        ("D12 all zero", Box::new(|_| vec![0; 64])),
        ("D12 a byte more", Box::new(|good| [good, &[0]].concat())),
        ("D12 a byte less", Box::new(|good| good[..63].to_vec())),
    ]
}

/// Points of small order, and non-canonical encodings of them, as keys (RFC 8032 section 5.1.3).
pub(crate) fn small_order_keys() -> Vec<Value> {
    [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ]
    .map(|x| {
        let x = fixed(&number(x), 32);
        json!({"kty": "OKP", "crv": "Ed25519", "kid": "small", "x": URL_SAFE_NO_PAD.encode(x)})
    })
    .into()
}

/// An RSA key with which a test pads by hand.
pub(crate) struct RsaKey(rsa::RsaPrivateKey);

impl RsaKey {
    /// A key whose modulus leaves room for larger signature values.
    pub(crate) fn new() -> Self {
        loop {
            let key = rsa::RsaPrivateKey::new(&mut OsRng, 2048).expect("an RSA key");
            if key.n().to_bytes_be()[0] < 0xe0 {
                return Self(key);
            }
        }
    }

    /// The public key, called `kid`.
    pub(crate) fn jwk(&self, kid: &str) -> Value {
        let encode = |number: &BigUint| URL_SAFE_NO_PAD.encode(number.to_bytes_be());
        json!({"kty": "RSA", "kid": kid, "n": encode(self.0.n()), "e": encode(self.0.e())})
    }

    fn raise(&self, padded: &[u8]) -> Vec<u8> {
        fixed(&BigUint::from_bytes_be(padded).modpow(self.0.d(), self.0.n()), RSA_BYTES)
    }

    /// A valid signature (RS256).
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.raise(&pkcs1(&[SHA256, &Sha256::digest(message)].concat()))
    }

    /// The signature plus the modulus; `None` if that needs another byte.
    pub(crate) fn plus_modulus(&self, good: &[u8]) -> Option<Vec<u8>> {
        let larger = BigUint::from_bytes_be(good) + self.0.n();
        (larger.bits() <= RSA_BYTES * 8).then(|| fixed(&larger, RSA_BYTES))
    }

    /// Invalid signatures of RS256.
    pub(crate) fn rs256(&self, message: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
        let good = self.sign(message);
        let digest = Sha256::digest(message);
        let info = [SHA256, &digest].concat();
        let block = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut padded = pkcs1(&info);
            change(&mut padded);
            self.raise(&padded)
        };
        let of = |prefix: &[u8]| self.raise(&pkcs1(&[prefix, &digest].concat()));
        let short = |garbage: u8| {
            let head = [&[0, 1], [0xff; 8].as_slice(), &[0], &info].concat();
            self.raise(&[head.as_slice(), &vec![garbage; RSA_BYTES - head.len()]].concat())
        };
        vec![
            ("D04 a zero byte before", [&[0], good.as_slice()].concat()),
            ("D04 a byte less before", good[1..].to_vec()),
            ("D04 the last byte missing", good[..RSA_BYTES - 1].to_vec()),
            ("D04 a trailing byte", [good.as_slice(), &[0]].concat()),
            ("D04 all zero", vec![0; RSA_BYTES]),
            ("D04 one", fixed(&BigUint::from(1_u8), RSA_BYTES)),
            ("D04 n", fixed(self.0.n(), RSA_BYTES)),
            ("D04 n - 1", fixed(&(self.0.n() - BigUint::from(1_u8)), RSA_BYTES)),
            ("D04 all ones", vec![0xff; RSA_BYTES]),
            ("D05 no NULL", of(b"\x30\x2f\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x04\x20")),
            ("D05 SHA-512 by name", of(&[&SHA256[..14], &[3], &SHA256[15..]].concat())),
            ("D05 no DigestInfo", of(b"")),
            ("D05 a BER length", of(&[&[0x30, 0x81, 0x31], &SHA256[2..]].concat())),
            ("D05 trailing garbage", short(0xaa)),
            ("D05 trailing zeros", short(0)),
            ("D05 block type 0", block(&|padded| padded[1] = 0)),
            ("D05 block type 2", block(&|padded| padded[1] = 2)),
            ("D05 another byte in the padding", block(&|padded| padded[9] = 0xfe)),
            ("D05 a zero in the padding", block(&|padded| padded[20] = 0)),
            ("D05 a leading byte", block(&|padded| padded[0] = 1)),
            ("D05 no separator", block(&|padded| padded[RSA_BYTES - info.len() - 1] = 0xff)),
            ("D05 another hash", block(&|padded| padded[RSA_BYTES - 1] ^= 1)),
            ("D06 PSS instead", self.raise(&pss::<Sha256, Sha256>(message, 32, 0xbc))),
        ]
    }

    /// Signatures of PS256; the first is valid.
    pub(crate) fn ps256(&self, message: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
        let good = self.raise(&pss::<Sha256, Sha256>(message, 32, 0xbc));
        vec![
            ("D06 a salt of 32 bytes", good.clone()),
            ("D06 no salt", self.raise(&pss::<Sha256, Sha256>(message, 0, 0xbc))),
            ("D06 a salt of 20 bytes", self.raise(&pss::<Sha256, Sha256>(message, 20, 0xbc))),
            ("D06 a salt of 31 bytes", self.raise(&pss::<Sha256, Sha256>(message, 31, 0xbc))),
            ("D06 a salt of 33 bytes", self.raise(&pss::<Sha256, Sha256>(message, 33, 0xbc))),
            ("D06 the longest salt", self.raise(&pss::<Sha256, Sha256>(message, 222, 0xbc))),
            ("D06 MGF1 by SHA-512", self.raise(&pss::<Sha256, Sha512>(message, 32, 0xbc))),
            ("D06 all by SHA-512", self.raise(&pss::<Sha512, Sha512>(message, 64, 0xbc))),
            ("D06 another trailer", self.raise(&pss::<Sha256, Sha256>(message, 32, 0xcc))),
            ("D06 PKCS #1 v1.5 instead", self.sign(message)),
            ("D04 PSS, a zero byte before", [&[0], good.as_slice()].concat()),
            ("D04 PSS, a byte less", good[1..].to_vec()),
            ("D04 PSS, all zero", vec![0; RSA_BYTES]),
            ("D04 PSS, n", fixed(self.0.n(), RSA_BYTES)),
        ]
    }
}

/// The DER prefix of a SHA-256 hash (RFC 8017 section 9.2).
const SHA256: &[u8] = b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";

/// EMSA-PKCS1-v1_5 (RFC 8017 section 9.2).
fn pkcs1(info: &[u8]) -> Vec<u8> {
    [&[0, 1], vec![0xff; RSA_BYTES - info.len() - 3].as_slice(), &[0], info].concat()
}

/// EMSA-PSS (RFC 8017 section 9.1.1).
fn pss<H: Digest, M: Digest>(message: &[u8], salt: usize, trailer: u8) -> Vec<u8> {
    let salt: Vec<u8> = (0..salt).map(|_| rand::random()).collect();
    let hash = H::digest([&[0; 8], &H::digest(message)[..], &salt].concat());
    let length = RSA_BYTES - hash.len() - 1;
    let mut block = [vec![0; length - salt.len() - 1], vec![1], salt].concat();
    let mask = (0_u32..).flat_map(|count| M::digest([&hash[..], &count.to_be_bytes()].concat()).to_vec());
    for (byte, mask) in block.iter_mut().zip(mask) {
        *byte ^= mask;
    }
    block[0] &= 0x7f;
    [block.as_slice(), &hash, &[trailer]].concat()
}
