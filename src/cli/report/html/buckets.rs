//! Days put together, so that a chart of years is as readable as one of a week.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use super::super::grouped::iso;
use super::super::summary::OneDay;
use super::super::tally::Share;

/// The most marks that a chart has side by side: a quarter's days.
pub const MAX: u64 = 92;

/// Some days in a row; without requests, maybe.
#[derive(Debug, Default)]
pub struct Bucket {
    /// The days for people.
    pub label: String,
    /// Users' requests.
    pub users: Share,
    /// Requests that passed.
    pub allowed: u64,
    /// Requests that did not, by reason.
    pub denied: BTreeMap<&'static str, u64>,
}

impl Bucket {
    /// All requests.
    pub fn total(&self) -> u64 {
        self.allowed + self.denied.values().sum::<u64>()
    }
}

/// The days from first to last in at most [`MAX`] buckets of one length.
pub fn buckets(days: &[OneDay]) -> Vec<Bucket> {
    let dated = || days.iter().filter_map(|one| one.day.map(|day| (day.0, one)));
    let Some((first, last)) = dated().map(|(day, _)| day).min().zip(dated().map(|(day, _)| day).max()) else {
        return Vec::new();
    };
    let distance = |day: NaiveDate| day.signed_duration_since(first).num_days().unsigned_abs();
    let length = (distance(last) + 1).div_ceil(MAX);
    let count = distance(last) / length + 1;
    let mut buckets: Vec<_> = (0..count).map(|index| empty(first, last, index * length, length)).collect();
    for (day, one) in dated() {
        let bucket = &mut buckets[(distance(day) / length) as usize];
        bucket.users.add(one.requests.users());
        bucket.allowed += one.requests.allowed_request_count;
        for denial in &one.denials {
            *bucket.denied.entry(denial.reason).or_default() += denial.request_count;
        }
    }
    buckets
}

fn empty(first: NaiveDate, last: NaiveDate, offset: u64, length: u64) -> Bucket {
    let day = |offset: u64| first.checked_add_days(Days::new(offset)).unwrap_or(last).min(last);
    let (from, to) = (day(offset), day(offset + length - 1));
    let label = if from == to { iso(from) } else { format!("{} to {}", iso(from), iso(to)) };
    Bucket { label, ..Bucket::default() }
}
