//! `mfa-gate report` as its users meet it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use tempfile::TempDir;

use crate::command::{Ran, run};
use crate::generated_log::{AppDays, access_log};
use crate::support::repository;

/// Runs the report in `directory`, with arguments separated by spaces.
fn run_in(directory: &Path, arguments: &str, input: &[u8]) -> Ran {
    let arguments: Vec<&str> = ["report"].into_iter().chain(arguments.split_whitespace()).collect();
    run(directory, &arguments, input)
}

fn samples() -> PathBuf {
    repository("tests/report")
}

fn sample(name: &str) -> String {
    fs::read_to_string(samples().join(name)).unwrap()
}

/// The report on the small log of this repository.
fn report(arguments: &str) -> String {
    let ran = run_in(&samples(), &format!("{arguments} access.log"), b"");
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{arguments}");
    ran.out
}

/// The report on this log.
fn report_of(arguments: &str, log: &[u8]) -> Ran {
    let ran = run_in(&samples(), arguments, log);
    assert_eq!(ran.code, Some(0), "{arguments}: {}", ran.err);
    ran
}

fn wrong_use(arguments: &str) -> String {
    let ran = run_in(&samples(), arguments, b"");
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arguments}");
    ran.err
}

#[test]
fn the_summary_is_text_by_default() {
    assert_eq!(report(""), sample("summary.txt"));
}

#[test]
fn the_documents_show_what_report_prints() {
    let ran = run_in(&samples(), "--to 2026-11-23 access.log", b"");
    assert!(fs::read_to_string(repository("envoy/commands.md")).unwrap().contains(&ran.out), "{}", ran.out);
}

#[test]
fn the_summary_is_json_on_request() {
    assert_eq!(report("--format json"), sample("summary.json"));
}

#[test]
fn partner_centers_rows_are_printed_as_table_csv_and_json() {
    for by in ["app-day", "request", "user"] {
        for (format, extension) in [("table", "txt"), ("csv", "csv"), ("json", "json")] {
            assert_eq!(report(&format!("--by {by} --format {format}")), sample(&format!("{by}.{extension}")));
        }
    }
}

#[test]
fn rows_have_partner_centers_column_names() {
    let names = |by: &str| -> Vec<String> {
        let csv = report(&format!("--by {by} --format csv"));
        csv.lines().next().unwrap().split(',').map(str::to_owned).collect()
    };
    assert_eq!(
        names("app-day"),
        ["LoginDate", "MfaCompliantRequestCount", "TotalRequestCount", "ApplicationId", "ApplicationName"]
    );
    assert_eq!(
        names("request"),
        [
            "RequestId",
            "CorrelationId",
            "OperationName",
            "RequestDateTime",
            "IpAddress",
            "ObjectId",
            "TenantId",
            "Upn",
            "ApplicationId",
            "MfaCompliant"
        ]
    );
    assert_eq!(names("user")[..4], ["ObjectId", "TenantId", "Upn", "LastNonMfaCompliantLoginDateTime"]);
}

#[test]
fn days_and_tenants_can_be_selected() {
    let totals = |arguments: &str| {
        let summary: Value = serde_json::from_str(&report_json(arguments)).unwrap();
        let requests = &summary["Requests"];
        (requests["TotalRequestCount"].as_u64().unwrap(), summary["Logs"]["LeftOut"].as_u64().unwrap())
    };
    assert_eq!(totals(""), (9, 0));
    assert_eq!(totals("--from 2026-11-24"), (6, 3));
    assert_eq!(totals("--to 2026-11-23"), (3, 11));
    assert_eq!(totals("--from 2026-11-24 --to 2026-11-24"), (3, 9));
    // A request without a verified token belongs to no tenant.
    assert_eq!(totals("--tenant 7f43a1a8-9e7f-4a8a-8f5e-0b5c0d0f6d11"), (3, 11));
    let both = "--tenant 7f43a1a8-9e7f-4a8a-8f5e-0b5c0d0f6d11 --tenant df845f1a-7b35-40a2-ba78-6481de91f8ae";
    assert_eq!(totals(both), (9, 4));
    let requests = run_in(&samples(), "--by request --format csv --from 2026-11-25 access.log", b"").out;
    assert_eq!(requests.lines().count(), 1 + 3);
}

fn report_json(arguments: &str) -> String {
    let ran = run_in(&samples(), &format!("--format json {arguments} access.log"), b"");
    assert_eq!(ran.code, Some(0));
    ran.out
}

#[test]
fn lines_that_are_left_out_are_counted() {
    let ran = run_in(&samples(), "--by app-day --format csv --to 2026-11-23 access.log", b"");
    assert_eq!(ran.err, "note: 11 of 14 lines are outside the selected days or tenants\n");
}

