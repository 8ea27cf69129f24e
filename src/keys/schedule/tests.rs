//! When keys are fetched, and which are accepted.

use super::*;

/// The public key of RFC 8037 appendix A.2.
const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

fn jwks(kid: &str) -> String {
    format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"{kid}","x":"{X}"}}]}}"#)
}

fn at(seconds: i64) -> UnixTime {
    UnixTime::from_millis(1_800_000_000_000 + seconds * 1000)
}

fn timing() -> Timing {
    let span = Span::from_seconds;
    Timing { timeout: span(5), refresh: span(300), cooldown: span(30), expiry: span(3600) }
}

fn ok(body: &str) -> Fetched<'_> {
    Fetched { status: Some(200), cache_control: None, body: body.as_bytes() }
}

fn with_keys() -> Schedule {
    let mut schedule = Schedule::new(timing());
    schedule.begin(at(0));
    schedule.answer(&ok(&jwks("a")), at(0), 0).unwrap();
    schedule
}

fn has(schedule: &Schedule, kid: &str, now: UnixTime) -> bool {
    schedule.keys(now).is_some_and(|set| set.iter().any(|key| key.id() == Some(kid)))
}

#[test]
fn keys_last_until_their_hard_expiry() {
    let schedule = with_keys();
    assert!(has(&schedule, "a", at(3599)) && schedule.keys(at(3600)).is_none());
    assert!(!schedule.is_due(at(299)) && schedule.is_due(at(300)));
}

// catalogue: F04
#[test]
fn only_200_is_taken_and_the_keys_stay() {
    let mut schedule = with_keys();
    let body = jwks("b");
    for status in [204, 301, 302, 304, 307, 400, 401, 403, 404, 429, 500, 503] {
        let answer = Fetched { status: Some(status), ..ok(&body) };
        assert_eq!(schedule.answer(&answer, at(1), 0).unwrap_err(), FetchError::Status(status));
    }
    assert_eq!(schedule.answer(&Fetched { status: None, ..ok(&body) }, at(1), 0).unwrap_err(), FetchError::NoAnswer);
    assert!(has(&schedule, "a", at(2)) && !has(&schedule, "b", at(2)));
}

