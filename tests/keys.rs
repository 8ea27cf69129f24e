//! Fetched keys and the verifying of signatures, through a real Envoy with two workers and a real HTTP server as the
//! identity provider, in each manner in which one fails.

mod support;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use support::envoy::{Envoy, Listener, Settings};
use support::faults;
use support::forge::Forge;
use support::http1::{Connection, Response};
use support::idp::{Idp, Reply};
use support::native::{self, NativeRequest, Verdict};
use support::upstream::Upstream;

const ISSUER: &str = "https://idp.test";

/// How long anything that must happen may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The cool-down of most listeners, in seconds.
const COOLDOWN: u64 = 1;

fn forge() -> &'static Forge {
    static FORGE: OnceLock<Forge> = OnceLock::new();
    FORGE.get_or_init(Forge::new)
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock past 1970");
    i64::try_from(since.as_secs()).expect("a clock before the end of time")
}

/// A number that nothing else in this run has.
fn number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Header and claims of a token of `ISSUER`, each other than every one before, with these changes to the claims.
fn unsigned(algorithm: &str, kid: &str, changes: &Value) -> String {
    let mut claims = json!({
        "iss": ISSUER, "aud": "api", "sub": "user", "amr": ["pwd", "mfa"], "iat": now() - 10, "exp": now() + 3600, "jti": number(),
    });
    for (name, value) in changes.as_object().expect("changes to claims") {
        claims[name] = value.clone();
    }
    let encode = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
    format!("{}.{}", encode(json!({"alg": algorithm, "kid": kid, "typ": "JWT"})), encode(claims))
}

