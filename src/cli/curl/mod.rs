//! Parses a `curl` command into the request that it sends.

mod args;
mod options;
mod request;
mod shell;
mod url;

#[cfg(test)]
mod tests;

use anyhow::{Context as _, Result, bail};

pub(crate) use request::CurlRequest;

use args::CurlArgs;
use options::{Effect, unknown, valueless};

/// Parses a command. Error messages show only option names and the URL, because the rest may be secret.
///
/// # Errors
///
/// The text is not a curl command, or the command has an unknown option, sends several requests, or reads from a file.
pub(crate) fn read(command: &str) -> Result<CurlRequest> {
    let mut words = shell::words(command)?.into_iter();
    match words.next() {
        Some(first) if first.rsplit('/').next() == Some("curl") => {}
        _ => bail!("the command does not start with `curl`; paste the complete command"),
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
                    args.apply(effect, value.unwrap_or_default(), &word)?;
                }
                None => args.apply_short(letters, &mut words)?,
            },
        }
    }
    args.into_request()
}

fn long(name: &str) -> Option<Effect> {
    // Every flag has a `--no-` form.
    let off = || options::long(name.strip_prefix("no-")?).filter(|effect| *effect == Effect::None);
    options::long(name).or_else(off)
}