// catalogue: E07 E10 E11 F12
#[test]
fn what_is_no_key_set_keeps_the_old_one() {
    let mut schedule = with_keys();
    let large = " ".repeat(MAX_SET_BYTES + 1);
    let many = format!(r#"{{"keys":[{}]}}"#, vec!["{}"; 257].join(","));
    for body in [
        "",
        "{}",
        "[]",
        "null",
        r#"{"keys":null}"#,
        r#"{"keys":{}}"#,
        r#"{"keys":[]}"#,
        r#"{"keys":[null,1,[]]}"#,
        r#"{"keys":[],"keys":[]}"#,
        "<html>",
        r#"{"keys":["#,
        "\u{feff}{}",
        r#"{"keys":[{"kty":"oct","k":"AA"}]}"#,
        &large,
        &many,
    ] {
        assert!(schedule.answer(&ok(body), at(1), 0).is_err(), "{body:.40}");
    }
    assert!(has(&schedule, "a", at(2)));
}

// catalogue: E08 E09
#[test]
fn one_broken_key_does_not_spoil_the_rest() {
    let mut schedule = Schedule::new(timing());
    let body = jwks("a")
        .replace(r#"{"keys":["#, r#"{"keys":[null,{"kty":"RSA","n":"!","e":""},{"kty":"new"},{"kty":"oct","k":"AA"},"#);
    schedule.answer(&ok(&body), at(0), 0).unwrap();
    assert!(has(&schedule, "a", at(0)));
}

// catalogue: E03
#[test]
fn of_keys_that_share_an_id_none_is_taken() {
    let mut schedule = Schedule::new(timing());
    let twice = jwks("a").replace("]}", &format!(r#",{{"kty":"OKP","crv":"Ed25519","kid":"a","x":"{X}"}}]}}"#));
    assert!(schedule.answer(&ok(&twice), at(0), 0).is_err());
}

// catalogue: F11
#[test]
fn max_age_is_clamped() {
    for (header, due) in [
        ("max-age=0", 60),
        ("public, max-age=600", 600),
        ("MAX-AGE=\"600\"", 600),
        ("max-age=99999999999999", 86400),
        ("max-age=-1", 300),
        ("max-age=x", 300),
        ("no-store", 300),
        ("\u{fffd}", 300),
    ] {
        let mut schedule = Schedule::new(timing());
        let body = jwks("a");
        let answer = Fetched { cache_control: Some(header.as_bytes()), ..ok(&body) };
        schedule.answer(&answer, at(0), 0).unwrap();
        assert_eq!(schedule.due(), at(due), "{header}");
    }
}

// catalogue: F06
#[test]
fn an_unknown_key_causes_one_fetch_in_a_cool_down() {
    let mut schedule = with_keys();
    assert!(!schedule.may_look_for_new_key(at(29)) && schedule.may_look_for_new_key(at(30)));
    schedule.begin(at(30));
    assert!(schedule.is_awaited(at(34)) && !schedule.is_awaited(at(35)));
    schedule.fail(at(31), 0);
    assert!(
        !schedule.is_awaited(at(32)) && !schedule.may_look_for_new_key(at(59)) && schedule.may_look_for_new_key(at(60))
    );
    // The keys were fresh, and stay so.
    assert_eq!(schedule.due(), at(300));
}

#[test]
fn pauses_grow_and_end() {
    let mut schedule = Schedule::new(timing());
    for pause in [1, 2, 4, 8, 16, 32, 64, 64, 64] {
        schedule.due = at(0);
        schedule.fail(at(0), 0);
        assert_eq!(schedule.due(), at(pause));
    }
    for _ in 0..100 {
        schedule.fail(at(0), u32::MAX);
    }
    assert!(schedule.due() <= at(96));
}

#[test]
fn jitter_makes_it_earlier_by_a_tenth_at_most() {
    for jitter in [0, 1, 12_345, 29_999, 30_000, 30_001, u32::MAX] {
        let mut schedule = Schedule::new(timing());
        schedule.answer(&ok(&jwks("a")), at(0), jitter).unwrap();
        assert!(schedule.due() <= at(300) && schedule.due() >= at(270), "{jitter}");
    }
}

#[test]
fn the_same_keys_again_are_the_same_set() {
    let mut schedule = with_keys();
    let before = schedule.keys(at(0)).unwrap();
    schedule.answer(&ok(&jwks("a")), at(300), 0).unwrap();
    assert!(Arc::ptr_eq(&before, &schedule.keys(at(300)).unwrap()));
    schedule.answer(&ok(&jwks("b")), at(600), 0).unwrap();
    assert!(!Arc::ptr_eq(&before, &schedule.keys(at(600)).unwrap()));
}

// catalogue: F17
#[test]
fn what_another_left_is_checked_like_an_answer() {
    let mut schedule = with_keys();
    let record = |fetched, fresh, body: String| Record { fetched, fresh_until: fresh, body: body.into_bytes() };
    assert_eq!(schedule.adopt(record(at(0), at(300), jwks("b")), at(10), 0), Ok(false), "no newer");
    assert!(schedule.adopt(record(at(5), at(300), "[]".to_owned()), at(10), 0).is_err());
    let forever = UnixTime::from_millis(i64::MAX);
    assert_eq!(schedule.adopt(record(forever, forever, jwks("b")), at(10), 0), Ok(true));
    assert!(schedule.due() <= at(10).plus(MAX_FRESH) && schedule.keys(at(10).plus(timing().expiry)).is_none());
}

// catalogue: F21
#[test]
fn a_clock_that_was_set_back_holds_up_no_fetch() {
    let mut schedule = with_keys();
    schedule.follow(at(1));
    assert!(!schedule.is_due(at(299)), "a clock that runs on changes nothing");
    schedule.answer(&ok(&jwks("b")), at(7200), 0).unwrap();
    schedule.begin(at(7500));
    schedule.follow(at(10));
    assert!(schedule.is_awaited(at(14)) && !schedule.is_awaited(at(15)));
    assert!(schedule.is_due(at(15)) && schedule.may_look_for_new_key(at(15)));
    assert!(schedule.keys(at(3609)).is_some() && schedule.keys(at(3610)).is_none());
}

// catalogue: F21
#[test]
fn what_another_left_by_a_clock_that_was_ahead_is_fresh_no_longer() {
    let mut schedule = Schedule::new(timing());
    let record = Record { fetched: at(7200), fresh_until: at(7500), body: jwks("a").into_bytes() };
    assert_eq!(schedule.adopt(record, at(10), 0), Ok(true));
    assert_eq!(schedule.due(), at(310));
}

#[test]
fn a_record_survives_its_bytes() {
    let record = Record { fetched: at(1), fresh_until: at(2), body: b"body".to_vec() };
    assert_eq!(Record::from_bytes(&record.to_bytes()), Some(record));
    assert_eq!(Record::from_bytes(b"short"), None);
}
