//! The summary: MFA coverage, denials and users without MFA, sorted.

use std::collections::BTreeMap;

use serde::Serialize;

use super::bounded_map::Day;
use super::grouped::{self, key};
use super::rows::{AppDay, User, time};
use super::scan::Read;
use super::tally::{Daily, Denials, Share, Tally};
use crate::access_log::error::{LineErrorKind, Place};

/// The summary.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Summary {
    /// Statistics of the logs.
    pub logs: Logs,
    /// The time of the first selected request; null if there is none.
    pub first_request_date_time: Option<String>,
    /// The time of the last selected request.
    pub last_request_date_time: Option<String>,
    /// The counts of all selected requests.
    pub requests: Requests,
    /// Denials by reason, the most frequent first.
    pub denials: Vec<Denial>,
    /// Tenants, the least covered first.
    pub tenants: Vec<Tenant>,
    /// Applications, the least covered first.
    pub applications: Vec<Application>,
    /// The counts by day.
    pub days: Vec<OneDay>,
    /// Users' requests by day and application.
    pub application_days: Vec<AppDay>,
    /// Users who lack MFA: no request with proof follows their last one without. Most requests without proof first.
    pub users_without_mfa: Vec<User>,
    /// The number of users with a request with proof after their last one without.
    pub users_with_mfa_since: usize,
}

/// Statistics of the logs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Logs {
    /// The names of the logs.
    pub names: Vec<String>,
    /// Lines, including broken ones.
    pub lines: u64,
    /// Lines that `--from`, `--to` and `--tenant` exclude.
    pub left_out: u64,
    /// Lines that cannot be read.
    pub broken: u64,
    /// Broken lines by kind.
    pub broken_by_kind: BTreeMap<LineErrorKind, u64>,
    /// The first broken lines.
    pub broken_lines: Vec<BrokenLine>,
    /// Lines without a decision of the gate.
    pub without_decision: u64,
    /// The first lines without a decision.
    pub without_decision_lines: Vec<LogPlace>,
}

/// A place in a log.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct LogPlace {
    /// The name of the log.
    pub log: String,
    /// The line number, from 1.
    pub line: u64,
}

/// A line that cannot be read.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BrokenLine {
    /// The place of the line.
    #[serde(flatten)]
    pub place: LogPlace,
    /// What is wrong with the line.
    pub message: String,
}

/// Requests by subject and by decision.
#[derive(Debug, Clone, Copy, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Requests {
    /// Users' requests with proof of MFA.
    pub mfa_compliant_request_count: u64,
    /// Users' requests.
    pub total_request_count: u64,
    /// Application-only requests.
    pub app_only_request_count: u64,
    /// Requests without a verified token.
    pub no_token_request_count: u64,
    /// Allowed requests.
    pub allowed_request_count: u64,
    /// Denied requests.
    pub denied_request_count: u64,
}

impl Requests {
    fn of(daily: &Daily) -> Self {
        Self {
            mfa_compliant_request_count: daily.users.compliant,
            total_request_count: daily.users.total,
            app_only_request_count: daily.app_only,
            no_token_request_count: daily.anonymous,
            allowed_request_count: daily.allowed,
            denied_request_count: daily.denied.iter().map(|(_, count)| count).sum(),
        }
    }

    /// The coverage of users' requests.
    pub(super) fn users(&self) -> Share {
        Share { compliant: self.mfa_compliant_request_count, total: self.total_request_count }
    }
}

/// The number of denials for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Denial {
    /// The reason.
    pub reason: &'static str,
    /// The number of denied requests.
    pub request_count: u64,
}

/// The counts of a tenant.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tenant {
    /// The tenant's id; null if not logged.
    pub tenant_id: Option<String>,
    /// Users' requests with proof of MFA.
    pub mfa_compliant_request_count: u64,
    /// All users' requests.
    pub total_request_count: u64,
    /// Application-only requests.
    pub app_only_request_count: u64,
    /// The number of users.
    pub user_count: usize,
    /// The number of users who lack MFA.
    pub users_without_mfa_count: usize,
}

/// The counts of an application.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Application {
    /// The application's id; null if not logged.
    pub application_id: Option<String>,
    /// The application's display name.
    pub application_name: Option<String>,
    /// Users' requests with proof of MFA.
    pub mfa_compliant_request_count: u64,
    /// All users' requests.
    pub total_request_count: u64,
    /// Application-only requests.
    pub app_only_request_count: u64,
}

/// The counts of a day.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OneDay {
    /// The day, in UTC.
    pub date: String,
    /// The counts.
    #[serde(flatten)]
    pub requests: Requests,
    /// Denials by reason.
    pub denials: Vec<Denial>,
    /// The date as a value; `None` for the shared row of further days.
    #[serde(skip)]
    pub day: Option<Day>,
}

