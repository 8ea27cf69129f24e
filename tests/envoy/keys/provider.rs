//! The keys after each kind of failure of a provider.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::idp::{Idp, Reply};
use crate::proxy::envoy::Setup;
use crate::stage::{KEY_UNKNOWN, NO_KEYS, Stage, assert_unavailable, eventually, fetched, listener, source};
use crate::support::tokens::{ISSUER, config, forge, good, jwks, sign, signed, token, token_with, unsigned};

// catalogue: F01 F05
#[test]
fn an_unreachable_provider_means_503_until_it_can_be_reached() {
    let closed = Idp::closed();
    let cluster = |name: &str| fetched("/keys", &json!({"cluster": name}));
    let listeners = [
        ("gate", cluster("idp")),
        ("unknown", cluster("nowhere")),
        ("empty", cluster("empty")),
        ("nameless", cluster("nameless")),
    ]
    .map(|(name, config)| listener(name, &config));
    // RFC 6761 section 6.4: this name never resolves.
    let address = json!({"socket_address": {"address": "idp.invalid", "port_value": 443}});
    let endpoints = json!([{"lb_endpoints": [{"endpoint": {"address": address}}]}]);
    let clusters = vec![
        json!({"name": "empty", "load_assignment": {"cluster_name": "empty"}}),
        json!({"name": "nameless", "type": "STRICT_DNS", "load_assignment": {"cluster_name": "nameless", "endpoints": endpoints}}),
    ];
    let stage =
        Stage::with(Setup { workers: 2, others: &[("idp", closed.address)], clusters, ..Setup::default() }, &listeners);
    let assert_blind = |listener: &str| {
        for _ in 0..4 {
            let (response, details) = stage.respond(listener, &good("a"));
            assert_unavailable(&response, &details);
        }
    };
    for listener in &listeners {
        assert_blind(&listener.name);
    }
    let idp = closed.open();
    idp.set("/keys", Reply::ok(jwks(&["a"])));
    stage.wait_for_keys("gate", "a");
    for listener in &listeners[1..] {
        assert_blind(&listener.name);
    }
    stage.assert_no_trap();
}

/// Sends each reply to a listener with keys and to one without: the first keeps its keys, the second gets none.
fn assert_none_is_accepted(replies: &[(String, Reply)]) {
    let idp = Idp::start();
    let paths: Vec<(String, String)> =
        (0..replies.len()).map(|index| (format!("/old/{index}"), format!("/none/{index}"))).collect();
    let mut listeners = Vec::new();
    for ((old, none), (_, reply)) in paths.iter().zip(replies) {
        idp.set(old, Reply::ok(jwks(&["a"])));
        idp.set(none, reply.clone());
        listeners.extend([old, none].map(|path| (path.as_str(), fetched(path, &json!({"timeout": "2s"})))));
    }
    idp.set("/elsewhere", Reply::ok(jwks(&["a", "b"])));
    let stage = Stage::new(idp.address, &listeners);
    let assert_not_taken = |old: &str, none: &str, what: &str, reply: &Reply| {
        stage.wait_for_keys(old, "a");
        idp.set(old, reply.clone());
        let (status, details) = stage.cause_fetch(&idp, old, old, "b");
        assert_eq!((status, details.as_str()), (401, KEY_UNKNOWN), "{what}");
        assert!((0..10).all(|_| stage.ask(old, &good("a")).0 == 200), "{what}: the old keys");
        for kid in ["a", "b"] {
            let (response, details) = stage.respond(none, &good(kid));
            assert_eq!((response.answer.status, details.as_str()), (503, NO_KEYS), "{what}");
        }
        assert!(idp.asked(none) > 0, "{what}");
        idp.set(old, Reply::ok(jwks(&["b"])));
        eventually("recovery", || stage.ask(old, &good("b")).0 == 200);
        eventually("end of the old key", || stage.ask(old, &good("a")).0 == 401);
        assert!(idp.asked(old) >= 3, "{what}");
    };
    std::thread::scope(|scope| {
        for ((old, none), (what, reply)) in paths.iter().zip(replies) {
            scope.spawn(move || assert_not_taken(old, none, what, reply));
        }
    });
    assert_eq!(idp.asked("/elsewhere"), 0);
    stage.assert_no_trap();
}

