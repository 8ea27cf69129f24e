//! Turns the counts into rows.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::bounded_map::{Day, Name};
use super::rows::{AppDay, User, time};
use super::tally::Tally;

/// The name of the shared entry for keys beyond the memory limit.
pub(super) const OTHERS: &str = "(others)";

/// One row per day and application, in that order. Tenants are added up.
pub(super) fn app_days(tally: &Tally) -> Vec<AppDay> {
    let mut rows: BTreeMap<(Cow<'_, str>, Option<Cow<'_, str>>), AppDay> = BTreeMap::new();
    for (_, tenant) in tally.tenants.iter() {
        for (id, app) in tenant.apps.iter() {
            for (day, share) in app.days.iter() {
                let row = rows.entry((date(day), key(id))).or_insert_with(|| AppDay {
                    login_date: date(day).into_owned(),
                    mfa_compliant_request_count: 0,
                    total_request_count: 0,
                    application_id: key(id).map(Cow::into_owned),
                    application_name: None,
                });
                row.mfa_compliant_request_count += share.compliant;
                row.total_request_count += share.total;
                let name = row.application_name.take();
                row.application_name = name.max(app.name.as_str().map(str::to_owned));
            }
        }
    }
    rows.into_values().collect()
}

/// Users with requests without proof of MFA, sorted by the number of such requests, highest first.
pub(super) fn users(tally: &Tally) -> Vec<User> {
    let mut rows = Vec::new();
    for (tenant_id, tenant) in tally.tenants.iter() {
        for (id, user) in tenant.users.iter() {
            let Some(last_without) = user.last_without else { continue };
            rows.push(User {
                object_id: key(id).map(Cow::into_owned),
                tenant_id: key(tenant_id).map(Cow::into_owned),
                upn: user.upn.as_str().map(str::to_owned),
                last_non_mfa_compliant_login_date_time: time(last_without),
                last_mfa_compliant_login_date_time: user.last_with.map(time),
                mfa_compliant_request_count: user.requests.compliant,
                total_request_count: user.requests.total,
                lacks_mfa: user.lacks_mfa(),
            });
        }
    }
    rows.sort_by(|a, b| {
        let ids = |row: &User| (row.tenant_id.clone(), row.object_id.clone());
        b.without().cmp(&a.without()).then_with(|| ids(a).cmp(&ids(b)))
    });
    rows
}

/// The reported name of a key: [`OTHERS`] for the shared entry, `None` if the log has no name.
pub(super) fn key(name: Option<&Name>) -> Option<Cow<'_, str>> {
    match name.map(Name::as_str) {
        None => Some(OTHERS.into()),
        Some("") => None,
        Some(name) => Some(name.into()),
    }
}

/// The reported name of a day.
pub(super) fn date(day: Option<&Day>) -> Cow<'static, str> {
    day.map_or(OTHERS.into(), |Day(day)| iso(*day).into())
}

/// A day in ISO 8601.
pub(super) fn iso(day: NaiveDate) -> String {
    day.format("%Y-%m-%d").to_string()
}
