//! Groups days into buckets, so that a chart of years is as readable as a chart of a week.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use super::super::grouped::iso;
use super::super::summary::OneDay;
use super::super::tally::Share;

/// Maximum number of buckets in a chart: the days of a quarter.
pub(super) const MAX: u64 = 92;

/// Consecutive days. A bucket may have no requests.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    /// The first and the last day, as text.
    pub label: String,
    /// Users' requests.
    pub users: Share,
    /// Allowed requests.
    pub allowed: u64,
    /// Denied requests, by reason.
    pub denied: BTreeMap<&'static str, u64>,
}

impl Bucket {
    /// All requests.
    pub(super) fn total(&self) -> u64 {
        self.allowed + self.denied.values().sum::<u64>()
    }
}

/// Groups the days from the first to the last into at most [`MAX`] buckets of equal length.
pub(super) fn buckets(days: &[OneDay]) -> Vec<Bucket> {
    let dated = || days.iter().filter_map(|one| one.day.map(|day| (day.0, one)));
    let Some((first, last)) = dated().map(|(day, _)| day).min().zip(dated().map(|(day, _)| day).max()) else {
        return Vec::new();
    };
    let distance = |day: NaiveDate| day.signed_duration_since(first).num_days().unsigned_abs();
    let length = (distance(last) + 1).div_ceil(MAX);
    let count = distance(last) / length + 1;
    let mut buckets: Vec<_> = (0..count).map(|index| empty(first, last, index * length, length)).collect();
    for (day, one) in dated() {
        let place = usize::try_from(distance(day) / length).ok();
        let Some(bucket) = place.and_then(|place| buckets.get_mut(place)) else { continue };
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