// catalogue: F03 F04
#[test]
fn only_status_200_is_accepted_and_no_redirect_is_followed() {
    let set = jwks(&["a", "b"]);
    let redirects = [301, 302, 303, 307, 308].map(|status| (status, "location: https://idp.test/elsewhere\r\n"));
    let statuses = [201, 204, 206, 304, 400, 401, 403, 404, 429, 500, 503].map(|status| (status, ""));
    let replies: Vec<_> = redirects
        .iter()
        .chain(&statuses)
        .map(|(status, lines)| (status.to_string(), Reply::status(*status, lines, &set)))
        .collect();
    assert_none_is_accepted(&replies);
}

// catalogue: E07 E10 F12
#[test]
fn a_set_without_a_usable_key_is_not_accepted() {
    let set = jwks(&["a", "b"]);
    let certified = ["RSA", "EC"]
        .map(|kty| json!({"kty": kty, "kid": "b", "x5c": [forge().certificate().expect("a key of the forge")]}));
    let texts = [
        ("no keys member", "{}".to_owned()),
        ("null keys", r#"{"keys":null}"#.to_owned()),
        ("keys as an object", r#"{"keys":{}}"#.to_owned()),
        ("an array", "[]".to_owned()),
        ("no key", r#"{"keys":[]}"#.to_owned()),
        ("null as a key", r#"{"keys":[null]}"#.to_owned()),
        ("a number as a key", r#"{"keys":[1]}"#.to_owned()),
        ("an array as a key", r#"{"keys":[[]]}"#.to_owned()),
        ("only symmetric keys", r#"{"keys":[{"kty":"oct","kid":"b","k":"AAAA"}]}"#.to_owned()),
        ("only a broken key", r#"{"keys":[{"kty":"EC","crv":"P-256","kid":"b","x":"AA","y":"AA"}]}"#.to_owned()),
        ("E10 only keys of certificates", json!({"keys": certified}).to_string()),
        ("keys twice", format!(r#"{},"keys":[]}}"#, &set[..set.len() - 1])),
    ];
    assert_none_is_accepted(&texts.map(|(what, text)| (what.to_owned(), Reply::ok(text))));
}

// catalogue: E10 E11 F02 F05
#[test]
fn a_body_that_is_not_a_key_set_is_not_accepted() {
    let set = jwks(&["a", "b"]);
    let packed = packed(&set);
    let padded = |size: usize| format!("{set}{}", " ".repeat(size));
    let wide: Vec<u8> = set.encode_utf16().flat_map(u16::to_le_bytes).collect();
    // An encrypted key set: RSA-OAEP, A256GCM.
    let encrypted = "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00iLCJjdHkiOiJqd2stc2V0K2pzb24ifQ.AAAA.AAAA.AAAA.AAAA";
    let replies = [
        ("nothing", Reply::ok("")),
        ("garbage", Reply::ok("\u{1}\u{2}garbage")),
        ("HTML", Reply::ok("<html><body>sorry</body></html>")),
        ("PEM", Reply::ok(forge().pem("rsa").expect("a key of the forge"))),
        ("JWE", Reply::ok(encrypted)),
        (
            "JWE in JSON",
            Reply::ok(r#"{"protected":"e30","encrypted_key":"AAAA","iv":"AAAA","ciphertext":"AAAA","tag":"AAAA"}"#),
        ),
        ("gzip", Reply::status(200, "content-encoding: gzip\r\n", &packed)),
        ("gzip without Content-Encoding", Reply::ok(&packed)),
        ("UTF-16", Reply::ok(wide)),
        ("a byte order mark", Reply::ok(format!("\u{feff}{set}"))),
        ("cut JSON", Reply::ok(&set[..set.len() - 2])),
        ("trailing data", Reply::ok(format!("{set}{set}"))),
        ("1 MiB", Reply::ok(padded(1 << 20))),
        ("10 MiB", Reply::ok(padded(10 << 20))),
        ("100,000 keys", Reply::ok(many_keys(100_000))),
        ("a body cut short", {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{set}", set.len() + 1);
            Reply::Bytes(head.into_bytes())
        }),
        ("a body without end", Reply::Endless),
        ("F02 a body that comes too slowly", {
            let Reply::Bytes(bytes) = Reply::ok(&set) else { unreachable!("it is made of bytes") };
            Reply::Slow(bytes, Duration::from_millis(400))
        }),
        ("F05 an answer that is no HTTP", Reply::Bytes(b"hello\r\n\r\n".to_vec())),
        ("F05 no answer", Reply::Bytes(Vec::new())),
    ];
    assert_none_is_accepted(&replies.map(|(what, reply)| (what.to_owned(), reply)));
}

/// The keys `a` and `b` after this number of ignored keys.
fn many_keys(ignored: usize) -> String {
    let set = jwks(&["a", "b"]);
    let (before, after) = set.split_at(set.find('[').expect("an array") + 1);
    format!("{before}{}{after}", r#"{"kty":"x"},"#.repeat(ignored))
}

fn packed(text: &str) -> Vec<u8> {
    let mut gzip = Command::new("gzip").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("gzip");
    gzip.stdin.take().expect("its input").write_all(text.as_bytes()).expect("packing");
    gzip.wait_with_output().expect("packing").stdout
}

/// The sets above are rejected only for their size.
// catalogue: E11
#[test]
fn key_sets_up_to_the_limits_are_accepted() {
    let set = jwks(&["a"]);
    let padded = |size: usize| format!("{set}{}", " ".repeat(size - set.len()));
    let idp = Idp::start();
    idp.set("/long", Reply::ok(padded(256 << 10)));
    idp.set("/longer", Reply::ok(padded((256 << 10) + 1)));
    idp.set("/many", Reply::ok(many_keys(254)));
    idp.set("/more", Reply::ok(many_keys(255)));
    let listeners = ["/long", "/longer", "/many", "/more"].map(|path| (path, fetched(path, &json!({}))));
    let stage = Stage::new(idp.address, &listeners);
    for path in ["/long", "/many"] {
        stage.wait_for_keys(path, "a");
    }
    for path in ["/longer", "/more"] {
        let (response, details) = stage.respond(path, &good("a"));
        assert_unavailable(&response, &details);
        assert!(idp.asked(path) > 0);
    }
}

/// As in other libraries: the content type is under the provider's control, so checking it adds no security.
// catalogue: E10
#[test]
fn a_key_set_is_accepted_with_any_content_type() {
    let idp = Idp::start();
    let set = jwks(&["a"]);
    let answer = |kind: &str| {
        let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n{kind}content-length: {}\r\n\r\n", set.len());
        Reply::Bytes([head.as_bytes(), set.as_bytes()].concat())
    };
    let kinds = [
        ("/none", ""),
        ("/set", "content-type: application/jwk-set+json\r\n"),
        ("/bytes", "content-type: application/octet-stream\r\n"),
        ("/html", "content-type: text/html\r\n"),
    ];
    for (path, kind) in kinds {
        idp.set(path, answer(kind));
    }
    let stage = Stage::new(idp.address, &kinds.map(|(path, _)| (path, fetched(path, &json!({})))));
    for (path, _) in kinds {
        stage.wait_for_keys(path, "a");
    }
}

/// Istio used a built-in key with a published private key if it could fetch none (CVE-2026-31837).
// catalogue: F18
#[test]
fn there_is_no_built_in_key() {
    // RFC 7515 appendices A.2 and A.3: the filter contains these keys to test the host's crypto.
    const OF_RFC_7515: [&str; 2] = [
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
    ];
    let idp = Idp::start();
    idp.set("/keys", Reply::status(500, "", jwks(&["a"])));
    let issuers = [ISSUER, "joe"]
        .map(|issuer| json!({"issuer": issuer, "audiences": ["api"], "jwks": source("/keys", &json!({}))}));
    let stage = Stage::new(idp.address, &[("gate", config(&json!(issuers)))]);
    let mut tokens: Vec<String> = OF_RFC_7515.map(str::to_owned).into();
    for key in ["rsa", "p256", "p384", "ed25519"] {
        tokens.push(token(key, "a", &json!({})));
        tokens.push(token_with(key, &json!({"alg": forge().algorithm(key).expect("a key of the forge")}), &json!({})));
    }
    tokens.push(token_with("rsa", &json!({"alg": "PS256"}), &json!({})));
    for token in &tokens {
        let (response, details) = stage.respond("gate", token);
        assert_unavailable(&response, &details);
    }
    for algorithm in ["none", "HS256"] {
        let unsigned = unsigned(algorithm, "a", &json!({}));
        let signature = sign(algorithm, "rsa", b"", unsigned.as_bytes());
        let answer = stage.ask("gate", &signed(&unsigned, &signature));
        assert_eq!(answer, (401, "mfa_gate{algorithm-not-allowed}".to_owned()));
    }
}
