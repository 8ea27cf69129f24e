//! The chart of requests by decision and deny reason.

use std::collections::BTreeMap;

use super::buckets::Bucket;
use super::coverage::{HEIGHT, Label, TOP, WIDTH, labels, middle, px};
use crate::report::numbers::{number, of_length, real};

/// Maximum number of reasons with separate colours. More colours are hard to distinguish.
const REASONS: usize = 4;

/// Stacked bars of allowed and denied requests.
#[derive(Debug)]
pub(super) struct Decisions {
    /// The description for screen readers.
    pub about: String,
    /// The segments of all bars.
    pub parts: Vec<Part>,
    /// The legend of the colours.
    pub legend: Vec<Legend>,
    /// The axis value at the top of the plot.
    pub top: String,
    /// The axis value at the middle of the plot.
    pub half: String,
    /// The labels of the time axis.
    pub labels: Vec<Label>,
}

/// A segment of a bar.
#[derive(Debug)]
pub(super) struct Part {
    /// The colour's class.
    pub class: usize,
    /// The x coordinate.
    pub x: String,
    /// The y coordinate.
    pub y: String,
    /// The width.
    pub width: String,
    /// The height.
    pub height: String,
    /// The tooltip.
    pub title: String,
}

/// An entry of the legend.
#[derive(Debug)]
pub(super) struct Legend {
    /// The colour's class.
    pub class: usize,
    /// The text.
    pub text: String,
}

impl Decisions {
    /// The chart; `None` without requests.
    pub(super) fn of(buckets: &[Bucket]) -> Option<Self> {
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
            let slot = WIDTH / real(of_length(buckets.len()));
            let width = (slot * 0.72).min(48.0);
            let mut ground = TOP + HEIGHT;
            for (class, count) in counts.into_iter().enumerate().filter(|(_, count)| *count > 0) {
                sums[class] += count;
                let height = HEIGHT * real(count) / real(scale);
                ground -= height;
                parts.push(Part {
                    class,
                    x: px(middle(index, buckets.len()) - width / 2.0),
                    y: px(ground),
                    width: px(width),
                    height: px(height),
                    title: format!("{}: {} {}", bucket.label, number(count), label(&reasons, class)),
                });
            }
        }
        let legend =
            |(class, sum): (usize, u64)| Legend { class, text: format!("{} {}", label(&reasons, class), number(sum)) };
        let legend: Vec<_> = sums.into_iter().enumerate().filter(|(_, sum)| *sum > 0).map(legend).collect();
        Some(Self {
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
    // MFA reasons come first, so that they always have a separate colour.
    reasons.sort_by_key(|(reason, sum)| (!reason.starts_with("mfa-"), std::cmp::Reverse(*sum)));
    reasons.into_iter().take(REASONS).map(|(reason, _)| reason).collect()
}

fn class(reasons: &[&str], reason: &str) -> usize {
    reasons.iter().position(|known| *known == reason).unwrap_or(REASONS) + 1
}

fn label<'a>(reasons: &[&'a str], class: usize) -> &'a str {
    match class.checked_sub(1) {
        None => "allowed",
        Some(index) => reasons.get(index).copied().unwrap_or("other reasons"),
    }
}

/// Rounds up to one leading digit and an even number, so that the middle of the axis has a round number, too.
fn round_up(count: u64) -> u64 {
    let step = 10_u64.saturating_pow(count.checked_ilog10().unwrap_or_default()).max(2);
    count.div_ceil(step).saturating_mul(step)
}

fn short(count: u64) -> String {
    match count {
        1_000_000.. => format!("{} M", real(count) / 1e6),
        1_000.. => format!("{} k", real(count) / 1e3),
        _ => count.to_string(),
    }
}
