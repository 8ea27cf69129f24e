//! Properties that hold for every path and every order of the configuration.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::forge::Forge;
use crate::support::native::{NativeRequest, Verdict, gate, judge};
use crate::support::table::Sample;

const NOW: i64 = 1_768_478_400;

fn config(routes: &[Value], default: &str) -> Value {
    static CONFIG: std::sync::OnceLock<Value> = std::sync::OnceLock::new();
    let mut config = CONFIG.get_or_init(|| Sample::load(&Forge::new(), "partner-center.yaml").config).clone();
    config["routes"] = Value::from(routes.to_vec());
    config["default"] = json!(default);
    config
}

/// Whether a request for the path passes without a token.
fn is_open(gate: &mfa_gate::gate::Gate, path: &str) -> bool {
    matches!(judge(gate, &NativeRequest::to_path(path.as_bytes()), NOW), Verdict::Allow(_))
}

/// Routes that overlap in path, method and host, each the other's exception.
fn overlapping() -> Vec<Value> {
    vec![
        json!({"name": "all", "prefix": "/", "policy": "mfa"}),
        json!({"name": "a", "prefix": "/a", "policy": "public"}),
        json!({"name": "ab", "prefix": "/a/b", "policy": "mfa"}),
        json!({"name": "abc", "path": "/a/b/c", "policy": "public"}),
        json!({"name": "posts", "prefix": "/a", "methods": ["POST", "PUT"], "policy": "mfa"}),
        json!({"name": "host", "prefix": "/a", "hosts": ["api.example.com"], "policy": "signed_in"}),
    ]
}

/// The permutation of the items with this number.
fn permuted<T: Clone>(items: &[T], mut number: usize) -> Vec<T> {
    let mut left = items.to_vec();
    let mut permuted = Vec::new();
    while !left.is_empty() {
        permuted.push(left.remove(number % left.len()));
        number /= left.len() + 1;
    }
    permuted
}

/// Each of the 720 orders chooses the same routes.
// catalogue: I21
#[test]
fn the_order_of_the_routes_does_not_matter() {
    let routes = overlapping();
    let chosen = |gate: &mfa_gate::gate::Gate| -> Vec<Option<String>> {
        let paths = ["/", "/a", "/a/x", "/a/b", "/a/b/x", "/a/b/c", "/a/b/c/d", "/x", "/ab"];
        let hosts = ["api.example.com", "other.example.com"];
        let mut chosen = Vec::new();
        let cache = mfa_gate::token::TokenCache::new(gate.cache);
        let now = mfa_gate::time::UnixTime::from_millis(NOW * 1000);
        let means = mfa_gate::decision::Environment::without_host(&cache, now);
        for path in paths {
            for host in hosts {
                for method in ["GET", "POST"] {
                    let request = NativeRequest::of(method, host, path.as_bytes());
                    let decision = mfa_gate::decision::decide(gate, &request, &means);
                    chosen.push(decision.route.map(|route| route.name.clone()));
                }
            }
        }
        chosen
    };
    let first = chosen(&gate(&config(&routes, "mfa")));
    for name in ["all", "a", "ab", "abc", "posts", "host"] {
        assert!(first.iter().any(|route| route.as_deref() == Some(name)), "`{name}` is never chosen: {first:?}");
    }
    for number in 1..720 {
        let order = permuted(&routes, number);
        assert_eq!(chosen(&gate(&config(&order, "mfa"))), first, "{order:?}");
    }
}

/// Texts that some upstreams read as the slash between two segments.
const SEPARATORS: [&str; 18] = [
    "/",
    "//",
    "/./",
    "/x/../",
    "/%2e/",
    "/x/%2e%2E/",
    "/x/..;/",
    "/x/..;a=b/",
    "/;/",
    "/;a=b/",
    "%2f",
    "%2F",
    "%5c",
    "%252f",
    "\\",
    "/x\\..\\",
    "%ef%bc%8f",
    "/x%2f..%2f",
];

/// Texts that some upstreams ignore at the end of a path.
const ENDINGS: [&str; 16] =
    ["", ";x", ";", "%3bx", "%253bx", "%20", ".", "/", "/.", "//", ".json", "~", "%3fx", "%23x", "?x=/public", "/x/.."];

/// A name, its first letter written in ways that some upstreams read as the same.
fn disguised(name: &str, how: usize) -> String {
    let first = name.as_bytes()[0];
    match how {
        0 => name.to_owned(),
        1 => name.to_uppercase(),
        2 => format!("%{first:02x}{}", &name[1..]),
        3 => format!("%25{first:02x}{}", &name[1..]),
        _ => format!("%{:02X}{}", first.to_ascii_uppercase(), &name[1..]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// For every name of the protected path.
    #[test]
    fn a_disguised_path_is_protected(
        first in "[a-z][a-z0-9-]{0,8}",
        second in "[a-z][a-z0-9-]{0,8}",
        separator in prop::sample::select(&SEPARATORS[..]),
        ending in prop::sample::select(&ENDINGS[..]),
        how in 0..5_usize,
    ) {
        let route = json!({"name": "protected", "prefix": format!("/{first}/{second}"), "policy": "mfa"});
        let gate = gate(&config(&[route], "public"));
        let path = format!("/{}{separator}{second}{ending}", disguised(&first, how));
        prop_assert!(!is_open(&gate, &path), "{path}");
    }

    /// Where only `/public` is public, a path passes only if it stays below `/public` in every reading.
    #[test]
    fn a_path_of_hostile_pieces_is_public_only_below_the_public_route(
        pieces in prop::collection::vec(
            prop::sample::select(&["/", "..", ".", "%2e", "%2f", "%5c", "\\", ";", "x", "%25", "public", "%00", "PUBLIC", "~", "%3b", "//", "/../"][..]),
            0..12,
        ),
    ) {
        let gate = gate(&config(&[json!({"name": "public", "prefix": "/public", "policy": "public"})], "mfa"));
        let path = format!("/{}", pieces.concat());
        if is_open(&gate, &path) {
            let plain = resolved(&path);
            prop_assert!(plain == "/public" || plain.starts_with("/public/"), "{path} is open, and is {plain}");
        }
    }

    /// Reading a path never panics.
    #[test]
    fn any_bytes_as_a_path_are_judged(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let gate = gate(&config(&[json!({"name": "public", "prefix": "/public", "policy": "public"})], "mfa"));
        let path = [b"/".as_slice(), &bytes].concat();
        let _ = judge(&gate, &NativeRequest::to_path(&path), NOW);
    }

    /// Letters, digits, `_` and `-` need no decoding.
    #[test]
    fn ordinary_paths_are_not_refused(path in "(/[A-Za-z0-9_-]{1,12}){1,6}") {
        let gate = gate(&config(&[], "public"));
        prop_assert!(is_open(&gate, &path), "{path}");
    }
}

/// The path as the laxest of upstreams reads it: decoded until nothing is left to decode, and resolved.
fn resolved(path: &str) -> String {
    let mut path = path.to_owned();
    for _ in 0..8 {
        for (escape, plain) in [("%25", "%"), ("%2f", "/"), ("%5c", "/"), ("\\", "/"), ("%2e", "."), ("%3b", ";")] {
            path = path.replace(escape, plain);
        }
    }
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment.split(';').next().unwrap_or_default() {
            "" | "." => {}
            ".." => drop(kept.pop()),
            segment => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/")).to_lowercase()
}
