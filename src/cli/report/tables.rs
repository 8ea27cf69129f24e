//! The tables of the summary: columns and cells for the text and for the HTML page.

use super::numbers::{number, of_length, percent};
use super::rows::{AppDay, User};
use super::summary::{Denial, OneDay, Summary, Tenant};
use crate::table::Align;

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    /// The heading.
    pub name: &'static str,
    /// The alignment of the cells.
    pub align: Align,
    /// Whether the column is on the HTML page only, because lines of text are short.
    pub html_only: bool,
}

/// A table of the summary.
#[derive(Debug)]
pub(super) struct SummaryTable {
    /// The title.
    pub title: &'static str,
    /// The columns.
    pub columns: &'static [Column],
    /// The first rows, with a cell for each column. The cells are not escaped.
    pub rows: Vec<Vec<String>>,
    /// The number of rows that are left out.
    pub more: usize,
    /// The options that print all rows.
    pub all_rows: &'static str,
}

impl SummaryTable {
    fn new<'r, R: 'r>(
        title: &'static str,
        columns: &'static [Column],
        all_rows: &'static str,
        rows: impl ExactSizeIterator<Item = &'r R>,
        max_rows: usize,
        cells: impl Fn(&R) -> Vec<String>,
    ) -> Self {
        let more = rows.len().saturating_sub(max_rows);
        Self { title, columns, rows: rows.take(max_rows).map(cells).collect(), more, all_rows }
    }
}

/// Tenants, the least covered first.
pub(super) fn tenants(summary: &Summary, max_rows: usize) -> SummaryTable {
    const COLUMNS: &[Column] = &[
        text("Tenant"),
        count("Coverage"),
        count("With MFA"),
        count("Requests"),
        count("App-only"),
        count("Users"),
        count("Lack MFA"),
    ];
    SummaryTable::new("Tenants", COLUMNS, "--format json", summary.tenants.iter(), max_rows, |row: &Tenant| {
        vec![
            or_dash(row.tenant_id.as_deref()),
            percent(row.mfa_compliant_request_count, row.total_request_count),
            number(row.mfa_compliant_request_count),
            number(row.total_request_count),
            number(row.app_only_request_count),
            number(of_length(row.user_count)),
            number(of_length(row.users_without_mfa_count)),
        ]
    })
}

/// Users who lack MFA, those with the most requests without it first.
pub(super) fn users(summary: &Summary, max_rows: usize) -> SummaryTable {
    const COLUMNS: &[Column] = &[
        text("User"),
        Column { html_only: true, ..text("Object id") },
        text("Tenant"),
        count("Without MFA"),
        count("Requests"),
        text("Last without MFA"),
    ];
    let users = summary.users_without_mfa.iter();
    SummaryTable::new("Users who still lack MFA", COLUMNS, "--by user", users, max_rows, |user: &User| {
        vec![
            user.display_name().to_owned(),
            or_dash(user.object_id.as_deref()),
            or_dash(user.tenant_id.as_deref()),
            number(user.without()),
            number(user.total_request_count),
            user.last_non_mfa_compliant_login_date_time.clone(),
        ]
    })
}

/// All denials by reason, the most frequent first.
pub(super) fn denials(summary: &Summary) -> SummaryTable {
    const COLUMNS: &[Column] = &[text("Reason"), count("Requests"), count("Share")];
    let all = summary.requests.denied_request_count;
    let denials = summary.denials.iter();
    SummaryTable::new("Denials by reason", COLUMNS, "--format json", denials, usize::MAX, |denial: &Denial| {
        vec![denial.reason.to_owned(), number(denial.request_count), percent(denial.request_count, all)]
    })
}

/// Days, the latest first.
pub(super) fn days(summary: &Summary, max_rows: usize) -> SummaryTable {
    const COLUMNS: &[Column] = &[
        text("Day"),
        count("Coverage"),
        count("With MFA"),
        count("By users"),
        count("App-only"),
        count("No token"),
        count("Allowed"),
        count("Denied"),
    ];
    SummaryTable::new("Days", COLUMNS, "--format json", summary.days.iter().rev(), max_rows, |day: &OneDay| {
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
    })
}

/// Applications by day, the latest day first.
pub(super) fn app_days(summary: &Summary, max_rows: usize) -> SummaryTable {
    const COLUMNS: &[Column] =
        &[text("Day"), count("Coverage"), count("With MFA"), count("Requests"), text("Application"), text("Name")];
    let rows = summary.application_days.iter().rev();
    SummaryTable::new("Applications by day", COLUMNS, "--by app-day", rows, max_rows, |row: &AppDay| {
        vec![
            row.login_date.clone(),
            percent(row.mfa_compliant_request_count, row.total_request_count),
            number(row.mfa_compliant_request_count),
            number(row.total_request_count),
            or_dash(row.application_id.as_deref()),
            or_dash(row.application_name.as_deref()),
        ]
    })
}

const fn text(name: &'static str) -> Column {
    Column { name, align: Align::Left, html_only: false }
}

const fn count(name: &'static str) -> Column {
    Column { name, align: Align::Right, html_only: false }
}

fn or_dash(text: Option<&str>) -> String {
    text.unwrap_or("–").to_owned()
}
