use mfa_gate::config;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

use super::*;

fn gate(routes: &[Value]) -> Option<Gate> {
    // The public key of RFC 8037 appendix A.2.
    let key = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
    let issuer = json!({"issuer": "https://issuer.test", "audiences": ["api"], "jwks": {"inline": {"keys": [key]}}});
    let mfa = json!({"mfa": {"amr": {"any_of": ["mfa"]}}});
    let config = json!({"issuers": [issuer], "policies": mfa, "routes": routes, "default": "mfa"});
    config::parse(config.to_string().as_bytes()).ok()
}

/// The longest domain with a host below it, one without, and others.
fn hosts() -> Vec<String> {
    let below = |length: usize| format!("*.{}", "a".repeat(length));
    let named = ["x.test", "*.test", "*.x.test", "*.[::1]", "[::1]", "*.1.2"].map(str::to_owned);
    named.into_iter().chain([below(258), below(259)]).collect()
}

fn paths() -> Vec<String> {
    let long = |length: usize| format!("/{}", "a".repeat(length - 1));
    let named = ["/", "/a", "/a/", "/a/b", "/A", "/a.b", "/ü", "/a b", "/.../x", "/~", "/ａ", "/ſ"].map(str::to_owned);
    named.into_iter().chain([long(MAX_PATH_BYTES - 2), long(MAX_PATH_BYTES + 1)]).collect()
}

fn route() -> impl Strategy<Value = Value> {
    let hosts = subsequence(hosts(), 0..3);
    let methods = subsequence(vec!["GET", "HEAD", "PUT"], 0..3);
    let policy = select(vec!["public", "signed_in", "mfa"]);
    (select(paths()), any::<bool>(), hosts, methods, policy).prop_map(|(path, exact, hosts, methods, policy)| {
        let mut route = json!({"policy": policy});
        route[if exact { "path" } else { "prefix" }] = json!(path);
        if !hosts.is_empty() {
            route["hosts"] = json!(hosts);
        }
        if !methods.is_empty() {
            route["methods"] = json!(methods);
        }
        route
    })
}

fn routes() -> impl Strategy<Value = Gate> {
    let named = |routes: Vec<Value>| {
        let name = |(index, mut route): (usize, Value)| {
            route["name"] = json!(index.to_string());
            route
        };
        gate(&routes.into_iter().enumerate().map(name).collect::<Vec<_>>())
    };
    prop::collection::vec(route(), 1..5).prop_filter_map("two routes tie", named)
}

/// Requests with hosts that match the routes, that are too long, or that parsers disagree on; also with ports and dots.
fn probe() -> impl Strategy<Value = Probe> {
    let mut hosts: Vec<String> = hosts().iter().map(|host| host.replace('*', "x")).collect();
    let odd = ["y.x.test", "x.[::1]", "[::1].x", "test", "X.TEST.", "x.test:80", "", "a@b", "x.1.2"];
    hosts.extend(odd.map(str::to_owned));
    let mut pieces = paths();
    pieces.extend(["/%61", "//", "/..", ";x", "%2f", ".json", "/%c5%bf", "?q", "%20", "~"].map(str::to_owned));
    let path = prop::collection::vec(select(pieces), 1..4).prop_map(|pieces| pieces.concat());
    let method = select(vec!["GET", "get", "HEAD", "PUT", "DELETE"]).prop_map(str::to_owned);
    (method, select(hosts), path).prop_map(|(method, host, path)| Probe { method, host, path })
}

/// Whether no request can match the route at all.
fn is_dead(route: &Route) -> bool {
    let dead = dead(route);
    dead.contains(&Dead::Path) || dead.len() == route.patterns.len()
}

