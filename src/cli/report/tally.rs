//! The counts of a log: per tenant, application, user and day.

use chrono::{DateTime, NaiveDate, Utc};
use mfa_gate::deny_reason::DenyReason;

use super::bounded_map::{Bounded, Budget, Day, Name};
use super::filter::Filter;
use crate::access_log::line::{GateRecord, LogLine, Outcome};

/// Users' requests: how many there are, and how many of them with proof of MFA.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// With proof.
    pub compliant: u64,
    /// With and without.
    pub total: u64,
}

impl Share {
    /// Without proof.
    pub fn without(self) -> u64 {
        self.total.saturating_sub(self.compliant)
    }

    /// Adds another.
    pub fn add(&mut self, other: Share) {
        self.compliant = self.compliant.saturating_add(other.compliant);
        self.total = self.total.saturating_add(other.total);
    }
}

/// How many requests were denied, by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Denials([u64; Denials::KINDS]);

impl Denials {
    /// The last is for reasons that are none of this program's.
    const KINDS: usize = DenyReason::ALL.len() + 1;

    fn add(&mut self, reason: Option<&str>) {
        let known = DenyReason::ALL.iter().position(|known| Some(known.as_str()) == reason);
        let count = &mut self.0[known.unwrap_or(DenyReason::ALL.len())];
        *count = count.saturating_add(1);
    }

    fn merge(&mut self, other: &Denials) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count = count.saturating_add(more);
        }
    }

    /// Each reason that there was; none is any other.
    pub fn iter(&self) -> impl Iterator<Item = (Option<DenyReason>, u64)> {
        let reasons = DenyReason::ALL.into_iter().map(Some).chain([None]);
        reasons.zip(self.0).filter(|(_, count)| *count > 0)
    }
}

impl Default for Denials {
    fn default() -> Self {
        Denials([0; Denials::KINDS])
    }
}

/// All requests of a day, of whatever subject or none.
#[derive(Debug, Default, Clone)]
pub struct Daily {
    /// Those of users.
    pub users: Share,
    /// Those of applications alone.
    pub app_only: u64,
    /// Those without a verified token.
    pub anonymous: u64,
    /// Those that passed.
    pub allowed: u64,
    /// Those that did not.
    pub denied: Denials,
}

impl Daily {
    /// Adds another.
    pub fn add(&mut self, other: &Daily) {
        self.users.add(other.users);
        self.app_only = self.app_only.saturating_add(other.app_only);
        self.anonymous = self.anonymous.saturating_add(other.anonymous);
        self.allowed = self.allowed.saturating_add(other.allowed);
        self.denied.merge(&other.denied);
    }
}

/// The most recent display name for an id.
#[derive(Debug, Default)]
pub struct LatestName(Option<(DateTime<Utc>, Box<str>)>);

impl LatestName {
    /// The longest that is kept, in bytes: a name is for people.
    const MAX: usize = 256;

    fn hear(&mut self, time: DateTime<Utc>, text: Option<&str>, budget: &mut Budget) {
        let Some(text) = text else { return };
        let text = &text[..text.floor_char_boundary(LatestName::MAX)];
        match &mut self.0 {
            Some((last, known)) if **known == *text => *last = time.max(*last),
            // By the text where the times are one, so that it does not matter who comes first.
            Some((last, known)) if (time, text) < (*last, known) => {}
            _ if !budget.take(text.len()) => {}
            slot => *slot = Some((time, text.into())),
        }
    }

    fn merge(&mut self, other: LatestName, budget: &mut Budget) {
        if let Some((time, text)) = other.0 {
            self.hear(time, Some(&text), budget);
        }
    }

    /// The name, if there was one.
    pub fn as_str(&self) -> Option<&str> {
        self.0.as_ref().map(|(_, text)| &**text)
    }
}

/// An application in a tenant.
#[derive(Debug, Default)]
pub struct App {
    /// Its name.
    pub name: LatestName,
    /// Users' requests through it, by day.
    pub days: Bounded<Day, Share>,
    /// Requests of its own.
    pub app_only: u64,
}

/// A user of a tenant.
#[derive(Debug, Default)]
pub struct User {
    /// The name.
    pub upn: LatestName,
    /// The requests.
    pub requests: Share,
    /// The last request with proof of MFA.
    pub last_with: Option<DateTime<Utc>>,
    /// The last without.
    pub last_without: Option<DateTime<Utc>>,
}

impl User {
    /// Whether the user came without proof and has not come with it since.
    pub fn lacks_mfa(&self) -> bool {
        self.last_without.is_some_and(|without| self.last_with.is_none_or(|with| with < without))
    }
}

/// A tenant. A name that is not logged is "".
#[derive(Debug, Default)]
pub struct Tenant {
    /// Its applications.
    pub apps: Bounded<Name, App>,
    /// Its users.
    pub users: Bounded<Name, User>,
}

/// All counts.
#[derive(Debug)]
pub struct Tally {
    filter: Filter,
    budget: Budget,
    /// By day.
    pub days: Bounded<Day, Daily>,
    /// By tenant.
    pub tenants: Bounded<Name, Tenant>,
    /// Requests that the filter leaves out.
    pub left_out: u64,
    /// The times of the first and the last request.
    pub span: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl Tally {
    /// Counts of nothing yet; of what the filter lets through, in so much memory.
    pub fn new(filter: Filter, memory: usize) -> Self {
        Tally {
            filter,
            budget: Budget::new(memory),
            days: Bounded::default(),
            tenants: Bounded::default(),
            left_out: 0,
            span: None,
        }
    }

    /// Counts a request.
    pub fn add(&mut self, line: &LogLine<'_>, gate: &GateRecord<'_>) {
        let day = line.time.date_naive();
        if !self.filter.lets_through(day, gate) {
            self.left_out = self.left_out.saturating_add(1);
            return;
        }
        self.widen((line.time, line.time));
        self.add_to_day(day, gate);
        if gate.subject.is_some() {
            self.add_to_tenant(line.time, day, gate);
        }
    }

    fn widen(&mut self, (first, last): (DateTime<Utc>, DateTime<Utc>)) {
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
        app.name.hear(time, gate.app_name.as_deref(), budget);
        let Some(compliant) = gate.mfa_compliant() else {
            app.app_only = app.app_only.saturating_add(1);
            return;
        };
        let one = Share { compliant: compliant.into(), total: 1 };
        app.days.slot(&Day(day), budget).add(one);
        let user = tenant.users.slot(gate.user.as_deref().unwrap_or_default(), budget);
        user.upn.hear(time, gate.upn.as_deref(), budget);
        user.requests.add(one);
        let last = if compliant { &mut user.last_with } else { &mut user.last_without };
        *last = (*last).max(Some(time));
    }

    /// Adds what another has counted, whose memory is free then.
    pub fn merge(&mut self, other: Tally, memory: usize) {
        self.budget.give(memory);
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
            self.widen(span);
        }
    }
}
