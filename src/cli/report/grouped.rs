//! Rows from the counts.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::bounded_map::{Day, Name};
use super::rows::{AppDay, User, time};
use super::tally::Tally;

/// What stands for all that there was no memory for to count one by one.
pub const OTHERS: &str = "(others)";

/// Per application and day, by day and then application; an application of more than one tenant is one.
pub fn app_days(tally: &Tally) -> Vec<AppDay> {
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

/// Users who came without proof of MFA, those with the most such requests first.
pub fn users(tally: &Tally) -> Vec<User> {
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

/// A map's key as it is reported: the name of all others, null for what is not logged.
pub fn key(name: Option<&Name>) -> Option<Cow<'_, str>> {
    match name.map(Name::as_str) {
        None => Some(OTHERS.into()),
        Some("") => None,
        Some(name) => Some(name.into()),
    }
}

/// A day as it is reported.
pub fn date(day: Option<&Day>) -> Cow<'static, str> {
    day.map_or(OTHERS.into(), |Day(day)| iso(*day).into())
}

/// A day as ISO 8601 has it.
pub fn iso(day: NaiveDate) -> String {
    day.format("%Y-%m-%d").to_string()
}
