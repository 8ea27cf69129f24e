//! Public keys and signatures as hosts expect them: SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) and
//! Ecdsa-Sig-Value (RFC 3279 section 2.2.3), in DER.

use super::algorithm::Algorithm;

/// `SEQUENCE {OBJECT IDENTIFIER rsaEncryption, NULL}` (RFC 8017 appendix A.1).
const RSA: &[u8] = &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

/// `SEQUENCE {OBJECT IDENTIFIER id-ecPublicKey, OBJECT IDENTIFIER prime256v1}` (RFC 5480 section 2.1.1).
pub(super) const P256: &[u8] = &[
    0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
    0x01, 0x07,
];

/// `SEQUENCE {OBJECT IDENTIFIER id-ecPublicKey, OBJECT IDENTIFIER secp384r1}`.
pub(super) const P384: &[u8] =
    &[0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const SEQUENCE: u8 = 0x30;

/// An RSA key. `n` and `e` are big endian without leading zeros.
pub(super) fn rsa(n: &[u8], e: &[u8]) -> Vec<u8> {
    let key = element(SEQUENCE, &[integer(n), integer(e)].concat());
    public_key(RSA, &key)
}

/// An elliptic-curve key: the uncompressed point (SEC 1 section 2.3.3).
pub(super) fn ec(curve: &[u8], x: &[u8], y: &[u8]) -> Vec<u8> {
    public_key(curve, &[&[0x04], x, y].concat())
}

/// Converts an ECDSA signature from the two numbers of fixed size in a JWS (RFC 7518 section 3.4) to the
/// `Ecdsa-Sig-Value` (RFC 3279 section 2.2.3) that hosts expect. `None` if it is not such a signature, or for another
/// algorithm.
pub fn ecdsa_der(algorithm: Algorithm, signature: &[u8]) -> Option<Vec<u8>> {
    let size = match algorithm {
        Algorithm::Es256 => 32,
        Algorithm::Es384 => 48,
        _ => return None,
    };
    let (r, s) = signature.split_at_checked(size).filter(|(_, s)| s.len() == size)?;
    // Neither number is zero in a valid signature (CVE-2022-21449).
    let number = |bytes: &[u8]| bytes.iter().position(|&byte| byte != 0).and_then(|at| bytes.get(at..)).map(integer);
    Some(element(SEQUENCE, &[number(r)?, number(s)?].concat()))
}

fn public_key(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    // The zero: no unused bits in the last byte.
    let key = element(BIT_STRING, &[&[0], key].concat());
    element(SEQUENCE, &[algorithm, &key].concat())
}

/// A positive integer: a leading zero byte keeps a set top bit from being a sign.
fn integer(magnitude: &[u8]) -> Vec<u8> {
    let sign: &[u8] = if magnitude.first().is_some_and(|byte| byte & 0x80 != 0) { &[0] } else { &[] };
    element(INTEGER, &[sign, magnitude].concat())
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let length: Vec<u8> = length.into_iter().skip_while(|&byte| byte == 0).collect();
    let mut element = vec![tag];
    match (length.len(), length.first()) {
        (0, _) => element.push(0),
        (1, Some(&short)) if short < 0x80 => element.push(short),
        (count, _) => {
            // No length has more than eight bytes, so the count fits beside the top bit.
            element.push(0x80 | u8::try_from(count).unwrap_or(0x7f));
            element.extend_from_slice(&length);
        }
    }
    element.extend_from_slice(content);
    element
}