fn signed(unsigned: &str, signature: &[u8]) -> String {
    format!("{unsigned}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// A token signed by a key of the forge, which it calls `kid`.
fn token(key: &str, kid: &str, changes: &Value) -> String {
    let algorithm = forge().algorithm(key);
    let unsigned = unsigned(algorithm, kid, changes);
    signed(&unsigned, &forge().sign(algorithm, key, b"", unsigned.as_bytes()))
}

fn good(kid: &str) -> String {
    token("p256", kid, &json!({}))
}

/// A key of the forge, called `kid`.
fn jwk(key: &str, kid: &str) -> Value {
    let mut jwk = Value::Object(forge().jwk(key));
    jwk["kid"] = kid.into();
    jwk
}

/// A set of the one key under these names.
fn jwks(kids: &[&str]) -> String {
    let keys: Vec<Value> = kids.iter().map(|kid| jwk("p256", kid)).collect();
    json!({"keys": keys}).to_string()
}

/// Where keys are, with these changes to how they are fetched.
fn source(path: &str, changes: &Value) -> Value {
    let mut source = json!({
        "uri": format!("{ISSUER}{path}"), "cluster": "idp", "timeout": "5s", "cooldown": format!("{COOLDOWN}s"),
    });
    for (name, value) in changes.as_object().expect("changes to a source") {
        source[name] = value.clone();
    }
    source
}

fn config(issuers: &Value) -> Value {
    json!({"issuers": issuers, "policies": {"mfa": {"amr": {"any_of": ["mfa"]}}}, "default": "mfa"})
}

fn discovered(issuer: &str, path: &str) -> Value {
    json!({"issuer": issuer, "audiences": ["api"], "discovery": source(path, &json!({}))})
}

fn fetched(path: &str, changes: &Value) -> Value {
    config(&json!([{"issuer": ISSUER, "audiences": ["api"], "jwks": source(path, changes)}]))
}

/// An Envoy with a listener for each of these configurations.
struct Stage {
    envoy: Envoy,
}

impl Stage {
    fn new(idp: std::net::SocketAddr, listeners: &[(&str, Value)]) -> Self {
        let listeners: Vec<Listener> =
            listeners.iter().map(|(name, config)| Listener::new(name, Settings::Shipped, config.clone())).collect();
        let envoy = Envoy::start_with(2, &listeners, Upstream::start(), &[("idp", idp)], None)
            .unwrap_or_else(|error| panic!("{error}"));
        Stage { envoy }
    }

    /// Sends a token on a connection of its own, which either worker may get.
    fn ask(&self, listener: &str, token: &str) -> (u16, String) {
        let (response, details) = self.respond(listener, token);
        (response.answer.status, details)
    }

    fn respond(&self, listener: &str, token: &str) -> (Response, String) {
        let id = id();
        let request = request("GET", &id, token, "");
        let response = Connection::new(self.envoy.address(listener)).request(&request).expect("an answer");
        let details = self.envoy.logged(&id).expect("a line of the access log").details;
        (response, details)
    }

    /// All at once: their statuses.
    fn ask_all(&self, listener: &str, tokens: &[String]) -> Vec<u16> {
        let address = self.envoy.address(listener);
        let ask = |token: &String| {
            let response = Connection::new(address).request(&request("GET", &id(), token, ""));
            response.expect("an answer").answer.status
        };
        std::thread::scope(|scope| {
            let asked: Vec<_> = tokens.iter().map(|token| scope.spawn(move || ask(token))).collect();
            asked.into_iter().map(|asked| asked.join().expect("an answer")).collect()
        })
    }

    /// The keys are there, in both workers.
    fn wait_for_keys(&self, listener: &str, kid: &str) {
        eventually("keys in every worker", || (0..20).all(|_| self.ask(listener, &good(kid)).0 == 200));
    }

    /// Sends tokens with an unknown key until one has caused a fetch; the last answer.
    fn cause_fetch(&self, idp: &Idp, listener: &str, path: &str, kid: &str) -> (u16, String) {
        let before = idp.asked(path);
        let mut answer = None;
        eventually("a fetch for an unknown key", || {
            answer = Some(self.ask(listener, &good(kid)));
            idp.asked(path) > before
        });
        answer.expect("an answer")
    }

    /// A statistic of Envoy's.
    fn statistic(&self, name: &str) -> u64 {
        let request = format!("GET /stats?filter=^{name}$ HTTP/1.1\r\nhost: admin\r\n\r\n");
        let response = Connection::new(self.envoy.admin).request(request.as_bytes()).expect("statistics");
        let text = String::from_utf8_lossy(&response.answer.body).into_owned();
        text.rsplit(' ').next().and_then(|number| number.trim().parse().ok()).unwrap_or(0)
    }

    fn wait_for_active(&self, listener: &str, requests: usize) {
        let name = format!("http.{listener}.downstream_rq_active");
        eventually("requests that wait", || self.statistic(&name) == requests as u64);
    }

    /// No machine has trapped.
    fn assert_no_trap(&self) {
        let log = String::from_utf8_lossy(&self.envoy.log_from(0)).into_owned();
        let bad: Vec<_> = log
            .lines()
            .filter(|line| {
                ["panicked", "RuntimeError", "Function: proxy_on", "in-VM error"].iter().any(|word| line.contains(word))
            })
            .collect();
        assert!(bad.is_empty(), "{bad:?}");
    }
}

fn id() -> String {
    format!("keys-{}", number())
}

fn request(method: &str, id: &str, token: &str, lines: &str) -> Vec<u8> {
    format!(
        "{method} /v1/customers HTTP/1.1\r\nhost: api.example.com\r\nx-test-id: {id}\r\nauthorization: Bearer {token}\r\n{lines}\r\n"
    )
    .into_bytes()
}

fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "no {what} after {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Until a fetch begun before now no longer holds up the next.
fn rest(seconds: u64) {
    std::thread::sleep(Duration::from_secs(seconds) + Duration::from_millis(300));
}

const KEY_UNKNOWN: &str = "mfa_gate{key-unknown}";
const NO_KEYS: &str = "mfa_gate{keys-unavailable}";

fn assert_unavailable(response: &Response, details: &str) {
    assert_eq!((response.answer.status, details), (503, NO_KEYS));
    assert!(response.answer.header("retry-after").is_some(), "{:?}", response.answer.headers);
    assert_eq!(response.answer.header("www-authenticate"), None);
}

#[test]
fn f08_a_cold_start_fetches_once_and_then_each_gets_its_verdict() {
    let idp = Idp::start();
    idp.set("/keys", Reply::Hold);
    let stage = Stage::new(idp.address, &[("gate", fetched("/keys", &json!({"timeout": "30s"})))]);
    let (good, bad) = (good("a"), token("stranger_p256", "a", &json!({})));
    let without_mfa = token("p256", "a", &json!({"amr": ["pwd"]}));
    let kinds = [(&good, 200), (&good, 200), (&bad, 401), (&without_mfa, 401)];
    let (tokens, wanted): (Vec<String>, Vec<u16>) =
        kinds.iter().cycle().take(400).map(|(token, status)| ((*token).clone(), *status)).unzip();
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| stage.ask_all("gate", &tokens));
        stage.wait_for_active("gate", tokens.len());
        assert_eq!(stage.statistic("cluster.upstream.upstream_rq_total"), 0);
        assert_eq!(idp.asked("/keys"), 1);
        idp.set("/keys", Reply::ok(jwks(&["a"])));
        assert_eq!(asked.join().expect("answers"), wanted);
    });
    assert_eq!(idp.asked("/keys"), 1);
    stage.assert_no_trap();
}

