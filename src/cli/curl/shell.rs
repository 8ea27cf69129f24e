//! The words of a shell command.

use anyhow::{Context as _, Result, bail};

/// What ends a command; what stands behind it belongs to another.
const ENDS: [&str; 8] = ["|", "||", "&", "&&", ";", ">", ">>", "<"];

/// Splits a command as a POSIX shell does, bash's `$'...'` included, up to a pipe or the like.
///
/// # Errors
///
/// A quote that is not closed, or something that only a running shell can put in.
pub fn words(command: &str) -> Result<Vec<String>> {
    let words = shlex::split(&plain(command)?).context("a quote is not closed, or the last character is a `\\`")?;
    Ok(words.into_iter().take_while(|word| !ENDS.contains(&word.as_str())).collect())
}

/// The same command without bash's own quotes and without line continuations.
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
                bail!("it is written for cmd.exe; copy it for bash, or for POSIX")
            }
            ('$', None) if chars.peek() == Some(&'\'') => {
                chars.next();
                plain.push_str(&quoted(&ansi_c(&mut chars)?));
                continue;
            }
            ('$', _) if chars.peek().is_some_and(|&next| is_name_start(next) || next == '{' || next == '(') => {
                let name: String = chars.take_while(|&c| is_name_start(c) || c.is_ascii_digit() || c == '{').collect();
                match name.trim_start_matches('{') {
                    "" => bail!("a shell would run a command for `$(`; put in what it prints"),
                    name => bail!("a shell would put something in for `${name}`; write out what"),
                }
            }
            ('`', _) => bail!("a shell would run what stands in backticks; put in what it prints"),
            _ => {}
        }
        plain.push(c);
    }
    Ok(plain)
}

fn is_name_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

/// Text in quotes that every shell knows. Single ones bear anything but themselves.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// What stands in `$'...'`, from behind the opening quote (bash's manual, "ANSI-C Quoting").
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
            other => bail!("`$'...'` has the escape `\\{}`, which is not known", other.escape_debug()),
        });
    }
}

/// A character by its number in hexadecimal.
fn digits(chars: &mut std::iter::Peekable<impl Iterator<Item = char>>, most: usize) -> Result<char> {
    let mut number = 0_u32;
    let mut found = 0;
    while let Some(digit) = chars.peek().and_then(|c| c.to_digit(16)).filter(|_| found < most) {
        number = number.saturating_mul(16).saturating_add(digit);
        found += 1;
        chars.next();
    }
    // Bytes beyond ASCII would be parts of characters.
    let is_whole = found > 0 && (most > 2 || number < 0x80);
    char::from_u32(number).filter(|_| is_whole).context("`$'...'` has an escape that is no character")
}
