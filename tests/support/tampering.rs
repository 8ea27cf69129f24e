//! Tokens tampered with at every position.

use serde::Deserialize;

/// A way to tamper with a token, tried at every position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Tampering {
    /// Each bit flipped.
    BitFlip,
    /// Each proper prefix.
    Truncation,
    /// Each character of printable ASCII appended.
    Extension,
}

impl Tampering {
    /// Every form of the token, with the position of the change.
    pub(crate) fn all(self, token: &[u8]) -> Vec<(String, Vec<u8>)> {
        match self {
            Self::BitFlip => (0..token.len() * 8)
                .map(|bit| {
                    let mut token = token.to_vec();
                    token[bit / 8] ^= 1 << (bit % 8);
                    (format!("bit {bit}"), token)
                })
                .collect(),
            Self::Truncation => {
                (0..token.len()).map(|length| (format!("{length} bytes"), token[..length].to_vec())).collect()
            }
            Self::Extension => (0x21..0x7f_u8)
                .map(|byte| (format!("with `{}`", char::from(byte)), [token, &[byte]].concat()))
                .collect(),
        }
    }
}
