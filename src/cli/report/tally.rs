//! Counts requests per tenant, application, user and day.

use chrono::{DateTime, NaiveDate, Utc};
use mfa_gate::deny_reason::DenyReason;

use super::bounded_map::{Bounded, Budget, Day, Name};
use super::filter::Filter;
use crate::access_log::line::{GateRecord, LogLine, Outcome};

/// Users' requests, and how many of them prove MFA.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share {
    /// Requests with proof of MFA.
    pub compliant: u64,
    /// All requests.
    pub total: u64,
}

impl Share {
    /// Requests without proof of MFA.
    pub(super) fn without(self) -> u64 {
        self.total.saturating_sub(self.compliant)
    }

    /// Adds `other`.
    pub(super) fn add(&mut self, other: Self) {
        self.compliant = self.compliant.saturating_add(other.compliant);
        self.total = self.total.saturating_add(other.total);
    }
}

/// Denied requests by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Denials([u64; Self::KINDS]);

impl Denials {
    /// The last count is for unknown reasons.
    const KINDS: usize = DenyReason::ALL.len() + 1;

    fn add(&mut self, reason: Option<&str>) {
        let known = DenyReason::ALL.iter().position(|known| Some(known.as_str()) == reason);
        let count = &mut self.0[known.unwrap_or(DenyReason::ALL.len())];
        *count = count.saturating_add(1);
    }

    fn merge(&mut self, other: &Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count = count.saturating_add(more);
        }
    }

    /// The reasons with requests; `None` means unknown reasons.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Option<DenyReason>, u64)> {
        let reasons = DenyReason::ALL.into_iter().map(Some).chain([None]);
        reasons.zip(self.0).filter(|(_, count)| *count > 0)
    }
}

impl Default for Denials {
    fn default() -> Self {
        Self([0; Self::KINDS])
    }
}

/// All requests of a day, with or without a subject.
#[derive(Debug, Default, Clone)]
pub(super) struct Daily {
    /// Users' requests.
    pub users: Share,
    /// Application-only requests.
    pub app_only: u64,
    /// Requests without a verified token.
    pub anonymous: u64,
    /// Allowed requests.
    pub allowed: u64,
    /// Denied requests.
    pub denied: Denials,
}

impl Daily {
    /// Adds `other`.
    pub(super) fn add(&mut self, other: &Self) {
        self.users.add(other.users);
        self.app_only = self.app_only.saturating_add(other.app_only);
        self.anonymous = self.anonymous.saturating_add(other.anonymous);
        self.allowed = self.allowed.saturating_add(other.allowed);
        self.denied.merge(&other.denied);
    }
}

/// The most recent display name for an id.
#[derive(Debug, Default)]
pub(super) struct LatestName(Option<(DateTime<Utc>, Box<str>)>);

impl LatestName {
    /// Maximum length of a name, in bytes.
    const MAX: usize = 256;

    fn update(&mut self, time: DateTime<Utc>, text: Option<&str>, budget: &mut Budget) {
        let Some(text) = text else { return };
        let text = &text[..text.floor_char_boundary(Self::MAX)];
        match &mut self.0 {
            Some((last, known)) if **known == *text => *last = time.max(*last),
            // Equal times are ordered by text, so the result does not depend on the order of the lines.
            Some((last, known)) if (time, text) < (*last, known) => {}
            _ if !budget.reserve(text.len()) => {}
            slot => *slot = Some((time, text.into())),
        }
    }

    fn merge(&mut self, other: Self, budget: &mut Budget) {
        if let Some((time, text)) = other.0 {
            self.update(time, Some(&text), budget);
        }
    }

    /// The name, if one was logged.
    pub(super) fn as_str(&self) -> Option<&str> {
        self.0.as_ref().map(|(_, text)| &**text)
    }
}

/// An application in a tenant.
#[derive(Debug, Default)]
pub(super) struct App {
    /// The display name.
    pub name: LatestName,
    /// Users' requests through the application, by day.
    pub days: Bounded<Day, Share>,
    /// Application-only requests.
    pub app_only: u64,
}

/// A user of a tenant.
#[derive(Debug, Default)]
pub(super) struct User {
    /// The sign-in name.
    pub upn: LatestName,
    /// The user's requests.
    pub requests: Share,
    /// The last request with proof of MFA.
    pub last_with: Option<DateTime<Utc>>,
    /// The last request without proof of MFA.
    pub last_without: Option<DateTime<Utc>>,
}

impl User {
    /// Whether the user lacks MFA: no request with proof follows the last one without.
    pub(super) fn lacks_mfa(&self) -> bool {
        self.last_without.is_some_and(|without| self.last_with.is_none_or(|with| with < without))
    }
}

