//! Charts of bars that lie, one below the other.

use super::super::summary::Summary;
use crate::report::numbers::{number, percent};
use crate::terminal::{MAX_SHOWN, shown};

/// How many bars there are at most; the tables have more.
const MAX: usize = 10;

/// The width of a whole bar.
const WIDTH: u64 = 1000;

/// A chart.
#[derive(Debug)]
pub struct Bars {
    /// What it is of.
    pub title: &'static str,
    /// How it is ordered.
    pub about: &'static str,
    /// The colour's class.
    pub class: &'static str,
    /// The bars.
    pub bars: Vec<Bar>,
    /// How many there would be more.
    pub more: usize,
}

/// One of them.
#[derive(Debug)]
pub struct Bar {
    /// What it is of.
    pub name: String,
    /// What it says, in numbers.
    pub value: String,
    /// How long it is, of 1000.
    pub width: u64,
}

/// Coverage per application, the least covered first.
pub fn apps(summary: &Summary) -> Bars {
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

/// Users who lack MFA by their requests without it, those with the most first.
pub fn users(summary: &Summary) -> Bars {
    let users = &summary.users_without_mfa;
    let most = users.first().map_or(0, |user| user.without());
    let bar = |user: &super::super::rows::User| Bar {
        name: shown(user.called(), MAX_SHOWN).into_owned(),
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

/// As long as its share; what there is can be seen.
fn length(part: u64, whole: u64) -> u64 {
    let length = (u128::from(part) * u128::from(WIDTH)).checked_div(whole.into()).unwrap_or_default() as u64;
    if part > 0 { length.max(4) } else { 0 }
}
