//! The summary as a self-contained HTML page: no scripts, fonts or images, and nothing loaded from elsewhere.

mod bars;
mod buckets;
mod coverage;
mod decisions;
mod page;

use std::io::Write;

use anyhow::Result;
use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use self::bars::Bars;
use self::buckets::buckets;
use self::coverage::Coverage;
use self::decisions::Decisions;
use self::page::{Section, Tile};
use super::summary::Summary;
use super::text;
use crate::report::numbers::{number, percent, scaled};

const STYLE: &str = include_str!("style.css");

/// The page. askama escapes all values except the style, which is a constant.
#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    style: &'a str,
    /// The hash of the style in the Content Security Policy: text injected from a log cannot add other styles.
    style_hash: String,
    period: String,
    percent: String,
    /// The coverage in thousandths, for the bar.
    filled: u64,
    headline: String,
    lacking: String,
    tiles: Vec<Tile>,
    coverage: Option<Coverage>,
    decisions: Option<Decisions>,
    bars: [Bars; 2],
    sections: Vec<Section>,
    notes: Vec<String>,
    lines: String,
}

/// Writes the page.
///
/// # Errors
///
/// The page cannot be written.
pub(super) fn write(out: &mut dyn Write, summary: &Summary) -> Result<()> {
    let share = summary.requests.users();
    let buckets = buckets(&summary.days);
    let page = Page {
        style: STYLE,
        style_hash: STANDARD.encode(Sha256::digest(STYLE)),
        period: summary.period(),
        percent: percent(share.compliant, share.total),
        filled: scaled(share.compliant, share.total, 1000),
        headline: format!("{} of {} requests by users prove MFA", number(share.compliant), number(share.total)),
        lacking: page::lacking(summary),
        tiles: page::tiles(summary),
        coverage: Coverage::of(&buckets),
        decisions: Decisions::of(&buckets),
        bars: [bars::apps(summary), bars::users(summary)],
        sections: page::sections(summary),
        notes: text::notes(&summary.logs),
        lines: format!("{} lines of {}", number(summary.logs.lines), page::names(summary)),
    };
    Ok(page.write_into(out)?)
}
