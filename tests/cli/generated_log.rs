//! A made-up access log of any length, the same for the same length, with the counts that a report must find in it.

use std::collections::BTreeMap;

/// Requests by users, by day and application: with proof of MFA, and all.
pub(crate) type AppDays = BTreeMap<(String, String), (u64, u64)>;

/// So many lines, and what is in them.
pub(crate) fn access_log(lines: u64) -> (String, AppDays) {
    let mut log = String::new();
    let mut counts = AppDays::new();
    for number in 0..lines {
        // A step that has no factor in common with what it is divided by meets everything.
        let chosen = number * 7919;
        let (day, app, user) = (format!("2026-11-{:02}", 1 + number * 28 / lines), chosen % 7, chosen % 101);
        let (subject, mfa) = match chosen % 11 {
            0 => ("\"app\"", "null"),
            1 => ("null", "null"),
            2..=4 => ("\"user\"", "\"missing\""),
            _ => ("\"user\"", "\"proven\""),
        };
        log += &format!(
            r#"{{"time":"{day}T12:00:00.000Z","request_id":"r{number}","correlation_id":null,"address":"203.0.113.7","method":"GET","path":"/v1/{number}","protocol":"HTTP/1.1","status":200,"details":"via_upstream","duration_ms":3,"mfa_gate":{{"@type":"type.googleapis.com/google.protobuf.Struct","value":{{"decision":"allow","subject":{subject},"mfa":{mfa},"tenant":"t","app":"app{app}","app_name":null,"user":"user{user}","upn":"{user}@example.com"}}}}}}"#
        );
        log.push('\n');
        if subject == "\"user\"" {
            let (compliant, total) = counts.entry((day, format!("app{app}"))).or_default();
            *compliant += u64::from(mfa == "\"proven\"");
            *total += 1;
        }
    }
    (log, counts)
}
