//! Escapes untrusted text for a terminal.

use std::borrow::Cow;

/// The longest text in a table, in characters: a path may have thousands.
pub const MAX_SHOWN: usize = 120;

/// The text without what controls a terminal (escape sequences, changes of direction), at most `max` characters of it.
/// Quotes and backslashes stay as they are: they are part of names and of messages.
pub fn shown(text: &str, max: usize) -> Cow<'_, str> {
    if text.len() <= max && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    for c in text.chars().take(max) {
        match c {
            '\'' | '"' | '\\' => shown.push(c),
            _ => shown.extend(c.escape_debug()),
        }
    }
    if text.chars().nth(max).is_some() {
        shown.push('…');
    }
    Cow::Owned(shown)
}

/// The longest text from a token that is shown whole, in characters.
const MAX_ESCAPED: usize = 200;

/// Untrusted text, escaped.
pub fn escaped(text: &str) -> Cow<'_, str> {
    shown(text, MAX_ESCAPED)
}

/// The same in backticks.
pub fn quoted(text: &str) -> String {
    format!("`{}`", escaped(text))
}

/// A list of such texts.
pub fn list(texts: &[impl AsRef<str>]) -> String {
    texts.iter().map(|text| quoted(text.as_ref())).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_told_nothing() {
        assert_eq!(shown("O'Brien \"x\"", 20), "O'Brien \"x\"");
        assert_eq!(shown("\u{1b}[31m\r\u{202e}\\", 20), "\\u{1b}[31m\\r\\u{202e}\\");
        assert_eq!(shown("übermäßig", 4), "über…");
    }

    #[test]
    fn a_tokens_text_cannot_reach_the_terminal_raw() {
        assert_eq!(quoted("a\u{1b}[2J`"), "`a\\u{1b}[2J``");
        assert_eq!(quoted("o'brien\n"), "`o'brien\\n`");
        assert_eq!(quoted(&"x".repeat(201)), format!("`{}…`", "x".repeat(200)));
    }
}
