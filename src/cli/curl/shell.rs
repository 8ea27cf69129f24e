//! Splits a shell command into words.

use anyhow::{Context as _, Result, bail};

/// Operators that end a command.
const ENDS: [&str; 8] = ["|", "||", "&", "&&", ";", ">", ">>", "<"];

/// Splits a command like a POSIX shell, including bash's `$'...'`, up to a pipe or another operator.
///
/// # Errors
///
/// A quote is not closed, or a shell would expand a part.
pub(super) fn words(command: &str) -> Result<Vec<String>> {
    let words = shlex::split(&plain(command)?).context("a quote is not closed, or the last character is a `\\`")?;
    Ok(words.into_iter().take_while(|word| !ENDS.contains(&word.as_str())).collect())
}

/// The command without `$'...'` quotes and line continuations.
fn plain(command: &str) -> Result<String> {
    let mut plain = String::with_capacity(command.len());
    let mut quote = None;
    let mut chars = command.chars().filter(|c| *c != '\r').peekable();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\'', Some('\'')) | ('"', Some('"')) => quote = None,
            (_, Some('\'')) => {}
            ('\'' | '"', None) => quote = Some(c),
            ('\\', _) => match chars.next() {
                Some('\n') => continue,
                Some(next) => {
                    plain.extend([c, next]);
                    continue;
                }
                None => {}
            },
            ('^', None) if chars.peek() == Some(&'"') => {
                bail!("the command is for cmd.exe; copy it for bash or POSIX")
            }
            ('$', None) if chars.peek() == Some(&'\'') => {
                chars.next();
                plain.push_str(&quoted(&ansi_c(&mut chars)?));
                continue;
            }
            ('$', _) if chars.peek().is_some_and(|&next| is_name_start(next) || next == '{' || next == '(') => {
                let name: String = chars.take_while(|&c| is_name_start(c) || c.is_ascii_digit() || c == '{').collect();
                match name.trim_start_matches('{') {
                    "" => bail!("a shell would run the command in `$(...)`; write its output instead"),
                    name => bail!("a shell would expand `${name}`; write its value instead"),
                }
            }
            ('`', _) => bail!("a shell would run the command in backticks; write its output instead"),
            _ => {}
        }
        plain.push(c);
    }
    Ok(plain)
}

fn is_name_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

/// Text in single quotes, which protect every character but the single quote.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The content of `$'...'`, starting after the opening quote (bash's manual, "ANSI-C Quoting").
fn ansi_c(chars: &mut std::iter::Peekable<impl Iterator<Item = char>>) -> Result<String> {
    let mut text = String::new();
    loop {
        let escaped = match chars.next().context("a quote is not closed")? {
            '\'' => return Ok(text),
            '\\' => chars.next().context("a quote is not closed")?,
            c => {
                text.push(c);
                continue;
            }
        };
        text.push(match escaped {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'a' => '\u{7}',
            'b' => '\u{8}',
            'e' | 'E' => '\u{1b}',
            'f' => '\u{c}',
            'v' => '\u{b}',
            '\\' | '\'' | '"' | '?' => escaped,
            'x' => digits(chars, 2)?,
            'u' => digits(chars, 4)?,
            'U' => digits(chars, 8)?,
            other => bail!("`$'...'` has the unknown escape `\\{}`", other.escape_debug()),
        });
    }
}

/// A character from its hexadecimal code, of at most `most` digits.
fn digits(chars: &mut std::iter::Peekable<impl Iterator<Item = char>>, most: usize) -> Result<char> {
    let mut number = 0_u32;
    let mut found = 0;
    while let Some(digit) = chars.peek().and_then(|c| c.to_digit(16)).filter(|_| found < most) {
        number = number.saturating_mul(16).saturating_add(digit);
        found += 1;
        chars.next();
    }
    // A byte beyond ASCII is only part of a character.
    let is_complete = found > 0 && (most > 2 || number < 0x80);
    char::from_u32(number).filter(|_| is_complete).context("`$'...'` has an escape that is not a character")
}