impl Summary {
    /// Builds the summary from the counts.
    pub(super) fn of(names: Vec<String>, read: &Read, tally: &Tally) -> Self {
        let mut all = Daily::default();
        tally.days.iter().for_each(|(_, daily)| all.add(daily));
        let (users_without_mfa, since): (Vec<_>, Vec<_>) =
            grouped::users(tally).into_iter().partition(|user| user.lacks_mfa);
        Self {
            logs: Logs::of(names, read, tally.left_out),
            first_request_date_time: tally.span.map(|(first, _)| time(first)),
            last_request_date_time: tally.span.map(|(_, last)| time(last)),
            requests: Requests::of(&all),
            denials: denials(&all.denied),
            tenants: tenants(tally),
            applications: applications(tally),
            days: days(tally),
            application_days: grouped::app_days(tally),
            users_without_mfa,
            users_with_mfa_since: since.len(),
        }
    }
}

impl Summary {
    /// The first and the last day, as text.
    pub(super) fn period(&self) -> String {
        let day = |time: &Option<String>| time.as_ref().and_then(|time| time.get(..10).map(str::to_owned));
        match (day(&self.first_request_date_time), day(&self.last_request_date_time)) {
            (Some(first), Some(last)) if first == last => format!("{first}, UTC"),
            (Some(first), Some(last)) => format!("{first} to {last}, UTC"),
            _ => "no requests".to_owned(),
        }
    }
}

impl Logs {
    /// The statistics of the logs named `names`.
    pub(super) fn of(names: Vec<String>, read: &Read, left_out: u64) -> Self {
        let at = |place: Place| LogPlace { log: names[place.log].clone(), line: place.line };
        let example = |(place, message): (Place, &str)| BrokenLine { place: at(place), message: message.to_owned() };
        Self {
            lines: read.lines,
            left_out,
            broken: read.broken.total(),
            broken_by_kind: read.broken.counts().collect(),
            broken_lines: read.broken.examples().map(example).collect(),
            without_decision: read.broken.without_decision(),
            without_decision_lines: read.broken.without_decision_examples().map(at).collect(),
            names,
        }
    }
}

fn denials(denied: &Denials) -> Vec<Denial> {
    let denial = |(reason, request_count): (Option<mfa_gate::deny_reason::DenyReason>, u64)| Denial {
        reason: reason.map_or(grouped::OTHERS, |reason| reason.as_str()),
        request_count,
    };
    let mut denials: Vec<_> = denied.iter().map(denial).collect();
    denials.sort_by_key(|denial| std::cmp::Reverse(denial.request_count));
    denials
}

fn tenants(tally: &Tally) -> Vec<Tenant> {
    let tenant = |(id, tenant): (_, &super::tally::Tenant)| {
        let mut share = Share::default();
        let apps = || tenant.apps.iter().map(|(_, app)| app);
        apps().flat_map(|app| app.days.iter()).for_each(|(_, one)| share.add(*one));
        Tenant {
            tenant_id: key(id).map(Into::into),
            mfa_compliant_request_count: share.compliant,
            total_request_count: share.total,
            app_only_request_count: apps().map(|app| app.app_only).sum(),
            user_count: tenant.users.iter().count(),
            users_without_mfa_count: tenant.users.iter().filter(|(_, user)| user.lacks_mfa()).count(),
        }
    };
    let mut tenants: Vec<_> = tally.tenants.iter().map(tenant).collect();
    tenants.sort_by(|a, b| {
        let share = |row: &Tenant| Share { compliant: row.mfa_compliant_request_count, total: row.total_request_count };
        least_covered(share(a), share(b)).then_with(|| a.tenant_id.cmp(&b.tenant_id))
    });
    tenants
}

fn applications(tally: &Tally) -> Vec<Application> {
    let mut rows = BTreeMap::new();
    for (id, app) in tally.tenants.iter().flat_map(|(_, tenant)| tenant.apps.iter()) {
        let row = rows.entry(key(id)).or_insert_with(|| Application {
            application_id: key(id).map(Into::into),
            application_name: None,
            mfa_compliant_request_count: 0,
            total_request_count: 0,
            app_only_request_count: 0,
        });
        for (_, share) in app.days.iter() {
            row.mfa_compliant_request_count += share.compliant;
            row.total_request_count += share.total;
        }
        row.app_only_request_count += app.app_only;
        let name = row.application_name.take();
        row.application_name = name.max(app.name.as_str().map(str::to_owned));
    }
    let mut rows: Vec<_> = rows.into_values().collect();
    let share =
        |row: &Application| Share { compliant: row.mfa_compliant_request_count, total: row.total_request_count };
    rows.sort_by(|a, b| least_covered(share(a), share(b)));
    rows
}

/// Orders by coverage, lowest first, then by the number of requests, highest first. Rows without users' requests come
/// last.
fn least_covered(a: Share, b: Share) -> std::cmp::Ordering {
    let product = |of: Share, by: Share| u128::from(of.compliant) * u128::from(by.total);
    let share = (a.total == 0).cmp(&(b.total == 0)).then_with(|| product(a, b).cmp(&product(b, a)));
    share.then_with(|| b.total.cmp(&a.total))
}

fn days(tally: &Tally) -> Vec<OneDay> {
    let mut days: Vec<_> = tally.days.iter().collect();
    days.sort_by_key(|(day, _)| *day);
    let day = |(day, daily): (Option<&Day>, &Daily)| OneDay {
        date: grouped::date(day).into_owned(),
        requests: Requests::of(daily),
        denials: denials(&daily.denied),
        day: day.copied(),
    };
    days.into_iter().map(day).collect()
}
