//! The texts and tables of the page.

use super::super::numbers::{number, of_length};
use super::super::summary::Summary;
use super::super::tables::{self, SummaryTable};
use crate::table::Align;
use crate::terminal::{MAX_SHOWN, shown};

/// Maximum number of rows of a table: browsers render longer pages slowly.
const MAX_ROWS: usize = 500;

/// A number with a caption.
#[derive(Debug)]
pub(super) struct Tile {
    /// The number.
    pub number: String,
    /// The caption.
    pub text: &'static str,
}

/// A table of the page.
#[derive(Debug)]
pub(super) struct Section {
    /// The title.
    pub title: &'static str,
    /// The names of the columns, and whether a column is aligned right.
    pub columns: Vec<(&'static str, bool)>,
    /// The rows, escaped for display.
    pub rows: Vec<Vec<String>>,
    /// A note on rows that are left out; empty if there are none.
    pub more: String,
}

/// The names of the logs.
pub(super) fn names(summary: &Summary) -> String {
    let name = |name: &str| if name == "-" { "standard input".to_owned() } else { shown(name, MAX_SHOWN).into_owned() };
    summary.logs.names.iter().map(|log| name(log)).collect::<Vec<_>>().join(", ")
}

/// The number of users who lack MFA.
pub(super) fn lacking(summary: &Summary) -> String {
    let all: usize = summary.tenants.iter().map(|tenant| tenant.user_count).sum();
    let lacking = summary.users_without_mfa.len();
    let since = match summary.users_with_mfa_since {
        0 => String::new(),
        since => format!("; {} more lacked it earlier", number(of_length(since))),
    };
    format!("{} of {} users still lack MFA{since}", number(of_length(lacking)), number(of_length(all)))
}

/// The numbers at the top of the page.
pub(super) fn tiles(summary: &Summary) -> Vec<Tile> {
    let requests = &summary.requests;
    let tile = |count: u64, text| Tile { number: number(count), text };
    vec![
        tile(requests.users().without(), "requests by users without proof of MFA"),
        tile(requests.denied_request_count, "requests denied, for any reason"),
        tile(requests.allowed_request_count, "requests allowed"),
        tile(requests.app_only_request_count, "application-only requests"),
        tile(requests.no_token_request_count, "requests without a verified token"),
    ]
}

/// The tables.
pub(super) fn sections(summary: &Summary) -> Vec<Section> {
    let tables = [
        tables::tenants(summary, MAX_ROWS),
        tables::users(summary, MAX_ROWS),
        tables::denials(summary),
        tables::days(summary, MAX_ROWS),
        tables::app_days(summary, MAX_ROWS),
    ];
    tables.into_iter().map(section).collect()
}

fn section(table: SummaryTable) -> Section {
    let more = match table.more {
        0 => String::new(),
        more => format!("{} more; {} has all", number(of_length(more)), table.all_rows),
    };
    let escaped = |row: &Vec<String>| row.iter().map(|cell| shown(cell, MAX_SHOWN).into_owned()).collect();
    Section {
        title: table.title,
        columns: table.columns.iter().map(|column| (column.name, column.align == Align::Right)).collect(),
        rows: table.rows.iter().map(escaped).collect(),
        more,
    }
}
