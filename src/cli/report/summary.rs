//! How far the tenants are: all that a person would ask of the counts, sorted.

use std::collections::BTreeMap;

use serde::Serialize;

use super::bounded_map::Day;
use super::grouped::{self, key};
use super::rows::{AppDay, User, time};
use super::scan::Read;
use super::tally::{Daily, Denials, Share, Tally};
use crate::access_log::error::{LineErrorKind, Place};

/// The whole report.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Summary {
    /// What was read.
    pub logs: Logs,
    /// The first request that counts; null if there was none.
    pub first_request_date_time: Option<String>,
    /// The last.
    pub last_request_date_time: Option<String>,
    /// All requests.
    pub requests: Requests,
    /// By reason, the most frequent first.
    pub denials: Vec<Denial>,
    /// The least covered first.
    pub tenants: Vec<Tenant>,
    /// The least covered first.
    pub applications: Vec<Application>,
    /// By day.
    pub days: Vec<OneDay>,
    /// By day and application.
    pub application_days: Vec<AppDay>,
    /// Users who came without proof of MFA, and have not come with it since; those with the most such requests first.
    pub users_without_mfa: Vec<User>,
    /// How many came without, and have come with it since.
    pub users_with_mfa_since: usize,
}

/// What was read, and what of it could not be.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Logs {
    /// The logs' names.
    pub names: Vec<String>,
    /// Lines, broken ones and all.
    pub lines: u64,
    /// Lines that `--from`, `--to` and `--tenant` leave out.
    pub left_out: u64,
    /// Lines that cannot be read.
    pub broken: u64,
    /// The same by kind.
    pub broken_by_kind: BTreeMap<LineErrorKind, u64>,
    /// The first of them.
    pub broken_lines: Vec<BrokenLine>,
    /// Lines of requests that the gate said nothing of.
    pub without_decision: u64,
    /// The first of them.
    pub without_decision_lines: Vec<LogPlace>,
}

/// A place in a log.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LogPlace {
    /// The log.
    pub log: String,
    /// The line, from 1.
    pub line: u64,
}

/// A line that cannot be read.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct BrokenLine {
    /// Where.
    #[serde(flatten)]
    pub place: LogPlace,
    /// Why.
    pub message: String,
}

/// Requests by what stands behind them and what became of them.
#[derive(Debug, Clone, Copy, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Requests {
    /// By users, with proof of MFA.
    pub mfa_compliant_request_count: u64,
    /// By users.
    pub total_request_count: u64,
    /// By applications alone.
    pub app_only_request_count: u64,
    /// Without a verified token.
    pub no_token_request_count: u64,
    /// Those that passed.
    pub allowed_request_count: u64,
    /// Those that did not.
    pub denied_request_count: u64,
}

impl Requests {
    fn of(daily: &Daily) -> Self {
        Requests {
            mfa_compliant_request_count: daily.users.compliant,
            total_request_count: daily.users.total,
            app_only_request_count: daily.app_only,
            no_token_request_count: daily.anonymous,
            allowed_request_count: daily.allowed,
            denied_request_count: daily.denied.iter().map(|(_, count)| count).sum(),
        }
    }

    /// Users' requests.
    pub fn users(&self) -> Share {
        Share { compliant: self.mfa_compliant_request_count, total: self.total_request_count }
    }
}

/// How often a reason was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Denial {
    /// The reason.
    pub reason: &'static str,
    /// How often.
    pub request_count: u64,
}

/// A tenant's users' requests.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tenant {
    /// The tenant; null where it is not logged.
    pub tenant_id: Option<String>,
    /// Requests with proof of MFA.
    pub mfa_compliant_request_count: u64,
    /// Requests with and without.
    pub total_request_count: u64,
    /// Requests by applications alone.
    pub app_only_request_count: u64,
    /// How many users there were.
    pub user_count: usize,
    /// How many of them lack MFA still.
    pub users_without_mfa_count: usize,
}

/// Users' requests through an application.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Application {
    /// The application; null where it is not logged.
    pub application_id: Option<String>,
    /// Its name.
    pub application_name: Option<String>,
    /// Requests with proof of MFA.
    pub mfa_compliant_request_count: u64,
    /// Requests with and without.
    pub total_request_count: u64,
    /// Requests of its own.
    pub app_only_request_count: u64,
}

/// A day's requests.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct OneDay {
    /// The day, in UTC.
    pub date: String,
    /// The requests.
    #[serde(flatten)]
    pub requests: Requests,
    /// Denials by reason.
    pub denials: Vec<Denial>,
    /// The day itself; none for all that have no row of their own.
    #[serde(skip)]
    pub day: Option<Day>,
}

impl Summary {
    /// The report of what was read and counted.
    pub fn of(names: Vec<String>, read: &Read, tally: &Tally) -> Self {
        let mut all = Daily::default();
        tally.days.iter().for_each(|(_, daily)| all.add(daily));
        let (users_without_mfa, since): (Vec<_>, Vec<_>) =
            grouped::users(tally).into_iter().partition(|user| user.lacks_mfa);
        Summary {
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
    /// The days for people.
    pub fn period(&self) -> String {
        let day = |time: &Option<String>| time.as_ref().and_then(|time| time.get(..10).map(str::to_owned));
        match (day(&self.first_request_date_time), day(&self.last_request_date_time)) {
            (Some(first), Some(last)) if first == last => format!("{first}, UTC"),
            (Some(first), Some(last)) => format!("{first} to {last}, UTC"),
            _ => "no requests".to_owned(),
        }
    }
}

impl Logs {
    /// What was read.
    pub fn of(names: Vec<String>, read: &Read, left_out: u64) -> Self {
        let at = |place: Place| LogPlace { log: names[place.log].clone(), line: place.line };
        let told = |(place, message): (Place, &str)| BrokenLine { place: at(place), message: message.to_owned() };
        Logs {
            lines: read.lines,
            left_out,
            broken: read.broken.total(),
            broken_by_kind: read.broken.counts().collect(),
            broken_lines: read.broken.told().map(told).collect(),
            without_decision: read.broken.without_decision(),
            without_decision_lines: read.broken.told_without_decision().map(at).collect(),
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

/// By share, then by the number of requests without; those without any requests by users last.
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
