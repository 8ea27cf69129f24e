//! The chart of requests by decision and reason.

use std::collections::BTreeMap;

use super::buckets::Bucket;
use super::coverage::{HEIGHT, Label, TOP, WIDTH, labels, middle, px};
use crate::report::numbers::number;

/// How many reasons have a colour of their own; more could not be told apart.
const REASONS: usize = 4;

/// Bars of what passed and what did not.
#[derive(Debug)]
pub struct Decisions {
    /// What a listener hears.
    pub about: String,
    /// All parts of all bars.
    pub parts: Vec<Part>,
    /// What the colours mean.
    pub legend: Vec<Legend>,
    /// The number at the top of the plot.
    pub top: String,
    /// The number at its middle.
    pub half: String,
    /// The days below.
    pub labels: Vec<Label>,
}

/// A part of a bar.
#[derive(Debug)]
pub struct Part {
    /// The colour's class.
    pub class: usize,
    /// From the left.
    pub x: String,
    /// From above.
    pub y: String,
    /// How wide.
    pub width: String,
    /// How high.
    pub height: String,
    /// What a pointer above it tells.
    pub title: String,
}

/// What a colour means.
#[derive(Debug)]
pub struct Legend {
    /// The colour's class.
    pub class: usize,
    /// What it means.
    pub text: String,
}

impl Decisions {
    /// The chart; none where nothing came.
    pub fn of(buckets: &[Bucket]) -> Option<Self> {
        let highest = buckets.iter().map(Bucket::total).max().filter(|highest| *highest > 0)?;
        let scale = round_up(highest);
        let reasons = most_frequent(buckets);
        let mut parts = Vec::new();
        let mut sums = vec![0_u64; REASONS + 2];
        for (index, bucket) in buckets.iter().enumerate() {
            let mut counts = vec![0_u64; REASONS + 2];
            counts[0] = bucket.allowed;
            for (reason, count) in &bucket.denied {
                counts[class(&reasons, reason)] += count;
            }
            let slot = WIDTH / buckets.len() as f64;
            let width = (slot * 0.72).min(48.0);
            let mut ground = TOP + HEIGHT;
            for (class, count) in counts.into_iter().enumerate().filter(|(_, count)| *count > 0) {
                sums[class] += count;
                let height = HEIGHT * count as f64 / scale as f64;
                ground -= height;
                parts.push(Part {
                    class,
                    x: px(middle(index, buckets.len()) - width / 2.0),
                    y: px(ground),
                    width: px(width),
                    height: px(height),
                    title: format!("{}: {} {}", bucket.label, number(count), word(&reasons, class)),
                });
            }
        }
        let legend =
            |(class, sum): (usize, u64)| Legend { class, text: format!("{} {}", word(&reasons, class), number(sum)) };
        let legend: Vec<_> = sums.into_iter().enumerate().filter(|(_, sum)| *sum > 0).map(legend).collect();
        Some(Decisions {
            about: legend.iter().map(|legend| legend.text.as_str()).collect::<Vec<_>>().join(", ") + ".",
            parts,
            legend,
            top: short(scale),
            half: short(scale / 2),
            labels: labels(buckets),
        })
    }
}

fn most_frequent(buckets: &[Bucket]) -> Vec<&'static str> {
    let mut sums: BTreeMap<&'static str, u64> = BTreeMap::new();
    for (reason, count) in buckets.iter().flat_map(|bucket| &bucket.denied) {
        *sums.entry(reason).or_default() += count;
    }
    let mut reasons: Vec<_> = sums.into_iter().collect();
    // What the page is about comes first, so that it has its colours.
    reasons.sort_by_key(|(reason, sum)| (!reason.starts_with("mfa-"), std::cmp::Reverse(*sum)));
    reasons.into_iter().take(REASONS).map(|(reason, _)| reason).collect()
}

fn class(reasons: &[&str], reason: &str) -> usize {
    reasons.iter().position(|known| *known == reason).unwrap_or(REASONS) + 1
}

fn word<'a>(reasons: &[&'a str], class: usize) -> &'a str {
    match class.checked_sub(1) {
        None => "allowed",
        Some(index) => reasons.get(index).copied().unwrap_or("other reasons"),
    }
}

/// The next even number of one leading digit, so that its half is a number for people, too.
fn round_up(count: u64) -> u64 {
    let step = 10_u64.saturating_pow(count.checked_ilog10().unwrap_or_default()).max(2);
    count.div_ceil(step).saturating_mul(step)
}

fn short(count: u64) -> String {
    match count {
        1_000_000.. => format!("{} M", count as f64 / 1e6),
        1_000.. => format!("{} k", count as f64 / 1e3),
        _ => count.to_string(),
    }
}
