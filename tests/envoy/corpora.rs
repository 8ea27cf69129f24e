//! The vectors of JSONTestSuite, through Envoy.

use serde_json::json;

use crate::proxy::envoy::Envoy;
use crate::proxy::http1::Connection;
use crate::proxy::listener::{Listener, Settings};
use crate::proxy::upstream::Upstream;
use crate::support::corpora::{json_test_suite, tokens_of};
use crate::support::forge::Forge;
use crate::support::table::Sample;
use crate::support::tokens::now;

// catalogue: C33 C34
#[test]
fn json_test_suite_verdicts_match_through_envoy() {
    let Some(files) = json_test_suite() else { return };
    let forge = Forge::new();
    let sample = Sample::load(&forge, "partner-center.yaml");
    let listener = Listener::new("gate", Settings::Bare, sample.config.clone());
    let envoy = Envoy::start(&[listener], Upstream::start(), &[], None).unwrap_or_else(|error| panic!("{error}"));
    let now = now();
    let mut connection = Connection::new(envoy.address("gate"));
    let mut ask = |token: &[u8]| {
        let request = [b"GET /v1/customers HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ", token, b"\r\n\r\n"].concat();
        connection.request(&request).expect("an answer").answer.status
    };
    let good = sample.mint(&forge, &json!({"from": "good"}), now);
    for (name, bytes) in &files {
        for (token, wanted) in tokens_of(&forge, &sample, name, bytes, now) {
            let status = ask(&token);
            match wanted {
                Some(true) => assert_eq!(status, 200, "{name}"),
                Some(false) => assert!([401, 431].contains(&status), "{name}: {status}"),
                None => assert!([200, 401, 431].contains(&status), "{name}: {status}"),
            }
        }
        assert_eq!(ask(&good), 200, "after {name}");
    }
}