/// A tenant. The key "" means that the name is not logged.
#[derive(Debug, Default)]
pub(super) struct Tenant {
    /// The applications, by id.
    pub apps: Bounded<Name, App>,
    /// The users, by object id.
    pub users: Bounded<Name, User>,
}

/// All counts.
#[derive(Debug)]
pub(super) struct Tally {
    filter: Filter,
    budget: Budget,
    /// The counts by day.
    pub days: Bounded<Day, Daily>,
    /// The counts by tenant.
    pub tenants: Bounded<Name, Tenant>,
    /// Requests that the filter excludes.
    pub left_out: u64,
    /// The times of the first and the last request.
    pub span: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl Tally {
    /// Empty counts for the requests that `filter` includes, in `memory` bytes.
    pub(super) fn new(filter: Filter, memory: usize) -> Self {
        Self {
            filter,
            budget: Budget::new(memory),
            days: Bounded::default(),
            tenants: Bounded::default(),
            left_out: 0,
            span: None,
        }
    }

    /// Counts a request.
    pub(super) fn add(&mut self, line: &LogLine<'_>, gate: &GateRecord<'_>) {
        let day = line.time.date_naive();
        if !self.filter.includes(day, gate) {
            self.left_out = self.left_out.saturating_add(1);
            return;
        }
        self.extend_span((line.time, line.time));
        self.add_to_day(day, gate);
        if gate.subject.is_some() {
            self.add_to_tenant(line.time, day, gate);
        }
    }

    fn extend_span(&mut self, (first, last): (DateTime<Utc>, DateTime<Utc>)) {
        let (from, to) = self.span.unwrap_or((first, last));
        self.span = Some((from.min(first), to.max(last)));
    }

    fn add_to_day(&mut self, day: NaiveDate, gate: &GateRecord<'_>) {
        let daily = self.days.slot(&Day(day), &mut self.budget);
        match gate.decision {
            Outcome::Allow => daily.allowed = daily.allowed.saturating_add(1),
            Outcome::Deny => daily.denied.add(gate.reason.as_deref()),
        }
        match (gate.mfa_compliant(), gate.subject) {
            (Some(compliant), _) => daily.users.add(Share { compliant: compliant.into(), total: 1 }),
            (None, Some(_)) => daily.app_only = daily.app_only.saturating_add(1),
            (None, None) => daily.anonymous = daily.anonymous.saturating_add(1),
        }
    }

    fn add_to_tenant(&mut self, time: DateTime<Utc>, day: NaiveDate, gate: &GateRecord<'_>) {
        let budget = &mut self.budget;
        let tenant = self.tenants.slot(gate.tenant.as_deref().unwrap_or_default(), budget);
        let app = tenant.apps.slot(gate.app.as_deref().unwrap_or_default(), budget);
        app.name.update(time, gate.app_name.as_deref(), budget);
        let Some(compliant) = gate.mfa_compliant() else {
            app.app_only = app.app_only.saturating_add(1);
            return;
        };
        let one = Share { compliant: compliant.into(), total: 1 };
        app.days.slot(&Day(day), budget).add(one);
        let user = tenant.users.slot(gate.user.as_deref().unwrap_or_default(), budget);
        user.upn.update(time, gate.upn.as_deref(), budget);
        user.requests.add(one);
        let last = if compliant { &mut user.last_with } else { &mut user.last_without };
        *last = (*last).max(Some(time));
    }

    /// Adds the counts of `other`, and the memory of `other` to the budget.
    pub(super) fn merge(&mut self, other: Self, memory: usize) {
        self.budget.add(memory);
        let budget = &mut self.budget;
        self.left_out = self.left_out.saturating_add(other.left_out);
        self.days.merge::<Day>(other.days, budget, |daily, more, _| daily.add(&more));
        self.tenants.merge::<str>(other.tenants, budget, |tenant, more, budget| {
            tenant.apps.merge::<str>(more.apps, budget, |app, more, budget| {
                app.name.merge(more.name, budget);
                app.days.merge::<Day>(more.days, budget, |share, more, _| share.add(more));
                app.app_only = app.app_only.saturating_add(more.app_only);
            });
            tenant.users.merge::<str>(more.users, budget, |user, more, budget| {
                user.upn.merge(more.upn, budget);
                user.requests.add(more.requests);
                user.last_with = user.last_with.max(more.last_with);
                user.last_without = user.last_without.max(more.last_without);
            });
        });
        if let Some(span) = other.span {
            self.extend_span(span);
        }
    }
}
