//! Configurations that are wrong: refused whole, with every error and its place, by the core and by Envoy.

mod support;

use std::net::SocketAddr;

use serde_json::{Value, json};

use support::envoy::{Carrier, Listener, Settings, bootstrap, run_to_end};
use support::forge::Forge;
use support::table::Sample;
use support::wrong::load;

#[test]
fn the_right_one_is_taken() {
    let forge = Forge::new();
    let (right, _) = load(&forge);
    mfa_gate::config::parse(right.to_string().as_bytes()).unwrap_or_else(|errors| panic!("{errors}"));
    let shared = Sample::load(&forge, "partner-center.yaml");
    mfa_gate::config::parse(shared.config.to_string().as_bytes()).unwrap_or_else(|errors| panic!("{errors}"));
}

#[test]
fn k05_every_error_is_told_with_its_place() {
    let forge = Forge::new();
    let (right, wrong) = load(&forge);
    let mut problems = Vec::new();
    for case in &wrong {
        let Err(errors) = mfa_gate::config::parse(case.text(&right, &forge).as_bytes()) else {
            problems.push(format!("{}: taken", case.name));
            continue;
        };
        let mut left: Vec<_> = errors.iter().collect();
        for (place, message) in &case.errors {
            match left.iter().position(|error| error.path == *place && error.message.contains(message.as_str())) {
                Some(index) => drop(left.remove(index)),
                None => problems.push(format!("{}: no error `{place}: ...{message}...` in:\n{errors}", case.name)),
            }
        }
        problems.extend(left.iter().map(|error| format!("{}: also {error}", case.name)));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Everything in one configuration that can be wrong in one.
#[test]
fn k04_envoy_refuses_them_and_logs_every_error() {
    let forge = Forge::new();
    let (right, wrong) = load(&forge);
    let upstream = [("upstream", SocketAddr::from(([127, 0, 0, 1], 9)))];
    let asked: Vec<_> = wrong.iter().filter(|case| case.envoy).collect();
    assert!(asked.len() >= 3, "Envoy is asked about {} only", asked.len());
    for case in asked {
        let text = case.text(&right, &forge);
        let errors = mfa_gate::config::parse(text.as_bytes()).map(drop).expect_err(&case.name);
        let mut carriers = vec![Carrier::StringValue];
        if case.text.is_none() {
            carriers.push(Carrier::Struct);
        }
        for carrier in carriers {
            let config = serde_json::from_str(&text).unwrap_or(Value::String(text.clone()));
            let listener = Listener { carrier, ..Listener::new("wrong", Settings::Shipped, config) };
            let bootstrap =
                bootstrap(&[listener], &upstream, None, "/dev/null".as_ref()).unwrap_or_else(|error| panic!("{error}"));
            for arguments in [&["--mode", "validate"][..], &[]] {
                let (code, log) = run_to_end(&bootstrap, arguments).unwrap_or_else(|error| panic!("{error}"));
                assert!(code.is_some_and(|code| code != 0), "{}: Envoy ends with {code:?} on {arguments:?}", case.name);
                for error in errors.iter() {
                    assert!(
                        log.contains(&error.to_string()),
                        "{}: `{error}` is not in Envoy's log on {arguments:?}",
                        case.name
                    );
                }
            }
        }
    }
}

#[test]
fn k05_what_is_too_long_is_refused_and_what_is_long_is_read_in_time() {
    let (mut config, _) = load(&Forge::new());
    let mut with_routes = |count: usize| {
        let route = |n| json!({"name": format!("r{n}"), "path": format!("/{n}"), "policy": "mfa"});
        config["routes"] = (0..count).map(route).collect();
        config.to_string()
    };
    let text = with_routes(200_000);
    let refusal = format!("configuration: has {} bytes, at most 8388608 are read", text.len());
    let errors = mfa_gate::config::parse(text.as_bytes()).map(drop).expect_err("10 MB");
    assert_eq!(errors.to_string(), refusal);
    let text = with_routes(100_000);
    assert!(text.len() > 4_000_000, "{} bytes", text.len());
    // Some seconds without optimisation; the better part of a minute where each name is compared with all others.
    let start = std::time::Instant::now();
    let gate = mfa_gate::config::parse(text.as_bytes()).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(gate.routes.iter().count(), 100_000);
    assert!(start.elapsed() < std::time::Duration::from_secs(20), "it took {:?}", start.elapsed());
}

#[test]
fn envoy_takes_the_right_one() {
    let (right, _) = load(&Forge::new());
    let upstream = [("upstream", SocketAddr::from(([127, 0, 0, 1], 9)))];
    for carrier in [Carrier::StringValue, Carrier::Struct] {
        let listener = Listener { carrier, ..Listener::new("right", Settings::Shipped, right.clone()) };
        let bootstrap =
            bootstrap(&[listener], &upstream, None, "/dev/null".as_ref()).unwrap_or_else(|error| panic!("{error}"));
        let (code, log) = run_to_end(&bootstrap, &["--mode", "validate"]).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(code, Some(0), "{log}");
    }
}