#[test]
fn f15_bodies_and_trailers_wait_with_their_headers() {
    let idp = Idp::start();
    idp.set("/keys", Reply::Hold);
    let stage = Stage::new(idp.address, &[("gate", fetched("/keys", &json!({"timeout": "30s"})))]);
    let body = "x".repeat(3_000_000);
    let sized = format!("content-length: {}\r\n", body.len());
    let chunked = format!("{:x}\r\n{body}\r\n0\r\nx-trailer: t\r\n\r\n", body.len());
    let without_mfa = token("p256", "a", &json!({"amr": []}));
    let posts = [
        (good("a"), sized.as_str(), body.as_str(), 200),
        (good("a"), "transfer-encoding: chunked\r\n", chunked.as_str(), 200),
        (good("a"), "content-length: 5\r\n", "12345", 200),
        (good("a"), "content-length: 0\r\n", "", 200),
        (without_mfa.clone(), sized.as_str(), body.as_str(), 401),
        (without_mfa, "transfer-encoding: chunked\r\n", chunked.as_str(), 401),
    ];
    let waiting: Vec<_> = posts
        .iter()
        .map(|(token, lines, body, status)| {
            let id = id();
            let mut connection = Connection::new(stage.envoy.address("gate"));
            connection.send(&request("POST", &id, token, lines)).expect("sending");
            connection.send(body.as_bytes()).expect("sending");
            (id, connection, *status)
        })
        .collect();
    stage.wait_for_active("gate", posts.len());
    rest(1);
    assert_eq!(stage.statistic("cluster.upstream.upstream_rq_total"), 0);
    idp.set("/keys", Reply::ok(jwks(&["a"])));
    for ((id, mut connection, status), (_, lines, sent, _)) in waiting.into_iter().zip(&posts) {
        let response = connection.response(false).unwrap_or_else(|error| panic!("{lines}: {error}"));
        assert_eq!(response.answer.status, status, "{lines}");
        let seen = stage.envoy.upstream.seen(&id);
        assert_eq!(seen.len(), usize::from(status == 200), "{lines}");
        let whole = if sent.len() > body.len() { &body } else { *sent };
        assert!(seen.iter().all(|seen| seen.body == whole.as_bytes()), "{lines}");
    }
    stage.assert_no_trap();
}

#[test]
fn f01_f05_a_provider_that_refuses_and_a_cluster_that_is_not_there() {
    let closed = Idp::closed();
    let nowhere = fetched("/keys", &json!({"cluster": "nowhere"}));
    let stage = Stage::new(closed.address, &[("gate", fetched("/keys", &json!({}))), ("nowhere", nowhere)]);
    for listener in ["gate", "nowhere"] {
        for _ in 0..4 {
            let (response, details) = stage.respond(listener, &good("a"));
            assert_unavailable(&response, &details);
        }
    }
    let idp = closed.open();
    idp.set("/keys", Reply::ok(jwks(&["a"])));
    stage.wait_for_keys("gate", "a");
    let (response, details) = stage.respond("nowhere", &good("a"));
    assert_unavailable(&response, &details);
    stage.assert_no_trap();
}

#[test]
fn f02_a_provider_that_hangs_beyond_the_timeout() {
    let idp = Idp::start();
    idp.set("/keys", Reply::Hold);
    let stage = Stage::new(idp.address, &[("gate", fetched("/keys", &json!({"timeout": "1s"})))]);
    let statuses = stage.ask_all("gate", &vec![good("a"); 50]);
    assert!(statuses.iter().all(|status| *status == 503), "{statuses:?}");
    let (response, details) = stage.respond("gate", &good("a"));
    assert_unavailable(&response, &details);
    // Answers what is long given up, too.
    idp.set("/keys", Reply::ok(jwks(&["a"])));
    stage.wait_for_keys("gate", "a");
    stage.assert_no_trap();
}

/// Each reply is given to a listener that has keys and to one that has none: the first keeps its own, the second has none.
fn assert_none_is_taken(replies: &[(String, Reply)]) {
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
    for ((old, _), (_, reply)) in paths.iter().zip(replies) {
        stage.wait_for_keys(old, "a");
        idp.set(old, reply.clone());
    }
    for ((old, none), (what, _)) in paths.iter().zip(replies) {
        let (status, details) = stage.cause_fetch(&idp, old, old, "b");
        assert_eq!((status, details.as_str()), (401, KEY_UNKNOWN), "{what}");
        assert!((0..10).all(|_| stage.ask(old, &good("a")).0 == 200), "{what}: the old keys");
        for kid in ["a", "b"] {
            let (response, details) = stage.respond(none, &good(kid));
            assert_eq!((response.answer.status, details.as_str()), (503, NO_KEYS), "{what}");
        }
        assert!(idp.asked(none) > 0, "{what}");
        idp.set(old, Reply::ok(jwks(&["b"])));
    }
    assert_eq!(idp.asked("/elsewhere"), 0);
    for ((old, _), (what, _)) in paths.iter().zip(replies) {
        eventually("recovery", || stage.ask(old, &good("b")).0 == 200);
        eventually("end of the old key", || stage.ask(old, &good("a")).0 == 401);
        assert!(idp.asked(old) >= 3, "{what}");
    }
    stage.assert_no_trap();
}

