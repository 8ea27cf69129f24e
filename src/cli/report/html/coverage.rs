//! The chart of coverage over time.

use super::buckets::Bucket;
use crate::report::numbers::{number, of_length, percent, real};

/// The left edge of the plot. The drawing is 720 wide.
pub(super) const LEFT: f64 = 48.0;
/// The width of the plot.
pub(super) const WIDTH: f64 = 660.0;
/// The top edge of the plot.
pub(super) const TOP: f64 = 12.0;
/// The height of the plot.
pub(super) const HEIGHT: f64 = 168.0;

/// A line with a dot for each bucket. A bucket without requests leaves a gap.
#[derive(Debug)]
pub(super) struct Coverage {
    /// The description for screen readers.
    pub about: String,
    /// The lines, as SVG's `points`.
    pub lines: Vec<String>,
    /// The areas below the lines, as SVG's `points`.
    pub areas: Vec<String>,
    /// The dots.
    pub dots: Vec<Dot>,
    /// The labels of the time axis.
    pub labels: Vec<Label>,
}

/// A dot with a tooltip.
#[derive(Debug)]
pub(super) struct Dot {
    /// The x coordinate.
    pub x: String,
    /// The y coordinate.
    pub y: String,
    /// The tooltip.
    pub title: String,
}

/// A label below the plot.
#[derive(Debug)]
pub(super) struct Label {
    /// The x coordinate.
    pub x: String,
    /// SVG's `text-anchor`.
    pub anchor: &'static str,
    /// The text.
    pub text: String,
}

impl Coverage {
    /// The chart; `None` without requests by users.
    pub(super) fn of(buckets: &[Bucket]) -> Option<Self> {
        let dated: Vec<_> = buckets.iter().filter(|bucket| bucket.users.total > 0).collect();
        let (first, last) = (dated.first()?, dated.last()?);
        let share = |bucket: &Bucket| percent(bucket.users.compliant, bucket.users.total);
        let about = format!("From {} ({}) to {} ({}).", share(first), first.label, share(last), last.label);
        let mut dots = Vec::new();
        let (mut lines, mut areas) = (Vec::new(), Vec::new());
        let mut run: Vec<(f64, f64)> = Vec::new();
        for (index, bucket) in buckets.iter().enumerate() {
            if bucket.users.total == 0 {
                finish(&mut run, &mut lines, &mut areas);
                continue;
            }
            let x = middle(index, buckets.len());
            let y = TOP + HEIGHT * (1.0 - real(bucket.users.compliant) / real(bucket.users.total));
            run.push((x, y));
            let of = format!("{} of {} requests", number(bucket.users.compliant), number(bucket.users.total));
            dots.push(Dot { x: px(x), y: px(y), title: format!("{}: {}, {of}", bucket.label, share(bucket)) });
        }
        finish(&mut run, &mut lines, &mut areas);
        Some(Self { about, lines, areas, dots, labels: labels(buckets) })
    }
}

fn finish(run: &mut Vec<(f64, f64)>, lines: &mut Vec<String>, areas: &mut Vec<String>) {
    if let (Some((first, _)), Some((last, _)), true) = (run.first(), run.last(), run.len() > 1) {
        let line = run.iter().map(|(x, y)| format!("{},{}", px(*x), px(*y))).collect::<Vec<_>>().join(" ");
        let ground = px(TOP + HEIGHT);
        areas.push(format!("{},{ground} {line} {},{ground}", px(*first), px(*last)));
        lines.push(line);
    }
    run.clear();
}

/// The labels of the first, the middle and the last bucket.
pub(super) fn labels(buckets: &[Bucket]) -> Vec<Label> {
    let last = buckets.len().saturating_sub(1);
    let mut positions = vec![(0, "start"), (last / 2, "middle"), (last, "end")];
    positions
        .retain(|(index, anchor)| *anchor == "start" || (*anchor == "end" && last > 0) || (*index > 0 && last > 3));
    let label = |(index, anchor): (usize, &'static str)| {
        let text = buckets.get(index)?.label.split(' ').next()?.to_owned();
        let x = match anchor {
            "start" => LEFT,
            "end" => LEFT + WIDTH,
            _ => middle(index, buckets.len()),
        };
        Some(Label { x: px(x), anchor, text })
    };
    positions.into_iter().filter_map(label).collect()
}

/// The x coordinate of a bucket's middle.
pub(super) fn middle(index: usize, count: usize) -> f64 {
    LEFT + WIDTH * (real(of_length(index)) + 0.5) / real(of_length(count))
}

/// A length for SVG, rounded to a tenth of a pixel.
pub(super) fn px(length: f64) -> String {
    format!("{length:.1}")
}
