//! A `curl` command as the request that it sends.

mod args;
mod options;
mod shell;
mod url;

#[cfg(test)]
mod tests;

use anyhow::{Context as _, Result, bail};

use crate::terminal;
use args::Said;
use options::Effect;

/// The request that a command sends.
#[derive(Debug, PartialEq, Eq)]
pub struct Asked {
    pub method: String,
    /// The value of `:path`.
    pub target: String,
    pub host: String,
    /// Names, in lower case, and values.
    pub headers: Vec<(String, String)>,
}

/// Reads a command. No message shows more of it than the name of an option or the address.
///
/// # Errors
///
/// It is no curl command, has an option that is not known, sends more than one request, or takes what it sends from a file.
pub fn read(command: &str) -> Result<Asked> {
    let mut words = shell::words(command)?.into_iter();
    match words.next() {
        Some(first) if first.rsplit('/').next() == Some("curl") => {}
        _ => bail!("it does not begin with `curl`; paste the command whole"),
    }
    let mut said = Said::default();
    while let Some(word) = words.next() {
        match word.strip_prefix('-') {
            Some("") | None => said.urls.push(word),
            Some("-") => {
                said.urls.extend(words);
                break;
            }
            Some(letters) => match letters.strip_prefix('-') {
                Some(name) => {
                    let effect = long(name).with_context(|| unknown(&word))?;
                    let value =
                        if effect.has_value() { Some(words.next().with_context(|| valueless(&word))?) } else { None };
                    said.take(effect, value.unwrap_or_default(), &word)?;
                }
                None => said.take_short(letters, &mut words)?,
            },
        }
    }
    said.ask()
}

fn long(name: &str) -> Option<Effect> {
    // What can be switched on can be switched off.
    let off = || options::long(name.strip_prefix("no-")?).filter(|effect| *effect == Effect::None);
    options::long(name).or_else(off)
}

fn unknown(option: &str) -> String {
    // Behind `=` a token might stand.
    let name = option.split('=').next().unwrap_or_default();
    format!("the option {} is not known here; leave it out if it does not change the request", terminal::quoted(name))
}

fn valueless(option: &str) -> String {
    format!("the option `{option}` has no value behind it")
}
