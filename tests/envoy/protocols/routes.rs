//! What Envoy's routes do with a request: rewrites, redirects that Envoy follows, copies.

use std::time::Duration;

use super::{bearer, stage};

/// Where Envoy rewrites the path, the policy of the path before that decides.
// catalogue: I24
#[test]
fn a_path_that_envoy_rewrites_is_judged_as_it_was_sent() {
    let stage = stage();
    let (id, response) = stage.get("rerouted", "/public/rewritten/1", &[]);
    assert_eq!(response.answer.status, 200);
    let seen = stage.envoy.upstream.seen(&id);
    assert_eq!(seen.iter().map(|seen| seen.path.as_str()).collect::<Vec<_>>(), ["/v1/customers/1"]);
    let (id, response) = stage.get("rerouted", "/v1/rewritten/1", &["x-envoy-original-path: /public"]);
    assert_eq!((response.answer.status, stage.details(&id).as_str()), (401, "mfa_gate{token-missing}"));
    assert!(stage.envoy.upstream.seen(&id).is_empty());
}

// catalogue: I25
#[test]
fn a_redirect_that_envoy_follows_is_judged_again() {
    let stage = stage();
    let to = format!("x-test-redirect-to: http://{}/v1/customers", "api.example.com");
    let (id, response) = stage.get("rerouted", "/moved", &[&to]);
    assert_eq!(response.answer.status, 401);
    let seen: Vec<String> = stage.envoy.upstream.seen(&id).iter().map(|seen| seen.path.clone()).collect();
    assert_eq!(seen, ["/moved"], "the redirect must not get through");
    // With a good token it does get through, or the above would prove nothing.
    let (id, response) = stage.get("rerouted", "/moved", &[&to, &bearer(&stage.good)]);
    assert!(
        stage.envoy.upstream.seen(&id).iter().any(|seen| seen.path == "/v1/customers"),
        "{}",
        response.answer.status
    );
}

// catalogue: I26
#[test]
fn no_copy_of_a_request_leaves_before_the_verdict() {
    let stage = stage();
    for lines in [vec![], vec![bearer(&stage.without_mfa)], vec![bearer(&stage.bad)]] {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let (id, response) =
            stage.get("rerouted", "/v1/customers", &[&lines[..], &["x-test-status: 503 Busy"]].concat());
        assert_eq!(response.answer.status, 401);
        std::thread::sleep(Duration::from_millis(50));
        assert!(stage.envoy.upstream.seen(&id).is_empty() && stage.copies.seen(&id).is_empty());
    }
    // The mirror works, or the above would prove nothing.
    let (id, response) = stage.get("rerouted", "/v1/customers", &[&bearer(&stage.good)]);
    assert_eq!(response.answer.status, 200);
    for _ in 0..100 {
        if !stage.copies.seen(&id).is_empty() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("the allowed request was not mirrored");
}
