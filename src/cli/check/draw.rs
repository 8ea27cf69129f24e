//! Prints findings as text or as JSON.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use anstream::{AutoStream, ColorChoice};
use anyhow::Result;
use serde_json::json;

use super::file::Checked;
use super::lint::Severity;
use crate::spanned::line_and_column;

/// Each finding with its source line, and the totals at the end.
pub(super) fn to_text(files: &[Checked]) -> String {
    // Colours only on a terminal, and not if NO_COLOR is set.
    let renderer = match AutoStream::choice(&std::io::stdout()) {
        ColorChoice::Never => Renderer::plain(),
        _ => Renderer::styled(),
    };
    let mut text = String::new();
    let (mut errors, mut warnings) = (0, 0);
    for file in files {
        for finding in &file.findings {
            let (level, count) = match finding.lint.severity() {
                Severity::Error => (Level::ERROR, &mut errors),
                Severity::Warning => (Level::WARNING, &mut warnings),
            };
            *count += 1;
            let annotation = AnnotationKind::Primary.span(first_line(&file.text, finding.span.clone()));
            let snippet = Snippet::source(&file.text).path(&file.name).annotation(annotation);
            let group = level.primary_title(&finding.message).id(finding.lint.id()).element(snippet);
            text.push_str(&renderer.render(&[group]));
            text.push_str("\n\n");
        }
    }
    text.push_str(&match (errors, warnings) {
        (0, 0) => "nothing found\n".to_owned(),
        (errors, warnings) => format!("{}, {}\n", counted(errors, "error"), counted(warnings, "warning")),
    });
    text
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The first line of a span, to keep the output short.
fn first_line(text: &str, span: Range<usize>) -> Range<usize> {
    let Some(spanned) = text.get(span.clone()) else { return 0..0 };
    let line = spanned.lines().next().unwrap_or_default().trim_end();
    span.start..span.start + line.len()
}

/// The findings as a JSON array of objects.
pub(super) fn to_json(files: &[Checked]) -> Result<String> {
    let mut all = Vec::new();
    for file in files {
        for finding in &file.findings {
            let (line, column) = line_and_column(&file.text, finding.span.start);
            all.push(json!({
                "file": file.name,
                "line": line,
                "column": column,
                "severity": finding.lint.severity().as_str(),
                "id": finding.lint.id(),
                "path": finding.path,
                "message": finding.message,
            }));
        }
    }
    Ok(serde_json::to_string_pretty(&all)? + "\n")
}
