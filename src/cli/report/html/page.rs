//! What the page says in words and tables.

use super::super::summary::Summary;
use crate::report::numbers::{number, percent};
use crate::terminal::{MAX_SHOWN, shown};

/// How many rows of a table are on the page. A browser shows more only slowly, and CSV has them all.
const MAX_ROWS: usize = 500;

/// A number with its meaning.
#[derive(Debug)]
pub struct Tile {
    /// The number.
    pub number: String,
    /// What it counts.
    pub text: &'static str,
}

/// A table.
#[derive(Debug)]
pub struct Section {
    /// What it is of.
    pub title: &'static str,
    /// The columns' names; those of numbers stand at the right.
    pub columns: Vec<(&'static str, bool)>,
    /// The rows.
    pub rows: Vec<Vec<String>>,
    /// What is said of the rows that are not there.
    pub more: String,
}

/// The logs' names.
pub fn names(summary: &Summary) -> String {
    let name = |name: &str| if name == "-" { "standard input".to_owned() } else { shown(name, MAX_SHOWN).into_owned() };
    summary.logs.names.iter().map(|log| name(log)).collect::<Vec<_>>().join(", ")
}

/// How many users lack MFA.
pub fn lacking(summary: &Summary) -> String {
    let all: usize = summary.tenants.iter().map(|tenant| tenant.user_count).sum();
    let lacking = summary.users_without_mfa.len();
    let since = match summary.users_with_mfa_since {
        0 => String::new(),
        since => format!("; {} more did once, and have proven it since", number(since as u64)),
    };
    format!("{} of {} users still lack MFA{since}", number(lacking as u64), number(all as u64))
}

/// The numbers at the top.
pub fn tiles(summary: &Summary) -> Vec<Tile> {
    let requests = &summary.requests;
    let tile = |count: u64, text| Tile { number: number(count), text };
    vec![
        tile(requests.users().without(), "requests by users without proof of MFA"),
        tile(requests.denied_request_count, "requests denied, for any reason"),
        tile(requests.allowed_request_count, "requests allowed"),
        tile(requests.app_only_request_count, "requests by applications alone"),
        tile(requests.no_token_request_count, "requests without a verified token"),
    ]
}

/// The tables.
pub fn sections(summary: &Summary) -> Vec<Section> {
    vec![tenants(summary), users(summary), denials(summary), days_of(summary), app_days(summary)]
}

fn section(
    title: &'static str,
    columns: &[(&'static str, bool)],
    rows: impl ExactSizeIterator<Item = Vec<String>>,
) -> Section {
    let more = match rows.len().saturating_sub(MAX_ROWS) {
        0 => String::new(),
        more => format!("{} more; CSV and JSON have them all", number(more as u64)),
    };
    let safe = |row: Vec<String>| row.iter().map(|cell| shown(cell, MAX_SHOWN).into_owned()).collect();
    Section { title, columns: columns.to_vec(), rows: rows.take(MAX_ROWS).map(safe).collect(), more }
}

fn tenants(summary: &Summary) -> Section {
    let columns = [
        ("Tenant", false),
        ("Coverage", true),
        ("With MFA", true),
        ("Requests", true),
        ("App-only", true),
        ("Users", true),
        ("Lack MFA", true),
    ];
    let row = |tenant: &super::super::summary::Tenant| {
        vec![
            told(tenant.tenant_id.as_deref()),
            percent(tenant.mfa_compliant_request_count, tenant.total_request_count),
            number(tenant.mfa_compliant_request_count),
            number(tenant.total_request_count),
            number(tenant.app_only_request_count),
            number(tenant.user_count as u64),
            number(tenant.users_without_mfa_count as u64),
        ]
    };
    section("Tenants", &columns, summary.tenants.iter().map(row))
}

fn users(summary: &Summary) -> Section {
    let columns = [
        ("User", false),
        ("Object id", false),
        ("Tenant", false),
        ("Without MFA", true),
        ("Requests", true),
        ("Last without MFA", false),
    ];
    let row = |user: &super::super::rows::User| {
        vec![
            told(user.upn.as_deref()),
            told(user.object_id.as_deref()),
            told(user.tenant_id.as_deref()),
            number(user.without()),
            number(user.total_request_count),
            user.last_non_mfa_compliant_login_date_time[..19].replace('T', " "),
        ]
    };
    section("Users who still lack MFA", &columns, summary.users_without_mfa.iter().map(row))
}

fn denials(summary: &Summary) -> Section {
    let all = summary.requests.denied_request_count;
    let row = |denial: &super::super::summary::Denial| {
        vec![denial.reason.to_owned(), number(denial.request_count), percent(denial.request_count, all)]
    };
    let columns = [("Reason", false), ("Requests", true), ("Share", true)];
    section("Denials by reason", &columns, summary.denials.iter().map(row))
}

fn days_of(summary: &Summary) -> Section {
    let columns = [
        ("Day", false),
        ("Coverage", true),
        ("With MFA", true),
        ("By users", true),
        ("App-only", true),
        ("No token", true),
        ("Allowed", true),
        ("Denied", true),
    ];
    // The latest first, as those tell how far it is.
    let row = |day: &super::super::summary::OneDay| {
        let users = day.requests.users();
        vec![
            day.date.clone(),
            percent(users.compliant, users.total),
            number(users.compliant),
            number(users.total),
            number(day.requests.app_only_request_count),
            number(day.requests.no_token_request_count),
            number(day.requests.allowed_request_count),
            number(day.requests.denied_request_count),
        ]
    };
    section("Days", &columns, summary.days.iter().rev().map(row))
}

fn app_days(summary: &Summary) -> Section {
    let columns = [
        ("Day", false),
        ("Application", false),
        ("Application id", false),
        ("Coverage", true),
        ("With MFA", true),
        ("Requests", true),
    ];
    let row = |row: &super::super::rows::AppDay| {
        vec![
            row.login_date.clone(),
            told(row.application_name.as_deref()),
            told(row.application_id.as_deref()),
            percent(row.mfa_compliant_request_count, row.total_request_count),
            number(row.mfa_compliant_request_count),
            number(row.total_request_count),
        ]
    };
    section("Applications by day", &columns, summary.application_days.iter().rev().map(row))
}

fn told(text: Option<&str>) -> String {
    text.unwrap_or("–").to_owned()
}
