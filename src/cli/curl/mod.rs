//! A `curl` command as the request that it sends.

mod args;
mod options;
mod request;
mod shell;
mod url;

#[cfg(test)]
mod tests;

use anyhow::{Context as _, Result, bail};

pub use request::CurlRequest;

use args::CurlArgs;
use options::{Effect, unknown, valueless};

/// Reads a command. No message shows more of it than the name of an option or the address.
///
/// # Errors
///
/// It is no curl command, has an option that is not known, sends more than one request, or takes what it sends from a file.
pub fn read(command: &str) -> Result<CurlRequest> {
    let mut words = shell::words(command)?.into_iter();
    match words.next() {
        Some(first) if first.rsplit('/').next() == Some("curl") => {}
        _ => bail!("it does not begin with `curl`; paste the command whole"),
    }
    let mut args = CurlArgs::default();
    while let Some(word) = words.next() {
        match word.strip_prefix('-') {
            Some("") | None => args.urls.push(word),
            Some("-") => {
                args.urls.extend(words);
                break;
            }
            Some(letters) => match letters.strip_prefix('-') {
                Some(name) => {
                    let effect = long(name).with_context(|| unknown(&word))?;
                    let value =
                        if effect.has_value() { Some(words.next().with_context(|| valueless(&word))?) } else { None };
                    args.take(effect, value.unwrap_or_default(), &word)?;
                }
                None => args.take_short(letters, &mut words)?,
            },
        }
    }
    args.ask()
}

fn long(name: &str) -> Option<Effect> {
    // What can be switched on can be switched off.
    let off = || options::long(name.strip_prefix("no-")?).filter(|effect| *effect == Effect::None);
    options::long(name).or_else(off)
}
