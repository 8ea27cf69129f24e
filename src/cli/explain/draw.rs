//! Renders an explanation as text and as JSON.

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use super::steps::{Steps, Tone};

/// The width of the column with the names of the steps.
const NAME_WIDTH: usize = 10;

const NAME: Style = Style::new().bold();
const PLACE: Style = Style::new().dimmed();

/// The text: each line is followed by the place of its rule.
pub(super) fn to_text(steps: &Steps<'_>) -> String {
    // Standard output is written elsewhere, so the choice that anstream makes is applied here.
    let use_style = AutoStream::choice(&std::io::stdout()) != ColorChoice::Never;
    let styled_text = |style: Style, text: &str| match use_style && !text.is_empty() {
        true => format!("{style}{text}{style:#}"),
        false => text.to_owned(),
    };
    let mut text = String::new();
    for step in steps.iter() {
        for (index, line) in step.lines.iter().enumerate() {
            if index == 0 {
                text.push_str(&styled_text(NAME, step.name));
            }
            let place = line.place.as_ref().map(|place| format!("{}:{}", place.file, place.line));
            if !line.text.is_empty() || place.is_some() {
                let named = if index == 0 { step.name.len() } else { 0 };
                text.push_str(&" ".repeat(NAME_WIDTH.saturating_sub(named)));
            }
            text.push_str(&styled_text(style(line.tone), &line.text));
            if let Some(place) = place {
                text.push_str("  ");
                text.push_str(&styled_text(PLACE, &place));
            }
            text.push('\n');
        }
    }
    text
}

fn style(tone: Tone) -> Style {
    match tone {
        Tone::Plain => Style::new(),
        Tone::Good => AnsiColor::Green.on_default(),
        Tone::Bad => AnsiColor::Red.on_default(),
        Tone::Unsure => AnsiColor::Yellow.on_default(),
    }
}

/// The steps as JSON.
pub(super) fn to_json(steps: &Steps<'_>) -> Vec<Value> {
    let objects = steps.iter().map(|step| {
        let lines = step.lines.iter().map(|line| {
            let place = line.place.as_ref();
            let place = place.map(|place| json!({"file": place.file, "line": place.line, "field": place.field}));
            json!({"text": line.text, "rule": place})
        });
        json!({"name": step.name, "lines": lines.collect::<Vec<_>>()})
    });
    objects.collect()
}