#[test]
fn f03_f04_no_status_but_200_is_taken_and_no_redirect_followed() {
    let set = jwks(&["a", "b"]);
    let redirects = [301, 302, 303, 307, 308].map(|status| (status, "location: https://idp.test/elsewhere\r\n"));
    let statuses = [201, 204, 206, 304, 400, 401, 403, 404, 429, 500, 503].map(|status| (status, ""));
    let replies: Vec<_> = redirects
        .iter()
        .chain(&statuses)
        .map(|(status, lines)| (status.to_string(), Reply::status(*status, lines, &set)))
        .collect();
    assert_none_is_taken(&replies);
}

#[test]
fn e07_e10_e11_f12_what_is_no_key_set_is_not_taken() {
    let set = jwks(&["a", "b"]);
    let padded = |size: usize| format!("{set}{}", " ".repeat(size));
    let many: Vec<String> = (0..2000).map(|n| format!("k{n}")).chain(["a".to_owned(), "b".to_owned()]).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let oct = r#"{"keys":[{"kty":"oct","kid":"b","k":"AAAA"}]}"#;
    let broken = r#"{"keys":[{"kty":"EC","crv":"P-256","kid":"b","x":"AA","y":"AA"}]}"#;
    let twice = format!(r#"{},"keys":[]}}"#, &set[..set.len() - 1]);
    let texts = [
        ("nothing", String::new()),
        ("garbage", "\u{1}\u{2}garbage".to_owned()),
        ("html", "<html><body>sorry</body></html>".to_owned()),
        ("no keys member", "{}".to_owned()),
        ("null keys", r#"{"keys":null}"#.to_owned()),
        ("keys as an object", r#"{"keys":{}}"#.to_owned()),
        ("an array", "[]".to_owned()),
        ("no key", r#"{"keys":[]}"#.to_owned()),
        ("keys that are none", r#"{"keys":[null,1,[],[[]]]}"#.to_owned()),
        ("symmetric keys alone", oct.to_owned()),
        ("a broken key alone", broken.to_owned()),
        ("keys twice", twice),
        ("a byte order mark", format!("\u{feff}{set}")),
        ("cut JSON", set[..set.len() - 2].to_owned()),
        ("1 MiB", padded(1 << 20)),
        ("10 MiB", padded(10 << 20)),
        ("2002 keys", jwks(&many)),
    ];
    let mut replies: Vec<_> = texts.iter().map(|(what, text)| ((*what).to_owned(), Reply::ok(text))).collect();
    let announced = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{set}", set.len() + 1);
    replies.push(("a body cut short".to_owned(), Reply::Bytes(announced.into_bytes())));
    replies.push(("a body without end".to_owned(), Reply::Endless));
    replies.push(("an answer that is no HTTP".to_owned(), Reply::Bytes(b"hello\r\n\r\n".to_vec())));
    replies.push(("no answer".to_owned(), Reply::Bytes(Vec::new())));
    assert_none_is_taken(&replies);
}

#[test]
fn f09_a_new_key_is_fetched_once_and_passes() {
    let idp = Idp::start();
    idp.set("/keys", Reply::ok(jwks(&["a"])));
    let stage = Stage::new(idp.address, &[("gate", fetched("/keys", &json!({})))]);
    stage.wait_for_keys("gate", "a");
    idp.set("/keys", Reply::ok(jwks(&["a", "b"])));
    rest(COOLDOWN);
    let before = idp.asked("/keys");
    let tokens: Vec<String> = (0..100).map(|n| good(if n % 2 == 0 { "a" } else { "b" })).collect();
    assert_eq!(stage.ask_all("gate", &tokens), [200; 100]);
    assert_eq!(idp.asked("/keys"), before + 1);
}

#[test]
fn f10_f20_a_removed_key_is_refused_and_so_are_its_remembered_tokens() {
    let idp = Idp::start();
    let other = jwk("partner", "same");
    idp.set("/keys", Reply::ok(json!({"keys": [jwk("p256", "removed"), jwk("p256", "same")]}).to_string()));
    let stage = Stage::new(idp.address, &[("gate", fetched("/keys", &json!({})))]);
    stage.wait_for_keys("gate", "removed");
    let (removed, replaced) = (good("removed"), good("same"));
    for token in [&removed, &replaced] {
        assert!((0..20).all(|_| stage.ask("gate", token).0 == 200));
    }
    idp.set("/keys", Reply::ok(json!({"keys": [other]}).to_string()));
    eventually("end of the removed key in every worker", || {
        (0..20).all(|_| {
            stage.ask("gate", &good("unknown"));
            stage.ask("gate", &removed).0 == 401
        })
    });
    assert_eq!(stage.ask("gate", &removed), (401, KEY_UNKNOWN.to_owned()));
    assert_eq!(stage.ask("gate", &replaced), (401, "mfa_gate{signature-invalid}".to_owned()));
    assert_eq!(stage.ask("gate", &token("partner", "same", &json!({}))).0, 200);
}

#[test]
fn e02_f06_a_flood_of_unknown_keys_causes_one_fetch_in_a_cool_down() {
    let idp = Idp::start();
    let cooldown = 3;
    idp.set("/keys", Reply::ok(jwks(&["a"])));
    let source = json!({"cooldown": format!("{cooldown}s")});
    let stage = Stage::new(idp.address, &[("gate", fetched("/keys", &source))]);
    stage.wait_for_keys("gate", "a");
    rest(cooldown);
    let before = idp.asked("/keys");
    let start = Instant::now();
    for _ in 0..5 {
        let tokens: Vec<String> =
            (0..500).map(|n| if n % 10 == 0 { good("a") } else { good(&format!("k{}", number())) }).collect();
        let wanted: Vec<u16> = (0..500).map(|n| if n % 10 == 0 { 200 } else { 401 }).collect();
        assert_eq!(stage.ask_all("gate", &tokens), wanted);
    }
    let fetches = (idp.asked("/keys") - before) as u64;
    let most = start.elapsed().as_secs() / cooldown + 1;
    assert!((1..=most).contains(&fetches), "{fetches} fetches in {:?}", start.elapsed());
    stage.assert_no_trap();
}

#[test]
fn f07_tokens_that_no_new_key_would_help_cause_no_fetch() {
    let idp = Idp::start();
    idp.set("/keys", Reply::ok(jwks(&["a"])));
    let stage = Stage::new(idp.address, &[("gate", fetched("/keys", &json!({})))]);
    stage.wait_for_keys("gate", "a");
    rest(COOLDOWN);
    let before = idp.asked("/keys");
    let tokens: Vec<String> = (0..100)
        .flat_map(|n| {
            [
                token("p256", &format!("k{n}"), &json!({"iss": format!("https://attacker.test/{n}")})),
                token("stranger_p256", "a", &json!({})),
                token("p256", "a", &json!({"exp": 1})),
                format!("a.b.{n}"),
                token("rsa", "a", &json!({})),
            ]
        })
        .collect();
    assert_eq!(stage.ask_all("gate", &tokens), vec![401; tokens.len()]);
    assert_eq!(idp.asked("/keys"), before);
}

#[test]
fn f13_a_client_that_leaves_while_it_waits() {
    let idp = Idp::start();
    idp.set("/keys", Reply::Hold);
    let stage = Stage::new(idp.address, &[("gate", fetched("/keys", &json!({"timeout": "30s"})))]);
    let mut waiting: Vec<_> = (0..60)
        .map(|_| {
            let mut connection = Connection::new(stage.envoy.address("gate"));
            connection.send(&request("GET", &id(), &good("a"), "")).expect("sending");
            connection
        })
        .collect();
    stage.wait_for_active("gate", waiting.len());
    let stays: Vec<_> = waiting.split_off(40);
    drop(waiting);
    stage.wait_for_active("gate", stays.len());
    idp.set("/keys", Reply::ok(jwks(&["a"])));
    for mut connection in stays {
        assert_eq!(connection.response(false).expect("an answer").answer.status, 200);
    }
    assert_eq!(stage.statistic("cluster.upstream.upstream_rq_total"), 20);
    stage.wait_for_keys("gate", "a");
    assert_eq!(idp.asked("/keys"), 1);
    stage.assert_no_trap();
}

/// C39 as well.
#[test]
fn e12_issuers_that_share_a_kid_share_no_key() {
    let idp = Idp::start();
    idp.set("/one", Reply::ok(json!({"keys": [jwk("p256", "same"), jwk("rsa", "of-one")]}).to_string()));
    idp.set("/two", Reply::ok(json!({"keys": [jwk("partner", "same")]}).to_string()));
    let other = "https://two.test";
    let issuers = json!([
        {"issuer": ISSUER, "audiences": ["api"], "jwks": source("/one", &json!({}))},
        {"issuer": other, "audiences": ["api"], "jwks": source("/two", &json!({}))},
    ]);
    let stage = Stage::new(idp.address, &[("gate", config(&issuers))]);
    stage.wait_for_keys("gate", "same");
    let by = |key: &str, kid: &str, issuer: &str| stage.ask("gate", &token(key, kid, &json!({"iss": issuer})));
    eventually("keys of the second issuer", || (0..20).all(|_| by("partner", "same", other).0 == 200));
    for _ in 0..4 {
        assert_eq!(by("rsa", "of-one", ISSUER).0, 200);
        assert_eq!(by("partner", "same", ISSUER).1, "mfa_gate{signature-invalid}");
        assert_eq!(by("p256", "same", other).1, "mfa_gate{signature-invalid}");
        assert_eq!(by("rsa", "of-one", other).1, KEY_UNKNOWN);
    }
}

#[test]
fn discovery_is_taken_of_the_right_issuer_alone() {
    let idp = Idp::start();
    let metadata = |issuer: &str, uri: &str| Reply::ok(json!({"issuer": issuer, "jwks_uri": uri}).to_string());
    let uri = format!("{ISSUER}/keys");
    idp.set("/keys", Reply::ok(jwks(&["a"])));
    idp.set("/right", metadata(ISSUER, &uri));
    let wrong = [
        ("/other", metadata("https://attacker.test", &uri)),
        ("/slash", metadata(&format!("{ISSUER}/"), &uri)),
        ("/no-issuer", Reply::ok(json!({"jwks_uri": uri}).to_string())),
        ("/no-uri", Reply::ok(json!({"issuer": ISSUER}).to_string())),
        ("/plain", metadata(ISSUER, "http://idp.test/keys")),
        ("/set", Reply::ok(jwks(&["a"]))),
        ("/moved", Reply::status(302, "location: https://idp.test/right\r\n", "")),
        ("/gone", metadata(ISSUER, "https://idp.test/not-there")),
    ];
    let mut listeners = vec![("/right", config(&json!([discovered(ISSUER, "/right")])))];
    for (path, reply) in &wrong {
        idp.set(path, reply.clone());
        listeners.push((path, config(&json!([discovered(ISSUER, path)]))));
    }
    let stage = Stage::new(idp.address, &listeners);
    stage.wait_for_keys("/right", "a");
    for (path, _) in &wrong {
        let (response, details) = stage.respond(path, &good("a"));
        assert_eq!((response.answer.status, details.as_str()), (503, NO_KEYS), "{path}");
        assert!(idp.asked(path) > 0, "{path}");
        idp.set(path, metadata(ISSUER, &uri));
    }
    for (path, _) in &wrong {
        stage.wait_for_keys(path, "a");
    }
    // A new key is found by way of the metadata as well.
    idp.set("/new-keys", Reply::ok(jwks(&["b"])));
    idp.set("/right", metadata(ISSUER, &format!("{ISSUER}/new-keys")));
    eventually("the new key", || stage.ask("/right", &good("b")).0 == 200);
    stage.assert_no_trap();
}

#[test]
fn a_key_that_names_its_issuer_verifies_no_other() {
    const OWN: &str = "df845f1a-7b35-40a2-ba78-6481de91f8ae";
    const OTHER: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
    let idp = Idp::start();
    let of = |tenant: &str| format!("https://login.test/{tenant}/v2.0");
    let named = |key: &str, kid: &str, issuer: String| {
        let mut jwk = jwk(key, kid);
        jwk["issuer"] = issuer.into();
        jwk
    };
    let keys =
        [named("p256", "any", of("{tenantid}")), named("partner", "other", of(OTHER)), named("rsa", "own", of(OWN))];
    idp.set("/keys", Reply::ok(json!({"keys": keys}).to_string()));
    idp.set("/meta", Reply::ok(json!({"issuer": of("{tenantid}"), "jwks_uri": format!("{ISSUER}/keys")}).to_string()));
    let mut issuer = discovered(&of("{tid}"), "/meta");
    issuer["tenants"] = json!([OWN, OTHER]);
    let stage = Stage::new(idp.address, &[("gate", config(&json!([issuer])))]);
    let by = |key: &str, kid: &str, tenant: &str| {
        stage.ask("gate", &token(key, kid, &json!({"iss": of(tenant), "tid": tenant})))
    };
    eventually("keys", || (0..20).all(|_| by("p256", "any", OWN).0 == 200));
    for (key, kid, tenant, status) in [
        ("p256", "any", OTHER, 200),
        ("partner", "other", OTHER, 200),
        ("partner", "other", OWN, 401),
        ("rsa", "own", OWN, 200),
        ("rsa", "own", OTHER, 401),
    ] {
        let answer = by(key, kid, tenant);
        assert_eq!(answer.0, status, "{kid} for {tenant}: {}", answer.1);
        assert!(status == 200 || answer.1 == KEY_UNKNOWN, "{}", answer.1);
    }
}

/// What each signature comes to: allowed, refused, or either as long as all agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Worth {
    Good,
    Bad,
    Either,
}

/// Tokens with right and with faulty signatures, and a word on each.
fn signatures(by_hand: &faults::RsaKey) -> Vec<(String, String, Worth)> {
    const ALGORITHMS: [(&str, &str); 9] = [
        ("RS256", "rsa"),
        ("RS384", "rsa"),
        ("RS512", "rsa"),
        ("PS256", "rsa"),
        ("PS384", "rsa"),
        ("PS512", "rsa"),
        ("ES256", "p256"),
        ("ES384", "p384"),
        ("EdDSA", "ed25519"),
    ];
    let mut tokens = Vec::new();
    for (algorithm, key) in ALGORITHMS {
        let unsigned = unsigned(algorithm, key, &json!({}));
        let good = forge().sign(algorithm, key, b"", unsigned.as_bytes());
        let mut add = |what: &str, signature: &[u8], worth| {
            tokens.push((format!("{algorithm}: {what}"), signed(&unsigned, signature), worth));
        };
        add("right", &good, Worth::Good);
        let mut flipped = good.clone();
        flipped[good.len() / 2] ^= 1;
        add("a bit turned over", &flipped, Worth::Bad);
        let is_ecdsa = algorithm.starts_with("ES");
        if is_ecdsa {
            add("D03 malleated", &faults::malleated(algorithm, &good), Worth::Either);
        }
        let changes = match algorithm {
            _ if is_ecdsa => faults::ecdsa(algorithm),
            "EdDSA" => faults::ed25519(),
            _ => Vec::new(),
        };
        for (what, change) in changes {
            add(what, &change(&good), Worth::Bad);
        }
        // A signature right for one algorithm is none for its sisters.
        for (other, _) in ALGORITHMS.iter().filter(|(other, of)| *of == key && *other != algorithm) {
            add(other, &forge().sign(other, key, b"", unsigned.as_bytes()), Worth::Bad);
        }
    }
    let rs256 = || unsigned("RS256", "by-hand", &json!({}));
    let (larger, plain) = std::iter::repeat_with(rs256)
        .find_map(|unsigned| Some((by_hand.plus_modulus(&by_hand.sign(unsigned.as_bytes()))?, unsigned)))
        .expect("a signature that the modulus may be added to");
    tokens.push(("RS256 by hand".to_owned(), signed(&plain, &by_hand.sign(plain.as_bytes())), Worth::Good));
    tokens.push(("RS256: D04 the modulus more".to_owned(), signed(&plain, &larger), Worth::Bad));
    for (what, signature) in by_hand.rs256(plain.as_bytes()) {
        tokens.push((format!("RS256: {what}"), signed(&plain, &signature), Worth::Bad));
    }
    let ps256 = unsigned("PS256", "by-hand", &json!({}));
    for (index, (what, signature)) in by_hand.ps256(ps256.as_bytes()).into_iter().enumerate() {
        let worth = if index == 0 { Worth::Good } else { Worth::Bad };
        tokens.push((format!("PS256: {what}"), signed(&ps256, &signature), worth));
    }
    tokens
}

/// The core by itself, the filter with the host's crypto, and the filter without.
#[test]
fn d01_d02_d03_d04_d05_d06_d12_all_verifiers_agree_on_every_signature() {
    let by_hand = faults::RsaKey::new();
    let mut keys: Vec<Value> = ["rsa", "p256", "p384", "ed25519"].map(|key| jwk(key, key)).into();
    keys.push(by_hand.jwk("by-hand"));
    let inline = json!([{"issuer": ISSUER, "audiences": ["api"], "jwks": {"inline": {"keys": keys}}}]);
    let by_host = config(&inline);
    let mut by_itself = by_host.clone();
    by_itself["host_crypto"] = json!(false);
    let gate = native::gate(&by_host);
    let stage = Stage::new(Idp::start().address, &[("host", by_host), ("itself", by_itself)]);
    let log = String::from_utf8_lossy(&stage.envoy.log_from(0)).into_owned();
    for who in ["RSA PKCS#1 and ECDSA by the host", "all in the module"] {
        assert!(log.contains(&format!("mfa-gate verifies {who}")), "nobody verifies {who}");
    }
    let natively = |token: &str| {
        let request = NativeRequest::to_path(b"/v1/customers").with("authorization", format!("Bearer {token}").into());
        match native::judge(&gate, &request, now()) {
            Verdict::Allow(_) => (200, String::new()),
            Verdict::Deny(reason, answer) => (answer.status, format!("mfa_gate{{{reason}}}")),
        }
    };
    let mut wrong = Vec::new();
    for (what, token, worth) in signatures(&by_hand) {
        let native = natively(&token);
        for listener in ["host", "itself"] {
            let (status, details) = stage.ask(listener, &token);
            let agrees = status == native.0 && (status == 200 || details == native.1);
            let is_right = match worth {
                Worth::Good => status == 200,
                Worth::Bad => status == 401,
                Worth::Either => true,
            };
            if !(agrees && is_right) {
                wrong.push(format!("{what}: {listener} {status} {details}, natively {native:?}, {worth:?}: {token}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    stage.assert_no_trap();
}

/// By such a key the signature of zeros is right for every message, or for many, unless the key is refused.
#[test]
fn d12_keys_of_small_order_verify_nothing() {
    for key in faults::small_order_keys() {
        let inline = json!([{"issuer": ISSUER, "audiences": ["api"], "jwks": {"inline": {"keys": [key]}}}]);
        let Ok(gate) = mfa_gate::config::parse(config(&inline).to_string().as_bytes()) else { continue };
        for _ in 0..32 {
            let unsigned = unsigned("EdDSA", "small", &json!({}));
            let zeros = [0_u8; 32];
            let mut identity = zeros;
            identity[0] = 1;
            for r in [identity, zeros] {
                let token = signed(&unsigned, &[r, zeros].concat());
                let request = NativeRequest::to_path(b"/").with("authorization", format!("Bearer {token}").into());
                assert!(matches!(native::judge(&gate, &request, now()), Verdict::Deny(..)), "{key}: {token}");
            }
        }
    }
}

/// A key that is unfit for verifying beside one that is good: the good one works, the other never does.
#[test]
fn d07_d08_d09_d11_d14_e06_e08_e09_an_unfit_key_does_not_spoil_the_others() {
    let with = |key: &str, members: Value| {
        let mut jwk = jwk(key, "unfit");
        for (name, value) in members.as_object().expect("members") {
            jwk[name] = value.clone();
        }
        jwk
    };
    let modulus = |bytes: usize| URL_SAFE_NO_PAD.encode(vec![0xc1; bytes]);
    let even = URL_SAFE_NO_PAD.encode([vec![0xc1; 255], vec![2]].concat());
    let x = forge().jwk("p256")["x"].clone();
    let y = forge().jwk("p256")["y"].clone();
    let unfit = [
        with("rsa", json!({"n": modulus(64)})),
        with("rsa", json!({"n": modulus(128)})),
        with("rsa", json!({"n": modulus(2048)})),
        with("rsa", json!({"n": even})),
        with("rsa", json!({"n": ""})),
        with("rsa", json!({"n": 7})),
        with("rsa", json!({"n": null})),
        with("rsa", json!({"e": "AQ"})),
        with("rsa", json!({"e": "Ag"})),
        with("rsa", json!({"e": "Aw"})),
        with("rsa", json!({"e": "AQAA"})),
        with("rsa", json!({"e": modulus(300)})),
        with("p256", json!({"x": y, "y": x})),
        with("p256", json!({"x": "AA", "y": "AA"})),
        with("p256", json!({"x": URL_SAFE_NO_PAD.encode([0xff; 32])})),
        with("p256", json!({"crv": "P-384"})),
        with("p256", json!({"crv": null})),
        with("p256", json!({"crv": "secp256k1"})),
        with("p256", json!({"kty": "oct", "k": "AAAA"})),
        with("p256", json!({"kty": "AKP", "alg": "ML-DSA-44"})),
        json!(null),
        json!([]),
        json!({}),
    ];
    let idp = Idp::start();
    let mut good_key = jwk("ed25519", "good");
    good_key["x-unknown"] = json!({"deep": [1]});
    let paths: Vec<String> = (0..unfit.len()).map(|index| format!("/{index}")).collect();
    let mut listeners = Vec::new();
    for (path, unfit) in paths.iter().zip(&unfit) {
        idp.set(path, Reply::ok(json!({"keys": [unfit, good_key]}).to_string()));
        listeners.push((path.as_str(), fetched(path, &json!({}))));
    }
    let stage = Stage::new(idp.address, &listeners);
    for (path, unfit) in paths.iter().zip(&unfit) {
        eventually("the good key", || (0..4).all(|_| stage.ask(path, &token("ed25519", "good", &json!({}))).0 == 200));
        let key = if unfit["kty"] == "RSA" { "rsa" } else { "p256" };
        assert_eq!(stage.ask(path, &token(key, "unfit", &json!({}))), (401, KEY_UNKNOWN.to_owned()), "{unfit}");
    }
    stage.assert_no_trap();
}

#[test]
fn e03_e04_e05_a_kid_is_compared_as_it_is() {
    let idp = Idp::start();
    let keys = [jwk("p256", "Key-é"), jwk("partner", "twice"), jwk("p384", "twice"), jwk("rsa", "rsa")];
    idp.set("/keys", Reply::ok(json!({"keys": keys}).to_string()));
    let stage = Stage::new(idp.address, &[("gate", fetched("/keys", &json!({})))]);
    stage.wait_for_keys("gate", "Key-é");
    let long = "k".repeat(4000);
    for kid in [
        "",
        "key-é",
        "KEY-É",
        "Key-e\u{301}",
        "Key-é ",
        "Key-é\0",
        "../../etc/passwd",
        "' or 1=1",
        "%00",
        "Key-%C3%A9",
        &long,
    ] {
        assert_eq!(stage.ask("gate", &good(kid)), (401, KEY_UNKNOWN.to_owned()), "{kid:?}");
    }
    // Which of two keys of one name was meant would be a guess.
    for key in ["partner", "p384"] {
        assert_eq!(stage.ask("gate", &token(key, "twice", &json!({}))), (401, KEY_UNKNOWN.to_owned()));
    }
    assert!(!stage.envoy.log_from(0).contains(&0), "the log has a kid as it came");
    assert_eq!(stage.ask("gate", &token("rsa", "rsa", &json!({}))).0, 200);
    stage.assert_no_trap();
}
