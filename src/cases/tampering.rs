//! Tokens that are spoilt at every place.

use serde::Deserialize;

/// The ways to spoil a token of which each is tried at every place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spoiling {
    /// Each bit turned over.
    BitFlip,
    /// Each shorter beginning.
    Truncation,
    /// Each character of printable ASCII behind it.
    Extension,
}

impl Spoiling {
    /// Every spoilt token, with a word on where it is spoilt.
    pub fn all(self, token: &[u8]) -> Vec<(String, Vec<u8>)> {
        match self {
            Spoiling::BitFlip => (0..token.len() * 8)
                .map(|bit| {
                    let mut token = token.to_vec();
                    token[bit / 8] ^= 1 << (bit % 8);
                    (format!("bit {bit}"), token)
                })
                .collect(),
            Spoiling::Truncation => {
                (0..token.len()).map(|length| (format!("{length} bytes"), token[..length].to_vec())).collect()
            }
            Spoiling::Extension => (0x21..0x7f_u8)
                .map(|byte| (format!("with `{}`", char::from(byte)), [token, &[byte]].concat()))
                .collect(),
        }
    }
}
