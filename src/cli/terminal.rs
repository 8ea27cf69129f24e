//! Escapes untrusted text for a terminal.

use std::borrow::Cow;

/// The maximum length of a text in a table, in characters: a path may have thousands.
pub(crate) const MAX_SHOWN: usize = 120;

/// Escapes control characters and changes of text direction, and truncates to `max` characters. Quotes and backslashes are
/// kept, because names and messages contain them.
pub(crate) fn shown(text: &str, max: usize) -> Cow<'_, str> {
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

/// The maximum length of a text from a token, in characters.
const MAX_ESCAPED: usize = 200;

/// Escapes untrusted text, and truncates it to [`MAX_ESCAPED`] characters.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    shown(text, MAX_ESCAPED)
}

/// The escaped text in backticks.
pub(crate) fn quoted(text: &str) -> String {
    format!("`{}`", escaped(text))
}

/// A comma-separated list of escaped texts in backticks.
pub(crate) fn list(texts: &[impl AsRef<str>]) -> String {
    texts.iter().map(|text| quoted(text.as_ref())).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(shown("O'Brien \"x\"", 20), "O'Brien \"x\"");
        assert_eq!(shown("\u{1b}[31m\r\u{202e}\\", 20), "\\u{1b}[31m\\r\\u{202e}\\");
        assert_eq!(shown("übermäßig", 4), "über…");
    }

    #[test]
    fn text_from_a_token_is_escaped_and_truncated() {
        assert_eq!(quoted("a\u{1b}[2J`"), "`a\\u{1b}[2J``");
        assert_eq!(quoted("o'brien\n"), "`o'brien\\n`");
        assert_eq!(quoted(&"x".repeat(201)), format!("`{}…`", "x".repeat(200)));
    }
}
