//! The summary as text for a terminal.

use std::fmt::Write as _;
use std::path::Path;

use super::numbers::{number, of_length, percent};
use super::summary::{LogPlace, Logs, Summary};
use super::tables::{self, SummaryTable};
use crate::input;
use crate::table::Table;
use crate::terminal::{MAX_SHOWN, shown};

/// Maximum number of rows of a table: about a screenful.
const MAX_ROWS: usize = 20;

/// The text of the summary.
pub(super) fn render(summary: &Summary) -> String {
    let mut text = String::new();
    head(&mut text, summary);
    section(&mut text, &tables::tenants(summary, MAX_ROWS));
    section(&mut text, &tables::app_days(summary, MAX_ROWS));
    section(&mut text, &tables::denials(summary));
    section(&mut text, &tables::users(summary, MAX_ROWS));
    let notes = notes(&summary.logs);
    if !notes.is_empty() {
        text.push_str("\nlog\n");
        notes.iter().for_each(|note| text.extend(["  ", note, "\n"]));
    }
    text
}

fn head(text: &mut String, summary: &Summary) {
    let requests = &summary.requests;
    let share = requests.users();
    let lacking = of_length(summary.users_without_mfa.len());
    let all: u64 = summary.tenants.iter().map(|tenant| of_length(tenant.user_count)).sum();
    let _ = writeln!(
        text,
        "MFA coverage, {}

  {}  {} of {} requests by users prove MFA, {} do not
  {} of {} users still lack MFA; {} more lacked it earlier

  {} allowed, {} denied; not part of the coverage: {} application-only, {} without a verified token",
        summary.period(),
        percent(share.compliant, share.total),
        number(share.compliant),
        number(share.total),
        number(share.without()),
        number(lacking),
        number(all),
        number(of_length(summary.users_with_mfa_since)),
        number(requests.allowed_request_count),
        number(requests.denied_request_count),
        number(requests.app_only_request_count),
        number(requests.no_token_request_count),
    );
}

fn section(text: &mut String, table: &SummaryTable) {
    let shown: Vec<_> = (0..table.columns.len()).filter(|index| !table.columns[*index].html_only).collect();
    let names: Vec<_> = shown.iter().map(|index| lowercase_first(table.columns[*index].name)).collect();
    let columns = shown.iter().zip(&names).map(|(index, name)| (name.as_str(), table.columns[*index].align));
    let mut lines = Table::new(&columns.collect::<Vec<_>>());
    for row in &table.rows {
        lines.row(shown.iter().map(|index| &row[*index]));
    }
    if lines.is_empty() {
        return;
    }
    let _ = write!(text, "\n{}\n{}", lowercase_first(table.title), lines.render("  "));
    if table.more > 0 {
        let _ = writeln!(text, "  … {} more; {} has all", number(of_length(table.more)), table.all_rows);
    }
}

fn lowercase_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(chars).collect()
}

/// Notes on the logs: excluded lines, broken lines, and lines without a decision.
pub(super) fn notes(logs: &Logs) -> Vec<String> {
    let mut notes = Vec::new();
    if logs.lines == 0 {
        notes.push("no lines".to_owned());
    }
    if logs.left_out > 0 {
        notes.push(format!(
            "{} of {} lines are outside the selected days or tenants",
            number(logs.left_out),
            number(logs.lines)
        ));
    }
    if logs.broken > 0 {
        let kinds = logs.broken_by_kind.iter().map(|(kind, count)| format!("{} {}", number(*count), kind.as_str()));
        let kinds = kinds.collect::<Vec<_>>().join(", ");
        notes.push(format!("{} of {} lines are broken: {kinds}", number(logs.broken), number(logs.lines)));
        notes.extend(logs.broken_lines.iter().map(|line| format!("  {}, {}", at(&line.place), line.message)));
        notes.extend(more(logs.broken, logs.broken_lines.len()));
    }
    if logs.without_decision > 0 {
        let count = number(logs.without_decision);
        notes.push(format!("{count} of {} lines contain no decision of the gate", number(logs.lines)));
        notes.extend(logs.without_decision_lines.iter().map(|place| format!("  {}", at(place))));
        notes.extend(more(logs.without_decision, logs.without_decision_lines.len()));
    }
    notes
}

fn at(place: &LogPlace) -> String {
    format!("{} line {}", shown(&input::name(Path::new(&place.log)), MAX_SHOWN), place.line)
}

fn more(all: u64, listed: usize) -> Option<String> {
    let more = all.saturating_sub(of_length(listed));
    (more > 0).then(|| format!("  … {} more", number(more)))
}