/// Requests for the path of a pattern, and for a path below it.
fn own(gate: &Gate, pattern: &Pattern) -> Vec<Probe> {
    let Some(host) = shortest_host(&pattern.host) else { return Vec::new() };
    let probes = probes(gate, pattern).into_iter().map(|probe| Probe { host: host.clone(), ..probe });
    let with_below = |probe: Probe| {
        // A single letter: the longest path leaves room for no more.
        let below = Probe { path: format!("{}/x", probe.path.trim_end_matches('/')), ..probe.clone() };
        [probe, below]
    };
    probes.flat_map(with_below).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    /// No request matches a route that is reported as unreachable.
    #[test]
    fn unreachable_routes_never_match(gate in routes(), probes in prop::collection::vec(probe(), 20)) {
        for route in gate.routes.iter().filter(|route| is_dead(route)) {
            for probe in &probes {
                prop_assert!(!probe.matches(&gate, route), "{probe:?} matches {route:?}");
            }
        }
    }

    /// Some request matches each host of every other route.
    #[test]
    fn all_other_routes_match_a_request(gate in routes()) {
        for route in gate.routes.iter() {
            let dead = dead(route);
            for (index, pattern) in route.patterns.iter().enumerate() {
                let is_dead = dead.contains(&Dead::Path) || dead.contains(&Dead::Host(index));
                let is_met = own(&gate, pattern).iter().any(|probe| probe.matches(&gate, route));
                prop_assert_eq!(is_met, !is_dead, "{:?}", pattern);
            }
        }
    }

    /// An overruled route never decides alone on a request for its path. Requests that match only in another reading of their
    /// path, or only by case, are not considered.
    #[test]
    fn an_overruled_route_never_decides_alone(gate in routes(), probes in prop::collection::vec(probe(), 20)) {
        for (index, route) in gate.routes.iter().enumerate() {
            let Some(over) = overruled(&gate, index) else { continue };
            prop_assert!(strictness(over.policy) > strictness(&route.policy));
            let own_path = |probe: &Probe| {
                let of_pattern = |pattern: &Pattern| Probe { path: escaped(&written(&pattern.path)), ..probe.clone() };
                route.patterns.iter().map(of_pattern).collect::<Vec<_>>()
            };
            for probe in probes.iter().flat_map(own_path).filter(|probe| probe.matches(&gate, route)) {
                let Ok(applied) = policies_on(&gate, &probe.request()) else { continue };
                let strictest = applied.iter().map(|applied| strictness(applied.policy)).max();
                prop_assert!(strictest > Some(strictness(&route.policy)), "{probe:?} needs no more than {route:?}");
            }
        }
    }
}

#[test]
fn a_laxer_route_beside_a_stricter_reading_is_overruled() {
    let named = |routes: &[Value], index| {
        let gate = gate(routes).unwrap();
        overruled(&gate, index).map(|over| (over.route.map(|route| route.name.clone()), over.policy.name.clone()))
    };
    let admin = json!({"name": "admin", "prefix": "/admin", "policy": "mfa"});
    let feed = json!({"name": "feed", "path": "/admin.json", "policy": "public"});
    assert_eq!(named(&[admin.clone(), feed.clone()], 1), Some((Some("admin".to_owned()), "mfa".to_owned())));
    assert_eq!(named(&[admin.clone(), feed], 0), None);
    let open = json!({"name": "open", "path": "/admin/login", "policy": "public"});
    assert_eq!(named(&[admin, open], 1), None);
    let get = json!({"name": "get", "path": "/x", "methods": ["GET"], "policy": "signed_in"});
    let head = json!({"name": "head", "path": "/x", "methods": ["HEAD"], "policy": "public"});
    assert_eq!(named(&[get, head], 1), Some((Some("get".to_owned()), "signed_in".to_owned())));
    // On other hosts there is no stricter route.
    let feed = json!({"name": "feed", "path": "/a.json", "policy": "public"});
    let a = json!({"name": "a", "path": "/a", "hosts": ["x.test"], "policy": "mfa"});
    assert_eq!(named(&[feed, a], 0), None);
}
