//! A cached token does not outlive its expiry or its keys, and the cache keeps its bounds.

use std::sync::{Arc, OnceLock};

use mfa_gate::decision::{Environment, decide};
use mfa_gate::gate::Gate;
use mfa_gate::issuer::Issuer;
use mfa_gate::issuer::{InlineKeys, KeyStore};
use mfa_gate::keys::{KeySet, RustCrypto};
use mfa_gate::time::UnixTime;

use mfa_gate::token::{CacheBounds, CacheKey, TokenCache, Verification, Vouched};
use serde_json::{Value, json};

use crate::support::cases::metadata;
use crate::support::forge::Forge;
use crate::support::native::{NativeRequest, gate};
use crate::support::table::Sample;

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
    bounds: CacheBounds,
}

impl Stage {
    fn new(bounds: CacheBounds) -> Self {
        Self { gate: gate(&sample().1.config), token: mint(&json!({})), cache: TokenCache::new(bounds), bounds }
    }

    fn reason(&self, keys: &dyn KeyStore, now: i64) -> Option<&'static str> {
        self.reason_for(&self.token, keys, now)
    }

    fn reason_for(&self, token: &[u8], keys: &dyn KeyStore, now: i64) -> Option<&'static str> {
        let request = NativeRequest::to_path(b"/v1/customers").with("authorization", [b"Bearer ", token].concat());
        self.reason_of(&request, keys, now)
    }

    fn reason_of(&self, request: &NativeRequest, keys: &dyn KeyStore, now: i64) -> Option<&'static str> {
        let now = UnixTime::from_millis(now * 1000);
        let means = Environment { verification: Verification { keys, verifier: &RustCrypto, now }, cache: &self.cache };
        decide(&self.gate, request, &means).outcome.err().map(|denial| denial.reason.as_str())
    }

    fn remembers(&self) -> bool {
        self.remembers_token(&self.token)
    }

    fn remembers_token(&self, token: &[u8]) -> bool {
        self.cache.get(CacheKey::Compact(token)).is_some()
    }
}

fn sample() -> &'static (Forge, Sample) {
    static SAMPLE: OnceLock<(Forge, Sample)> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let forge = Forge::new();
        let sample = Sample::load(&forge, "partner-center.yaml");
        (forge, sample)
    })
}

/// The sample's good token with these claims changed.
fn mint(claims: &Value) -> Vec<u8> {
    let (forge, sample) = sample();
    sample.mint(forge, &json!({"from": "good", "claims": claims}), NOW)
}

const ROOMY: CacheBounds = CacheBounds { max_entries: 8, max_bytes: 1 << 20 };

// catalogue: F20
#[test]
fn a_cached_token_expires() {
    let stage = Stage::new(ROOMY);
    assert_eq!(stage.reason(&InlineKeys, NOW), None);
    assert!(stage.remembers());
    assert_eq!(stage.reason(&InlineKeys, NOW + 86_400), Some("token-expired"));
    assert!(!stage.remembers());
}

// catalogue: F20
#[test]
fn a_cached_token_is_dropped_with_its_keys() {
    let stage = Stage::new(ROOMY);
    assert_eq!(stage.reason(&InlineKeys, NOW), None);
    assert_eq!(stage.reason(&NoKeys, NOW), Some("keys-unavailable"));
    assert!(!stage.remembers());
}

// catalogue: F20
#[test]
fn a_token_with_the_signature_of_a_cached_one_is_not_accepted() {
    let mut stage = Stage::new(ROOMY);
    assert_eq!(stage.reason(&InlineKeys, NOW), None);
    // The end is what is hashed, so the cached token is found, and then differs.
    let dot = stage.token.iter().position(|&byte| byte == b'.').expect("a header");
    stage.token[dot + 20] ^= 1;
    assert!(!stage.remembers());
    assert!(stage.reason(&InlineKeys, NOW).is_some());
}

#[test]
fn nothing_is_cached_beyond_the_bounds() {
    for bounds in [CacheBounds { max_entries: 0, ..ROOMY }, CacheBounds { max_bytes: 100, ..ROOMY }] {
        let stage = Stage::new(bounds);
        assert_eq!(stage.reason(&InlineKeys, NOW), None);
        assert!(!stage.remembers(), "{bounds:?}");
    }
}

/// One that is full by number, and one that is full by memory.
fn with_room_for_one() -> [Stage; 2] {
    [CacheBounds { max_entries: 1, ..ROOMY }, CacheBounds { max_bytes: 3 << 10, ..ROOMY }].map(Stage::new)
}

#[test]
fn a_token_seen_once_evicts_nothing_from_a_full_cache() {
    for stage in with_room_for_one() {
        let others = [1, 2, 3].map(|n| mint(&json!({"jti": n.to_string()})));
        assert_eq!(stage.reason(&InlineKeys, NOW), None);
        for other in &others {
            assert_eq!(stage.reason_for(other, &InlineKeys, NOW), None);
            assert!(stage.remembers() && !stage.remembers_token(other), "{:?}", stage.bounds);
        }
    }
    // One that comes again soon is cached instead.
    for stage in with_room_for_one() {
        let other = mint(&json!({"jti": "1"}));
        for token in [&stage.token, &other, &other] {
            assert_eq!(stage.reason_for(token, &InlineKeys, NOW), None);
        }
        assert!(!stage.remembers() && stage.remembers_token(&other), "{:?}", stage.bounds);
    }
}

#[test]
fn an_expired_token_is_evicted_at_once() {
    for mut stage in with_room_for_one() {
        stage.token = mint(&json!({"exp": NOW + 60}));
        let other = mint(&json!({"jti": "1"}));
        assert_eq!(stage.reason(&InlineKeys, NOW), None);
        assert!(stage.remembers());
        assert_eq!(stage.reason_for(&other, &InlineKeys, NOW + 600), None);
        assert!(!stage.remembers() && stage.remembers_token(&other), "{:?}", stage.bounds);
    }
}

/// A gate behind jwt_authn, and the metadata that jwt_authn stores for the sample token.
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
fn a_token_verified_by_jwt_authn_is_cached_and_expires() {
    let (stage, metadata, left) = behind_jwt_authn();
    let request = || NativeRequest::to_path(b"/v1/customers").with_metadata(metadata.clone());
    let remembers = || stage.cache.get(CacheKey::Metadata(&left)).is_some();
    assert_eq!(stage.reason_of(&request(), &NoKeys, NOW), None);
    assert!(remembers());
    assert_eq!(stage.reason_of(&request(), &NoKeys, NOW), None);
    assert_eq!(stage.reason_of(&request(), &NoKeys, NOW + 86_400), Some("token-expired"));
    assert!(!remembers());
}

#[test]
fn the_cache_entry_of_jwt_authn_applies_only_to_requests_with_its_metadata() {
    let (stage, metadata, left) = behind_jwt_authn();
    let request = || NativeRequest::to_path(b"/v1/customers");
    assert_eq!(stage.reason_of(&request().with_metadata(metadata.clone()), &NoKeys, NOW), None);
    assert_eq!(stage.reason_of(&request(), &NoKeys, NOW), Some("token-missing"));
    // A client that knows the cached bytes can send them neither as a token nor beside the metadata.
    let sent = || request().with("authorization", [b"Bearer ", left.as_slice()].concat());
    assert_eq!(stage.reason_of(&sent(), &NoKeys, NOW), Some("token-missing"));
    assert!(stage.cache.get(CacheKey::Compact(&left)).is_none());
    assert_eq!(stage.reason_of(&sent().with_metadata(metadata), &NoKeys, NOW), Some("token-ambiguous"));
}
