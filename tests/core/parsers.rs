//! No bytes make a parser panic: in the module a panic takes down a worker's filter.

use mfa_gate::keys::{KeySet, Record, Uri};
use mfa_gate::route::{Authority, MAX_READINGS, RequestPath};
use mfa_gate::time::Span;
use mfa_gate::token::TokenRules;
use mfa_gate::token::{Compact, LastHeader, TokenError, Vouched};
use mfa_gate::wire::json::Json;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::support::cases::metadata;

fn rules() -> TokenRules {
    TokenRules {
        max_bytes: 16 * 1024,
        max_depth: 32,
        leeway: Span::from_seconds(60),
        headers: vec!["authorization".to_owned()],
    }
}

/// Arbitrary bytes, or texts made of pieces that mean something to one of the parsers.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::sample::select(vec![
        "/",
        "//",
        "..",
        ".",
        ";",
        "\\",
        "%2f",
        "%2e",
        "%25",
        "%00",
        "%c3%a9",
        "%",
        "?",
        "#",
        "a",
        "Admin",
        "\u{ff0e}",
        "\u{2025}",
        " ",
        "~",
        "{",
        "}",
        "[",
        "]",
        "\"",
        ":",
        ",",
        "\\u0061",
        "\\ud800",
        "1e400",
        "-0",
        "null",
        "keys",
        "alg",
        "kid",
        "eyJhbGciOiJSUzI1NiJ9",
        "e30",
        "AA",
        "=",
        "\n",
        "\x0a\x05",
        "[::1]",
        "a.b:80",
        "https://",
    ]);
    let of_pieces = prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat().into_bytes());
    prop_oneof![prop::collection::vec(any::<u8>(), 0..200), of_pieces]
}

/// Whether the metadata hold a token.
fn vouched(metadata: &[u8]) -> Result<bool, TokenError> {
    match Vouched::left_by_jwt_authn(metadata)? {
        Some(left) => Ok(Vouched::read(left, &["claims".to_owned()], &rules())?.is_some()),
        None => Ok(false),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn no_parser_panics_on_any_bytes(bytes in bytes()) {
        let _ = Compact::decode(&bytes, &rules()).map(|compact| compact.read(&rules(), &LastHeader::default()).map(drop));
        let _ = mfa_gate::config::parse(&bytes);
        let _ = Authority::read(&bytes);
        let _ = Record::from_bytes(&bytes);
        for metadata in [metadata::of_filter("envoy.filters.http.jwt_authn", &bytes), bytes.clone()] {
            let _ = vouched(&metadata);
        }
        if let Ok(json) = Json::parse(&bytes, 8) {
            let _ = KeySet::read(&json);
            let _ = KeySet::read_leniently(&json);
        }
        if let Ok(text) = std::str::from_utf8(&bytes) {
            let _ = Uri::parse(text);
        }
    }

    #[test]
    fn every_reading_of_a_path_starts_with_a_slash(bytes in bytes()) {
        let path = [b"/", bytes.as_slice()].concat();
        if let Ok(path) = RequestPath::read(Some(&path)) {
            let readings: Vec<_> = path.readings().collect();
            prop_assert!((1..=MAX_READINGS).contains(&readings.len()));
            prop_assert!(readings.iter().all(|reading| reading.path.starts_with('/')), "{readings:?}");
            prop_assert!(!readings[0].trimmed);
        }
    }

    /// Header and claims in place of the segments of a token.
    #[test]
    fn no_header_or_claims_of_a_token_panic(header in bytes(), claims in bytes()) {
        use base64::Engine as _;
        let encode = |text: &[u8]| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        let token = format!("{}.{}.AA", encode(&header), encode(&claims));
        let compact = Compact::decode(token.as_bytes(), &rules()).expect("three parts of base64url");
        let _ = compact.read(&rules(), &LastHeader::default()).map(drop);
    }

    /// The metadata of a verified token, with some bytes changed.
    #[test]
    fn no_metadata_of_jwt_authn_panics(changes in prop::collection::vec((any::<Index>(), any::<u8>()), 0..4)) {
        use base64::Engine as _;
        let claims = br#"{"amr":["pwd","mfa"],"exp":1768478400,"deep":{"a":[{"b":[1,-1.5,null,true,"\u00e4"]}]}}"#;
        let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims);
        let token = format!("e30.{payload}.AA").into_bytes();
        let mut metadata = metadata::metadata(&[("claims".to_owned(), token)]).expect("a token");
        prop_assert_eq!(vouched(&metadata), Ok(true));
        for (place, byte) in changes {
            let place = place.index(metadata.len());
            metadata[place] = byte;
        }
        let _ = vouched(&metadata);
    }
}
