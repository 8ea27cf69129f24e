//! Envoy's start with wrong configurations and with a valid one.

use std::net::SocketAddr;

use serde_json::Value;

use crate::proxy::bootstrap::bootstrap;
use crate::proxy::listener::{Carrier, Listener, Settings};
use crate::proxy::process::run_to_end;
use crate::support::forge::Forge;
use crate::support::wrong::load;

/// A single configuration contains as many errors as possible.
// catalogue: K04
#[test]
fn envoy_rejects_wrong_configurations_and_logs_every_error() {
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
fn envoy_starts_with_the_valid_configuration() {
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
