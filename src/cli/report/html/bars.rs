//! Horizontal bar charts.

use super::super::summary::Summary;
use crate::report::numbers::{number, percent, scaled};
use crate::terminal::{MAX_SHOWN, shown};

/// Maximum number of bars. The tables have more rows.
const MAX: usize = 10;

/// The width of a full bar.
const WIDTH: u64 = 1000;

/// A chart.
#[derive(Debug)]
pub(super) struct Bars {
    /// The title.
    pub title: &'static str,
    /// The order of the bars.
    pub about: &'static str,
    /// The colour's class.
    pub class: &'static str,
    /// The bars.
    pub bars: Vec<Bar>,
    /// The number of bars that are left out.
    pub more: usize,
}

/// A bar.
#[derive(Debug)]
pub(super) struct Bar {
    /// The label.
    pub name: String,
    /// The value as text.
    pub value: String,
    /// The length, of [`WIDTH`].
    pub width: u64,
}

/// Coverage per application, the least covered first.
pub(super) fn apps(summary: &Summary) -> Bars {
    let apps: Vec<_> = summary.applications.iter().filter(|app| app.total_request_count > 0).collect();
    let bar = |app: &&super::super::summary::Application| {
        let (part, whole) = (app.mfa_compliant_request_count, app.total_request_count);
        let id = app.application_id.as_deref().unwrap_or("(not logged)");
        Bar {
            name: shown(app.application_name.as_deref().unwrap_or(id), MAX_SHOWN).into_owned(),
            value: format!("{} of {}", percent(part, whole), number(whole)),
            width: length(part, whole),
        }
    };
    Bars {
        title: "Coverage per application",
        about: "the least covered first",
        class: "good",
        bars: apps.iter().take(MAX).map(bar).collect(),
        more: apps.len().saturating_sub(MAX),
    }
}

/// Users who lack MFA, by the number of requests without it, highest first.
pub(super) fn users(summary: &Summary) -> Bars {
    let users = &summary.users_without_mfa;
    let most = users.first().map_or(0, |user| user.without());
    let bar = |user: &super::super::rows::User| Bar {
        name: shown(user.display_name(), MAX_SHOWN).into_owned(),
        value: number(user.without()),
        width: length(user.without(), most),
    };
    Bars {
        title: "Users who still lack MFA",
        about: "by their requests without it",
        class: "bad",
        bars: users.iter().take(MAX).map(bar).collect(),
        more: users.len().saturating_sub(MAX),
    }
}

/// The length of a bar. A share above 0 is always visible.
fn length(part: u64, whole: u64) -> u64 {
    let length = scaled(part, whole, WIDTH);
    if part > 0 { length.max(4) } else { 0 }
}
