//! Wrong configurations are rejected as a whole, and every error is reported with its path.

use serde_json::json;

use crate::support::forge::Forge;
use crate::support::table::Sample;
use crate::support::wrong::load;

#[test]
fn valid_configurations_are_accepted() {
    let forge = Forge::new();
    let (right, _) = load(&forge);
    mfa_gate::config::parse(right.to_string().as_bytes()).unwrap_or_else(|errors| panic!("{errors}"));
    let shared = Sample::load(&forge, "partner-center.yaml");
    mfa_gate::config::parse(shared.config.to_string().as_bytes()).unwrap_or_else(|errors| panic!("{errors}"));
}

// catalogue: K05
#[test]
fn every_error_is_reported_with_its_path() {
    let forge = Forge::new();
    let (right, wrong) = load(&forge);
    let mut problems = Vec::new();
    for case in &wrong {
        let Err(errors) = mfa_gate::config::parse(case.text(&right, &forge).as_bytes()) else {
            problems.push(format!("{}: accepted", case.name));
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

// catalogue: K05
#[test]
fn a_configuration_of_10_mb_is_rejected_and_100_000_routes_are_read_in_time() {
    let (mut config, _) = load(&Forge::new());
    let mut with_routes = |count: usize| {
        let route = |n| json!({"name": format!("r{n}"), "path": format!("/{n}"), "policy": "mfa"});
        config["routes"] = (0..count).map(route).collect();
        config.to_string()
    };
    let text = with_routes(200_000);
    let refusal = format!("configuration: has {} bytes; the maximum is 8388608", text.len());
    let errors = mfa_gate::config::parse(text.as_bytes()).map(drop).expect_err("10 MB");
    assert_eq!(errors.to_string(), refusal);
    let text = with_routes(100_000);
    assert!(text.len() > 4_000_000, "{} bytes", text.len());
    // Takes a few seconds without optimisation; a linear search for duplicate names takes most of a minute.
    let start = std::time::Instant::now();
    let gate = mfa_gate::config::parse(text.as_bytes()).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(gate.routes.iter().count(), 100_000);
    assert!(start.elapsed() < std::time::Duration::from_secs(20), "it took {:?}", start.elapsed());
}