/// A line whose record of the gate has these members, without a newline.
fn line(members: &str) -> String {
    format!(r#"{{"time":"2026-11-25T00:00:00.000Z","method":"GET","path":"/","mfa_gate":{{"value":{{{members}}}}}}}"#)
}

const PROVEN: &str = r#""decision":"allow","subject":"user","mfa":"proven","tenant":"t","app":"a","user":"u""#;

/// The number of users' requests, and the notes about the log.
fn counted(log: &[u8]) -> (u64, String) {
    let ran = report_of("--by app-day --format json -", log);
    let rows: Vec<Value> = serde_json::from_str(&ran.out).unwrap();
    (rows.iter().map(|row| row["TotalRequestCount"].as_u64().unwrap()).sum(), ran.err)
}

#[test]
fn every_kind_of_broken_line_is_reported_and_none_is_fatal() {
    let good = line(PROVEN);
    let wrong = |what: &str, message: &str| (what.as_bytes().to_vec(), message.to_owned());
    // JSON, but not of an access log with the gate.
    let foreign = |what: &str, message: &str| wrong(what, &format!("1 not of this log|{message}"));
    let kinds = [
        wrong(&good[..100], "1 cut short|column 100: EOF while parsing an object"),
        wrong("{", "1 cut short|column 1: EOF while parsing an object"),
        wrong("GET / 200", "1 not JSON|column 1: expected value"),
        wrong(&format!("{good}{good}"), "1 not JSON|column 170: trailing characters"),
        wrong(
            &good.replace("/\"", "/\0\""),
            "1 not JSON|column 60: control character (\\u0000-\\u001F) found while parsing a string",
        ),
        wrong("\0\0\0", "1 not JSON|column 1: expected value"),
        (
            good.replace("/\"", "/\u{fe}\"").into_bytes().into_iter().filter(|byte| *byte != 0xc3).collect(),
            "1 not UTF-8|column 60: not UTF-8".to_owned(),
        ),
        (format!("{}{good}", " ".repeat(600_000)).into_bytes(), "1 too long|longer than 524288 bytes".to_owned()),
        foreign("[]", "column 0: invalid type: sequence, expected an object"),
        foreign("{}", "column 2: missing field `time`"),
        foreign(&good.replace("\"GET\"", "5"), "column 45: invalid type: integer `5`, expected a string"),
        foreign(
            &good.replace("2026-11-25T", "yesterday "),
            "column 33: `time` is `yesterday 00:00:00.000Z`, expected a time such as `2026-01-31T12:00:00.000Z`",
        ),
        foreign(&good.replace("\"path\"", "\"method\""), "column 58: duplicate field `method`"),
        foreign(&good.replace("\"path\"", r#""m\u0065thod""#), "column 63: duplicate field `method`"),
        foreign(&line(&format!("{PROVEN},\"mfa\":\"proven\"")), "column 172: duplicate field `mfa`"),
        foreign(&good.replace("\"proven\"", "5"), "column 125: invalid type: integer `5`, expected a string"),
        foreign(
            &good.replace("\"proven\"", "\"maybe\""),
            "column 131: found `maybe`, expected `proven` or `missing` or `unknowable`",
        ),
        foreign(&line(""), "column 83: missing field `decision`"),
        foreign(&good.replace("{\"value\"", "{\"valu\""), "column 167: missing field `value`"),
        wrong("\u{1b}[31m", "1 not JSON|column 1: expected value"),
        foreign(
            &line(&PROVEN.replace("proven", "\\u001b[31m")),
            "column 136: found `\\u{1b}[31m`, expected `proven` or `missing` or `unknowable`",
        ),
    ];
    let mut wrong = Vec::new();
    for (broken, expected) in kinds {
        let log = [good.as_bytes(), b"", &broken, good.as_bytes()].join(&b'\n');
        let (kind, message) = expected.split_once('|').unwrap();
        let expected = format!("note: 1 of 3 lines are broken: {kind}\nnote:   standard input line 3, {message}\n");
        let found = counted(&log);
        if found != (2, expected.clone()) {
            wrong.push(format!("expected 2, {expected}   found {}, {}", found.0, found.1));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn lines_without_a_decision_of_the_gate_are_counted_apart() {
    let good = line(PROVEN);
    let null = r#"{"time":"2026-11-25T00:00:00.000Z","mfa_gate":null}"#;
    let absent = r#"{"time":"2026-11-25T00:00:00.000Z"}"#;
    let log = [good.as_str(), null, absent, &good].join("\n");
    let expected = "\
note: 2 of 4 lines contain no decision of the gate
note:   standard input line 2
note:   standard input line 3
";
    assert_eq!(counted(log.as_bytes()), (2, expected.to_owned()));
}

#[test]
fn many_broken_lines_are_counted_and_the_first_are_shown() {
    let good = line(PROVEN);
    let log = format!("{}{good}\n{}", "x\n".repeat(2000), "{\n".repeat(3000));
    let shown = report_of("-", log.as_bytes());
    assert_eq!(shown.err, "");
    let expected = "
log
  5,000 of 5,001 lines are broken: 3,000 cut short, 2,000 not JSON
    standard input line 1, column 1: expected value
    standard input line 2, column 1: expected value
    standard input line 3, column 1: expected value
    standard input line 4, column 1: expected value
    standard input line 5, column 1: expected value
    … 4,995 more
";
    assert!(shown.out.ends_with(expected), "{}", shown.out);
    assert!(shown.out.contains("1 of 1 requests by users prove MFA"), "{}", shown.out);
}

#[test]
fn an_empty_log_has_a_report() {
    let ran = report_of("", b"");
    let expected = "\
MFA coverage, no requests

  –  0 of 0 requests by users prove MFA, 0 do not
  0 of 0 users still lack MFA; 0 more lacked it earlier

  0 allowed, 0 denied; not part of the coverage: 0 application-only, 0 without a verified token

log
  no lines
";
    assert_eq!(ran.out, expected);
    assert_eq!(report_of("--by request --format json", b"").out, "[\n\n]\n");
    assert!(report_of("--format html", b"").out.contains("<h1><span class=\"figure\">–</span>"));
}

fn app_days(json: &str) -> AppDays {
    let rows: Vec<BTreeMap<String, Value>> = serde_json::from_str(json).unwrap();
    let text = |row: &BTreeMap<String, Value>, name: &str| row[name].as_str().unwrap().to_owned();
    let count = |row: &BTreeMap<String, Value>, name: &str| row[name].as_u64().unwrap();
    rows.iter()
        .map(|row| {
            let key = (text(row, "LoginDate"), text(row, "ApplicationId"));
            (key, (count(row, "MfaCompliantRequestCount"), count(row, "TotalRequestCount")))
        })
        .collect()
}

/// The log has many chunks, and comes from standard input and from files, plain and packed.
#[test]
fn a_long_log_is_counted_and_listed_in_order() {
    let (log, counts) = access_log(12_000);
    assert!(log.len() > 4 * 1024 * 1024);
    assert_eq!(app_days(&report_of("--by app-day --format json", log.as_bytes()).out), counts);

    let place = TempDir::new().unwrap();
    let (first, second) = log.split_at(log[..log.len() / 3].rfind('\n').unwrap() + 1);
    fs::write(place.path().join("1.log"), first).unwrap();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(second.as_bytes()).unwrap();
    fs::write(place.path().join("2.log.gz"), packed.finish().unwrap()).unwrap();
    let ran = run_in(place.path(), "--by app-day --format json 1.log 2.log.gz", b"");
    assert_eq!((ran.code, ran.err.as_str(), app_days(&ran.out)), (Some(0), "", counts.clone()));

    let requests: Vec<Value> =
        serde_json::from_str(&run_in(place.path(), "--by request --format json 1.log 2.log.gz", b"").out).unwrap();
    let numbers: Vec<u64> =
        requests.iter().map(|row| row["RequestId"].as_str().unwrap()[1..].parse().unwrap()).collect();
    assert_eq!(u64::try_from(numbers.len()).unwrap(), counts.values().map(|(_, total)| total).sum::<u64>());
    assert!(numbers.is_sorted());
}

#[test]
fn a_reader_that_stops_early_causes_no_error() {
    let place = TempDir::new().unwrap();
    fs::write(place.path().join("a.log"), access_log(12_000).0).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mfa-gate"));
    command.args(["report", "--by", "request", "a.log"]).current_dir(place.path());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut beginning = [0; 15];
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut beginning).unwrap();
    drop(out);
    let output = child.wait_with_output().unwrap();
    assert_eq!((&beginning, output.status.code()), (b"RequestDateTime", Some(0)));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn cells_that_begin_like_a_formula_are_quoted_in_csv() {
    let upns = ["=1+1", "+1", "-1", "@SUM(A1)", "\\t=1", "\\r=1", "a=1", "'=1", "a\\\"b,c\\nd"];
    let lines = upns.iter().enumerate().map(|(number, upn)| {
        let user = format!("\"user\":\"{number}\",\"upn\":\"{upn}\"");
        line(&PROVEN.replace("proven", "missing").replace("\"user\":\"u\"", &user))
    });
    let log = lines.collect::<Vec<_>>().join("\n");
    for by in ["user", "request"] {
        let csv = report_of(&format!("--by {by} --format csv"), log.as_bytes()).out;
        let mut rows = csv::Reader::from_reader(csv.as_bytes());
        let upn = rows.headers().unwrap().iter().position(|name| name == "Upn").unwrap();
        let cells: Vec<_> = rows.records().map(|row| row.unwrap()[upn].to_owned()).collect();
        assert_eq!(cells, ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\t=1", "'\r=1", "a=1", "'=1", "a\"b,c\nd"]);
    }
}

#[test]
fn the_html_page_is_self_contained_and_escapes_everything() {
    let page = report("--format html");
    assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
    assert!(page.contains(
        "<span class=\"figure\">44.4 %</span> <span class=\"headline\">4 of 9 requests by users prove MFA</span>"
    ));
    assert!(page.contains("<p class=\"lacking\">2 of 4 users still lack MFA; 1 more lacked it earlier</p>"));
    for title in ["Coverage over time", "Requests by decision and reason"] {
        assert!(page.contains(&format!(
            "<title id=\"{}-title\">{title}</title>",
            if title.starts_with('C') { "coverage" } else { "decisions" }
        )));
    }
    for section in ["Tenants", "Users who still lack MFA", "Denials by reason", "Days", "Applications by day"] {
        assert!(page.contains(&format!("<h2>{section}</h2>")), "{section}");
    }
    // Names in the log that would be markup or escape sequences.
    assert!(page.contains("&#60;script&#62;alert(1)&#60;/script&#62;"));
    assert!(page.contains("\\u{1b}[2Jmallory@example.com"));
    assert_eq!(page.matches("<script").count(), 0);
    assert!(!page.contains('\u{1b}'));
    // Nothing is fetched.
    for outside in ["src=", "href=", "url(", "@import", "<link", "<iframe", "style=\""] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert_eq!(page.matches("://").count(), page.matches("&#34;https://evil.example/").count());
}

#[test]
fn the_content_security_policy_allows_only_the_pages_own_style() {
    use base64::Engine as _;
    use sha2::Digest as _;
    let page = report("--format html");
    let style = page.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(style));
    let policy = format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'");
    assert!(page.contains(&format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">")));
}

#[test]
fn the_chart_is_bounded_for_any_span_of_days() {
    let far = line(PROVEN).replace("2026", "0001");
    let log = format!("{far}\n{}\n{}", line(PROVEN), far.replace("0001", "9999"));
    let page = report_of("--format html", log.as_bytes()).out;
    assert_eq!(page.matches("<circle").count(), 3);
}

#[test]
fn a_report_is_written_to_a_file_but_never_over_a_log() {
    let place = TempDir::new().unwrap();
    fs::copy(samples().join("access.log"), place.path().join("access.log")).unwrap();
    let ran = run_in(place.path(), "--output report.txt access.log", b"");
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(0), "", ""));
    assert_eq!(fs::read_to_string(place.path().join("report.txt")).unwrap(), sample("summary.txt"));

    let ran = run_in(place.path(), "--output ./access.log access.log", b"");
    assert_eq!((ran.code, ran.err.as_str()), (Some(2), "error: --output: `./access.log` is one of the logs\n"));
    assert_eq!(fs::read_to_string(place.path().join("access.log")).unwrap(), sample("access.log"));
}

#[test]
fn wrong_use_is_reported() {
    assert_eq!(wrong_use("nowhere.log"), "error: `nowhere.log`: No such file or directory (os error 2)\n");
    assert_eq!(wrong_use("."), "error: `.`: is a directory\n");
    assert_eq!(
        wrong_use("--format csv access.log"),
        "error: --format csv: a summary is more than one table; give --by app-day, request or user\n"
    );
    assert_eq!(
        wrong_use("--format html --by user access.log"),
        "error: --format html: only for the summary; leave out --by\n"
    );
    assert_eq!(
        wrong_use("--from 2026-11-25 --to 2026-11-24 access.log"),
        "error: --to: `2026-11-24` is before --from, `2026-11-25`\n"
    );
    assert!(wrong_use("--from today access.log").contains("expected a day such as `2026-01-31`; found `today`"));
}

#[test]
fn a_log_that_cannot_be_unpacked_is_an_error() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(sample("access.log").as_bytes()).unwrap();
    let mut packed = packed.finish().unwrap();
    packed.truncate(packed.len() / 2);
    let ran = run_in(&samples(), "--by app-day", &packed);
    assert_eq!(
        (ran.code, ran.out.as_str(), ran.err.as_str()),
        (Some(2), "", "error: standard input: incomplete deflate stream\n")
    );
}
