//! What is remembered of a token never outlives the token, its keys or the bounds (catalogue F20).

mod support;

use std::sync::Arc;

use mfa_gate::decision::{Means, decide};
use mfa_gate::keys::{InlineKeys, KeySet, KeyStore, RustCrypto};
use mfa_gate::policy::{CacheBounds, Gate, Issuer};
use mfa_gate::time::UnixTime;
use mfa_gate::token::{Evidence, TokenCache, Vouched};
use serde_json::json;

use support::cases::metadata;
use support::forge::Forge;
use support::native::{NativeRequest, gate};
use support::table::Sample;

const NOW: i64 = 1_768_478_400;

struct NoKeys;

impl KeyStore for NoKeys {
    fn key_set(&self, _: &Issuer) -> Option<Arc<KeySet>> {
        None
    }
}

struct Stage {
    gate: Gate,
    token: Vec<u8>,
    cache: TokenCache,
}

impl Stage {
    fn new(bounds: CacheBounds) -> Self {
        let forge = Forge::new();
        let sample = Sample::load(&forge, "partner-center.yaml");
        let token = sample.mint(&forge, &json!({"from": "good"}), NOW);
        Stage { gate: gate(&sample.config), token, cache: TokenCache::new(bounds) }
    }

    fn reason(&self, keys: &dyn KeyStore, now: i64) -> Option<&'static str> {
        let bearer = [b"Bearer ", self.token.as_slice()].concat();
        let request = NativeRequest::to_path(b"/v1/customers").with("authorization", bearer);
        self.reason_of(&request, keys, now)
    }

    fn reason_of(&self, request: &NativeRequest, keys: &dyn KeyStore, now: i64) -> Option<&'static str> {
        let now = UnixTime::from_millis(now * 1000);
        let means = Means { keys, verifier: &RustCrypto, cache: &self.cache, now };
        decide(&self.gate, request, &means).outcome.err().map(|denial| denial.reason.as_str())
    }

    fn remembers(&self) -> bool {
        self.cache.get(Evidence::Compact(&self.token)).is_some()
    }
}

const ROOMY: CacheBounds = CacheBounds { max_entries: 8, max_bytes: 1 << 20 };

#[test]
fn f20_a_remembered_token_expires() {
    let stage = Stage::new(ROOMY);
    assert_eq!(stage.reason(&InlineKeys, NOW), None);
    assert!(stage.remembers());
    assert_eq!(stage.reason(&InlineKeys, NOW + 86_400), Some("token-expired"));
    assert!(!stage.remembers());
}

#[test]
fn f20_a_remembered_token_goes_with_its_keys() {
    let stage = Stage::new(ROOMY);
    assert_eq!(stage.reason(&InlineKeys, NOW), None);
    assert_eq!(stage.reason(&NoKeys, NOW), Some("keys-unavailable"));
    assert!(!stage.remembers());
}

#[test]
fn f20_a_token_that_ends_like_a_remembered_one_is_another() {
    let mut stage = Stage::new(ROOMY);
    assert_eq!(stage.reason(&InlineKeys, NOW), None);
    // The end is what is hashed, so it is found, and told apart by the rest.
    let dot = stage.token.iter().position(|&byte| byte == b'.').expect("a header");
    stage.token[dot + 20] ^= 1;
    assert!(!stage.remembers());
    assert!(stage.reason(&InlineKeys, NOW).is_some());
}

#[test]
fn the_bounds_hold() {
    for bounds in [CacheBounds { max_entries: 0, ..ROOMY }, CacheBounds { max_bytes: 100, ..ROOMY }] {
        let stage = Stage::new(bounds);
        assert_eq!(stage.reason(&InlineKeys, NOW), None);
        assert!(!stage.remembers(), "{bounds:?}");
    }
}

/// A gate whose issuers' tokens jwt_authn verifies, and the metadata of the sample token.
fn behind_jwt_authn() -> (Stage, Vec<u8>, Vec<u8>) {
    let mut stage = Stage::new(ROOMY);
    let issuers = json!([{
        "issuer": "https://sts.windows.net/df845f1a-7b35-40a2-ba78-6481de91f8ae/",
        "audiences": ["https://api.partnercenter.microsoft.com"],
        "verified_by": {"metadata": "claims"},
    }]);
    stage.gate = gate(&json!({
        "issuers": issuers, "policies": {"mfa": {"amr": {"any_of": ["mfa"]}}}, "default": "mfa",
    }));
    let metadata = metadata::metadata(&[("claims".to_owned(), stage.token.clone())]).expect("a token");
    let left = Vouched::left_by_jwt_authn(&metadata).expect("metadata").expect("jwt_authn's").to_vec();
    (stage, metadata, left)
}

#[test]
fn what_jwt_authn_verified_is_remembered_and_expires() {
    let (stage, metadata, left) = behind_jwt_authn();
    let request = || NativeRequest::to_path(b"/v1/customers").with_metadata(metadata.clone());
    let remembers = || stage.cache.get(Evidence::Metadata(&left)).is_some();
    assert_eq!(stage.reason_of(&request(), &NoKeys, NOW), None);
    assert!(remembers());
    assert_eq!(stage.reason_of(&request(), &NoKeys, NOW), None);
    assert_eq!(stage.reason_of(&request(), &NoKeys, NOW + 86_400), Some("token-expired"));
    assert!(!remembers());
}

#[test]
fn what_jwt_authn_verified_stays_with_its_requests() {
    let (stage, metadata, left) = behind_jwt_authn();
    let request = || NativeRequest::to_path(b"/v1/customers");
    assert_eq!(stage.reason_of(&request().with_metadata(metadata.clone()), &NoKeys, NOW), None);
    assert_eq!(stage.reason_of(&request(), &NoKeys, NOW), Some("token-missing"));
    // Whoever knows how it is remembered cannot send that for a token, nor bring another beside it.
    let sent = || request().with("authorization", [b"Bearer ", left.as_slice()].concat());
    assert_eq!(stage.reason_of(&sent(), &NoKeys, NOW), Some("token-missing"));
    assert!(stage.cache.get(Evidence::Compact(&left)).is_none());
    assert_eq!(stage.reason_of(&sent().with_metadata(metadata), &NoKeys, NOW), Some("token-ambiguous"));
}
