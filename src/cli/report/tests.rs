//! The report does not depend on how a log is split into chunks.

use proptest::prelude::*;

use super::broken::BrokenLines;
use super::filter::Filter;
use super::scan::{Read, scan};
use super::summary::Summary;
use super::tally::Tally;
use crate::access_log::line::MAX_LINE;
use crate::access_log::source::Source;

/// More than any of these logs needs, in bytes.
const MEMORY: usize = 1 << 24;

fn report(logs: Vec<Vec<u8>>, chunk: usize, threads: usize) -> String {
    let source = Source::of(logs, chunk);
    let names = source.names().to_vec();
    let workers = (0..threads).map(|_| Tally::new(Filter::default(), MEMORY)).collect();
    let (tallies, read) = scan(source, workers).unwrap();
    let sum = tallies.into_iter().reduce(|mut sum, more| {
        sum.merge(more, MEMORY);
        sum
    });
    serde_json::to_string_pretty(&Summary::of(names, &read, &sum.unwrap())).unwrap()
}

fn request(day: u8, user: u8, app: u8, mfa: &str, name: &str) -> String {
    format!(
        r#"{{"time":"2026-11-{day:02}T00:00:0{user}Z","path":"/x","mfa_gate":{{"value":{{"decision":"allow",
        "subject":"user","mfa":"{mfa}","tenant":"t{}","app":"a{app}","app_name":"{name}","user":"u{user}"}}}}}}"#,
        app % 2
    )
    .replace('\n', "")
}

const BROKEN: &[&[u8]] = &[b"", b"\r", b"{", b"x", b"\xff", b"\0", b"{\"time\":1}", b"[]"];

fn line() -> impl Strategy<Value = Vec<u8>> {
    let request = (1..5_u8, 0..5_u8, 0..4_u8, prop::sample::select(&["proven", "missing", "unknowable"][..]), "[a-c]?")
        .prop_map(|(day, user, app, mfa, name)| request(day, user, app, mfa, &name).into_bytes());
    let broken = prop::sample::select(BROKEN);
    let without_decision = Just(br#"{"time":"2026-11-25T00:00:00Z","mfa_gate":null}"#.to_vec());
    prop_oneof![6 => request, 2 => broken.prop_map(<[u8]>::to_vec), 1 => without_decision]
}

fn log() -> impl Strategy<Value = Vec<u8>> {
    (prop::collection::vec(line(), 0..40), any::<bool>()).prop_map(|(lines, ended)| {
        let mut log = lines.join(&b'\n');
        log.extend(ended.then_some(b'\n'));
        log
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_report_does_not_depend_on_chunks_and_threads(
        logs in prop::collection::vec(log(), 1..4),
        chunk in 1..600_usize,
        threads in 1..4_usize,
    ) {
        prop_assert_eq!(report(logs.clone(), chunk, threads), report(logs, 1 << 20, 1));
    }

    /// Without memory a count may lose its name, but it is never lost.
    #[test]
    fn sums_hold_without_memory(logs in prop::collection::vec(log(), 1..3), memory in 0..2000_usize) {
        let requests = |memory| {
            let (tallies, _) = scan(Source::of(logs.clone(), 64), vec![Tally::new(Filter::default(), memory)]).unwrap();
            let summary = Summary::of(vec![String::new(); logs.len()], &Read::default(), &tallies[0]);
            let by_app: u64 = summary.application_days.iter().map(|row| row.total_request_count).sum();
            let by_tenant: u64 = summary.tenants.iter().map(|row| row.total_request_count).sum();
            (summary.requests.total_request_count, by_app, by_tenant)
        };
        let (all, by_app, by_tenant) = requests(memory);
        prop_assert_eq!((by_app, by_tenant), (all, all));
        prop_assert_eq!(requests(MEMORY).0, all);
    }
}

fn broken(log: Vec<u8>, chunk: usize) -> (u64, Vec<(u64, String)>, BrokenLines) {
    let (_, read) = scan(Source::of(vec![log], chunk), vec![Tally::new(Filter::default(), MEMORY)]).unwrap();
    let examples = read.broken.examples().map(|(place, message)| (place.line, message.to_owned())).collect();
    (read.lines, examples, read.broken)
}

#[test]
fn a_line_of_any_length_is_one_line() {
    let good = request(1, 1, 1, "proven", "");
    let padded = |length: usize| good.replace("/x", &"x".repeat(length - good.len() + 2));
    for chunk in [1000, MAX_LINE / 2, MAX_LINE * 4] {
        let log = [good.as_str(), &padded(MAX_LINE), &padded(MAX_LINE + 1), &padded(MAX_LINE * 3), &good].join("\n");
        let (lines, examples, broken) = broken(log.into_bytes(), chunk);
        let message = "longer than 524288 bytes".to_owned();
        assert_eq!((lines, examples), (5, vec![(3, message.clone()), (4, message)]), "{chunk}");
        assert_eq!(broken.total(), 2);
    }
}

#[test]
fn the_first_broken_lines_are_reported_for_any_number_of_threads() {
    let log = "x\n".repeat(1000).into_bytes();
    let source = Source::of(vec![log.clone(), log], 10);
    let workers = (0..3).map(|_| Tally::new(Filter::default(), MEMORY)).collect();
    let (_, read) = scan(source, workers).unwrap();
    let examples: Vec<_> = read.broken.examples().map(|(place, _)| (place.log, place.line)).collect();
    assert_eq!(examples, [(0, 1), (0, 2), (0, 3), (0, 4), (0, 5)]);
    assert_eq!(read.broken.total(), 2000);
}
