//! Every reading of a path, and what has none.

use super::*;

fn readings(path: &str) -> Vec<String> {
    let path = RequestPath::read(Some(path.as_bytes())).unwrap();
    path.readings().map(|reading| reading.path.to_owned()).collect()
}

fn unreadable(path: &[u8]) -> PathError {
    RequestPath::read(Some(path)).unwrap_err()
}

#[test]
fn an_everyday_path_has_one_reading() {
    for path in ["/", "/health", "/v1/customers/4988e250-5aee-482a-9136-6d269cb755c0/orders_2"] {
        assert_eq!(readings(path), [path]);
    }
    assert_eq!(readings("/a?/../b"), ["/a"]);
    assert_eq!(readings("/%61dmin"), ["/admin"]);
    assert_eq!(readings("/caf%C3%A9"), ["/café"]);
}

#[test]
fn every_disguise_of_admin_is_seen() {
    for path in [
        "/admin/",
        "//admin",
        "///admin",
        "/./admin",
        "/x/../admin",
        "/public/../admin",
        "/admin/.",
        "/admin/x/..",
        "/%2e/admin",
        "/x/%2E./admin",
        "/x/.%2e/admin",
        "/%2fadmin",
        "/public%2f..%2fadmin",
        "/public/..%5cadmin",
        "/\\admin",
        "/public\\..\\admin",
        "/x/%252e%252e/admin",
        "/%25252fadmin",
        "/..;/admin",
        "/.;/admin",
        "/public/..;a=b/admin",
        "/admin;x",
        "/admin;/",
        "/;/admin",
        "/public;/../admin",
        "/adm;x/../admin",
        "/public/..%3b/admin",
        "/admin%3fx",
        "/admin%23x",
        "/public/%ef%bc%8e./admin",
        "/public%ef%bc%8f../admin",
        "/admin.",
        "/admin%20",
        "/admin.json",
        "/admin;.js",
        "/admin~",
        "/public/..%20/admin",
        "/a%2fb/%2e%2e/admin",
        "/adm%2569n",
        "/public/%e2%80%a5/admin",
        "/%EF%BD%81dmin",
        "/admin%cd%be",
    ] {
        assert!(readings(path).iter().any(|r| r == "/admin"), "{path}: {:?}", readings(path));
    }
}

#[test]
fn what_cannot_be_read_is_told_apart() {
    assert_eq!(RequestPath::read(None), Err(PathError::Missing));
    assert_eq!(unreadable(b""), PathError::Missing);
    assert_eq!(unreadable(b"*"), PathError::Relative);
    assert_eq!(unreadable(b"admin"), PathError::Relative);
    assert_eq!(unreadable(b"/a#b"), PathError::Fragment);
    for path in ["/%", "/%2", "/%zz", "/%%32%65", "/%u002e", "/%+1"] {
        assert_eq!(unreadable(path.as_bytes()), PathError::BadEscape, "{path}");
    }
    for path in ["/a%00", "/%0d%0a", "/%09", "/\x7f", "/%2500"] {
        assert_eq!(unreadable(path.as_bytes()), PathError::Control, "{path}");
    }
    for path in [&b"/\xff"[..], b"/%c0%ae", b"/%e0%80%af", b"/%ff"] {
        assert_eq!(unreadable(path), PathError::NotUtf8);
    }
    assert_eq!(unreadable("/a".repeat(5000).as_bytes()), PathError::TooLong);
    assert_eq!(unreadable(format!("/%{}2e", "25".repeat(70)).as_bytes()), PathError::TooManyReadings);
}

#[test]
fn an_address_within_an_address_can_be_read() {
    assert!(readings("/redirect/https%3A%2F%2Fa.com%2F%3Fq%3D%2520x.html").len() <= MAX_READINGS);
    assert!(readings("/wiki/C%23%3B%20a%2Fb%3F%20100%25.pdf").len() <= MAX_READINGS);
}

#[test]
fn the_work_on_a_hostile_path_is_bounded() {
    let hostile = format!("//./%5c\\{}", r"/./a\".repeat(1600));
    assert_eq!(unreadable(hostile.as_bytes()), PathError::TooManyReadings);
}

#[test]
fn a_literal_percent_sign_stays_one() {
    assert_eq!(readings("/100%25"), ["/100%25", "/100%"]);
}

#[test]
fn dot_segments_go_as_rfc_3986_says() {
    for (path, expected) in [
        ("/a/b/c/./../../g", "/a/g"),
        ("/a/..", "/"),
        ("/a/.", "/a/"),
        ("/../a", "/a"),
        ("/a//../b", "/a/b"),
        ("/...", "/..."),
    ] {
        assert_eq!(remove_dot_segments(path), expected, "{path}");
    }
}

#[test]
fn only_trimming_is_no_ambiguity() {
    let ambiguous = |path: &str| RequestPath::read(Some(path.as_bytes())).unwrap().is_ambiguous();
    assert!(!ambiguous("/Assets/style.css") && !ambiguous("/a/"));
    assert!(ambiguous("/public/..%20/admin"), "a dot segment is structure, spaces or not");
    assert!(ambiguous("//a") && ambiguous("/a%2fb") && ambiguous("/a;x"));
}
