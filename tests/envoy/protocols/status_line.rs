//! The status line of a denial over HTTP/1.1: plain, or the one that Partner Center has for a lack of MFA.

use super::{REQUEST_CONTEXT, bearer, stage};

#[test]
fn missing_mfa_gets_partner_centers_status_line_and_headers() {
    let stage = stage();
    for (token, reason) in [(&stage.without_mfa, "mfa-missing"), (&stage.unknowable, "mfa-unknowable")] {
        for listener in ["plain", "bare"] {
            let (id, response) = stage.get(listener, "/v1/customers", &[&bearer(token)]);
            let wanted = format!(
                "HTTP/1.1 401 Unauthorized - MFA required\r\nRequest-Context: {REQUEST_CONTEXT}\r\nWWW-Authenticate: Bearer error=\"invalid_token\"\r\n"
            );
            let head = String::from_utf8_lossy(&response.head);
            assert!(head.starts_with(&wanted), "{head}");
            for name in ["www-authenticate", "request-context"] {
                assert_eq!(head.to_lowercase().matches(&format!("\r\n{name}:")).count(), 1, "{head}");
            }
            assert_eq!(stage.details(&id), format!("mfa_gate{{{reason}}}"));
        }
    }
}

#[test]
fn other_denials_have_the_plain_status_line() {
    let stage = stage();
    for lines in [vec![], vec![bearer(&stage.bad)], vec![bearer("x")]] {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let (_, response) = stage.get("plain", "/v1/customers", &lines);
        assert_eq!(response.status_line, "HTTP/1.1 401 Unauthorized\r\n");
    }
}

#[test]
fn a_401_of_the_upstream_is_not_changed() {
    let stage = stage();
    for lines in [
        vec!["x-test-status: 401 Unauthorized"],
        vec!["x-test-status: 401 Nothing To See", "x-mfa-gate-reason: mfa-missing"],
    ] {
        let (_, response) = stage.get("plain", "/health", &lines);
        assert_eq!(response.status_line, "HTTP/1.1 401 Unauthorized\r\n");
        assert_eq!(response.answer.header("www-authenticate"), None);
    }
}
