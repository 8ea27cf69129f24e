//! JSON in a string of a file: maps positions in the string to positions in the file.

use std::ops::Range;

use super::json;
use super::located::Located;
use super::syntax::SyntaxError;

pub(super) fn read(text: &str, file: &str, within: Range<usize>) -> Result<Located, SyntaxError> {
    let lines = lines(text, file, within.clone());
    let to_file = |place: Range<usize>| match &lines {
        Some(lines) => at(lines, place.start)..at(lines, place.end),
        None => within.clone(),
    };
    match json::read(text) {
        Ok(node) => Ok(Located::from(node.moved(&to_file))),
        Err(SyntaxError { message, span }) => Err(SyntaxError { message, span: to_file(span) }),
    }
}

/// Start of a line, as an offset in the string and in the file.
struct Line {
    inside: usize,
    outside: usize,
}

/// The lines of a string that the file contains verbatim except for indentation; `None` for any other string.
fn lines(text: &str, file: &str, within: Range<usize>) -> Option<Vec<Line>> {
    let written = file.get(within.clone())?;
    let mut left = written.split_inclusive('\n').scan(within.start, |start, line| {
        let at = *start;
        *start += line.len();
        Some((at, line.trim_end_matches(['\n', '\r'])))
    });
    let mut inside = 0;
    let mut found: Vec<Line> = Vec::new();
    for line in text.split_inclusive('\n') {
        let plain = line.trim_end_matches(['\n', '\r']);
        // The opening quote, or `|` and its line, comes before the first non-empty line.
        let written = match found.is_empty() {
            true if plain.is_empty() => None,
            true => Some(left.find(|(_, written)| written.contains(plain))?),
            false => Some(left.next()?),
        };
        if let Some((start, written)) = written {
            found.push(Line { inside, outside: start + written.find(plain)? });
        }
        inside += line.len();
    }
    Some(found)
}

fn at(lines: &[Line], inside: usize) -> usize {
    let line = lines.iter().rev().find(|line| line.inside <= inside);
    line.map_or(0, |line| line.outside + (inside - line.inside))
}
