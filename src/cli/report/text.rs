//! The whole report as text, for a terminal.

use std::fmt::Write as _;
use std::path::Path;

use super::summary::{LogPlace, Logs, Summary};
use crate::input;
use crate::report::numbers::{number, percent};
use crate::table::{Align, Table};
use crate::terminal::{MAX_SHOWN, shown};

/// How many rows of a table are shown. A person reads no more; `--by` has them all.
const MAX_ROWS: usize = 20;

/// The report.
pub fn render(summary: &Summary) -> String {
    let mut text = String::new();
    head(&mut text, summary);
    section(&mut text, "tenants", &tenants(summary), summary.tenants.len(), "--format json has all");
    section(
        &mut text,
        "applications by day",
        &app_days(summary),
        summary.application_days.len(),
        "--by app-day has all",
    );
    section(&mut text, "denials", &denials(summary), 0, "");
    section(
        &mut text,
        "users who still lack MFA",
        &users(summary),
        summary.users_without_mfa.len(),
        "--by user has all",
    );
    let notes = logs(&summary.logs);
    if !notes.is_empty() {
        text.push_str("\nlog\n");
        notes.iter().for_each(|note| text.extend(["  ", note, "\n"]));
    }
    text
}

fn head(text: &mut String, summary: &Summary) {
    let requests = &summary.requests;
    let share = requests.users();
    let lacking = summary.users_without_mfa.len() as u64;
    let all: u64 = summary.tenants.iter().map(|tenant| tenant.user_count as u64).sum();
    let _ = writeln!(
        text,
        "MFA coverage, {}

  {}  {} of {} requests by users prove MFA, {} do not
  {} of {} users still lack MFA; {} more did once

  {} allowed, {} denied; besides users' {} by applications alone, {} without a verified token",
        summary.period(),
        percent(share.compliant, share.total),
        number(share.compliant),
        number(share.total),
        number(share.without()),
        number(lacking),
        number(all),
        number(summary.users_with_mfa_since as u64),
        number(requests.allowed_request_count),
        number(requests.denied_request_count),
        number(requests.app_only_request_count),
        number(requests.no_token_request_count),
    );
}

fn section(text: &mut String, title: &str, table: &Table, rows: usize, rest: &str) {
    if table.is_empty() {
        return;
    }
    let _ = write!(text, "\n{title}\n{}", table.render("  "));
    if rows > MAX_ROWS {
        let _ = writeln!(text, "  … {} more; {rest}", number((rows - MAX_ROWS) as u64));
    }
}

fn tenants(summary: &Summary) -> Table {
    let mut table = Table::new(&[
        ("tenant", Align::Left),
        ("coverage", Align::Right),
        ("with MFA", Align::Right),
        ("requests", Align::Right),
        ("app-only", Align::Right),
        ("users", Align::Right),
        ("lack MFA", Align::Right),
    ]);
    for tenant in summary.tenants.iter().take(MAX_ROWS) {
        table.row([
            tenant.tenant_id.as_deref().unwrap_or("-"),
            &percent(tenant.mfa_compliant_request_count, tenant.total_request_count),
            &number(tenant.mfa_compliant_request_count),
            &number(tenant.total_request_count),
            &number(tenant.app_only_request_count),
            &number(tenant.user_count as u64),
            &number(tenant.users_without_mfa_count as u64),
        ]);
    }
    table
}

/// The latest days, as those tell how far it is.
fn app_days(summary: &Summary) -> Table {
    let mut table = Table::new(&[
        ("day", Align::Left),
        ("coverage", Align::Right),
        ("with MFA", Align::Right),
        ("requests", Align::Right),
        ("application", Align::Left),
        ("name", Align::Left),
    ]);
    for row in summary.application_days.iter().rev().take(MAX_ROWS).rev() {
        table.row([
            row.login_date.as_str(),
            &percent(row.mfa_compliant_request_count, row.total_request_count),
            &number(row.mfa_compliant_request_count),
            &number(row.total_request_count),
            row.application_id.as_deref().unwrap_or("-"),
            row.application_name.as_deref().unwrap_or_default(),
        ]);
    }
    table
}

fn denials(summary: &Summary) -> Table {
    let mut table = Table::new(&[("reason", Align::Left), ("requests", Align::Right), ("share", Align::Right)]);
    for denial in &summary.denials {
        let share = percent(denial.request_count, summary.requests.denied_request_count);
        table.row([denial.reason, &number(denial.request_count), &share]);
    }
    table
}

fn users(summary: &Summary) -> Table {
    let mut table = Table::new(&[
        ("user", Align::Left),
        ("tenant", Align::Left),
        ("without MFA", Align::Right),
        ("requests", Align::Right),
        ("last without MFA", Align::Left),
    ]);
    for user in summary.users_without_mfa.iter().take(MAX_ROWS) {
        table.row([
            user.called(),
            user.tenant_id.as_deref().unwrap_or("-"),
            &number(user.without()),
            &number(user.total_request_count),
            &user.last_non_mfa_compliant_login_date_time,
        ]);
    }
    table
}

/// What there is to know of the logs themselves: what the counts leave out, and what was broken.
pub fn logs(logs: &Logs) -> Vec<String> {
    let mut notes = Vec::new();
    if logs.lines == 0 {
        notes.push("no lines".to_owned());
    }
    if logs.left_out > 0 {
        notes.push(format!(
            "{} of {} lines are not of these days or tenants",
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
        notes.push(format!("{count} of {} lines tell no decision of the gate", number(logs.lines)));
        notes.extend(logs.without_decision_lines.iter().map(|place| format!("  {}", at(place))));
        notes.extend(more(logs.without_decision, logs.without_decision_lines.len()));
    }
    notes
}

fn at(place: &LogPlace) -> String {
    format!("{} line {}", shown(&input::name(Path::new(&place.log)), MAX_SHOWN), place.line)
}

fn more(all: u64, told: usize) -> Option<String> {
    let more = all.saturating_sub(told as u64);
    (more > 0).then(|| format!("  … {} more", number(more)))
}
