//! Collects the options of a command into a request.

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::options::{self, Effect, unknown, valueless};
use super::request::CurlRequest;
use super::url::Url;
use crate::request;

/// The options read so far.
#[derive(Default)]
pub(super) struct CurlArgs {
    method: Option<String>,
    target: Option<String>,
    pub urls: Vec<String>,
    query: Vec<String>,
    /// Headers of `-H`, which override those of other options.
    headers: Vec<(String, String)>,
    /// Names of headers that `-H` removes.
    removed: Vec<String>,
    /// Headers of other options.
    implied: Vec<(&'static str, String)>,
    data: Vec<String>,
    is_head: bool,
    is_get: bool,
    is_post: bool,
    is_put: bool,
    as_is: bool,
    literal: bool,
}

impl CurlArgs {
    /// Applies a group of one-letter options. The value of the last one follows directly, or is the next word.
    pub(super) fn apply_short(&mut self, letters: &str, words: &mut impl Iterator<Item = String>) -> Result<()> {
        let mut rest = letters.chars();
        while let Some(letter) = rest.next() {
            let name = format!("-{letter}");
            let effect = options::short(letter).with_context(|| unknown(&name))?;
            if !effect.has_value() {
                self.apply(effect, String::new(), &name)?;
                continue;
            }
            let value = match rest.as_str() {
                "" => words.next().with_context(|| valueless(&name))?,
                value => value.to_owned(),
            };
            return self.apply(effect, value, &name);
        }
        Ok(())
    }

    /// Applies an option and its value.
    pub(super) fn apply(&mut self, effect: Effect, value: String, option: &str) -> Result<()> {
        match effect {
            Effect::None | Effect::Skip => {}
            Effect::Method => self.method = Some(value),
            Effect::Head => self.is_head = true,
            Effect::Get => self.is_get = true,
            Effect::Url => self.urls.push(value),
            Effect::Query => self.query.push(value.strip_prefix('+').map_or_else(|| encoded(&value), str::to_owned)),
            Effect::Target => self.target = Some(value),
            Effect::Header => self.header(&value)?,
            Effect::Named(name) => self.implied.push((name, value)),
            Effect::Cookie if value.contains('=') => self.implied.push(("cookie", value)),
            Effect::Cookie => bail!("{option}: a file of cookies is not read; write the cookies out as `NAME=VALUE`"),
            Effect::User => {
                let value = if value.contains(':') { value } else { value + ":" };
                self.implied.push(("authorization", format!("Basic {}", STANDARD.encode(value))));
            }
            Effect::Bearer => self.implied.push(("authorization", format!("Bearer {value}"))),
            Effect::Data | Effect::DataEncoded => {
                self.is_post = true;
                self.data.push(if effect == Effect::Data { value } else { encoded(&value) });
            }
            Effect::Form => self.is_post = true,
            Effect::Upload => self.is_put = true,
            Effect::AsIs => self.as_is = true,
            Effect::Literal => self.literal = true,
            Effect::Next => bail!("{option}: the command sends more than one request; pass one request at a time"),
        }
        Ok(())
    }

    /// Applies `-H`: `NAME: VALUE` adds a header, `NAME;` an empty one, and `NAME:` removes one that curl adds.
    fn header(&mut self, line: &str) -> Result<()> {
        if line.starts_with('@') {
            bail!("-H: a file of headers is not read; write the headers out");
        }
        let empty = line.trim_end().strip_suffix(';').filter(|_| !line.contains(':'));
        let header = match empty {
            Some(name) => request::parse_header(&format!("{name}:")),
            None => request::parse_header(line),
        };
        let (name, value) = header.context("-H: expected a name, a colon and a value, such as `x-id: 1`")?;
        match value.is_empty() && empty.is_none() {
            true => self.removed.push(name),
            false => self.headers.push((name, value)),
        }
        Ok(())
    }

    /// The request that the command sends.
    pub(super) fn into_request(self) -> Result<CurlRequest> {
        let [text] = &self.urls[..] else {
            match self.urls.len() {
                0 => bail!("the command has no URL"),
                count => bail!("the command has {count} URLs; pass one"),
            }
        };
        let url = Url::parse(text, self.as_is, self.literal)?;
        let data = if self.is_get { &self.data[..] } else { &[] };
        let added = self.query.iter().chain(data).map(String::as_str);
        if added.clone().any(|part| part.starts_with('@')) {
            bail!("query data in a file is not read; write the data out");
        }
        let query: Vec<&str> = url.query.as_deref().into_iter().chain(added).collect();
        let target = self.target.clone().unwrap_or_else(|| match query.is_empty() {
            true => url.path.clone(),
            false => format!("{}?{}", url.path, query.join("&")),
        });
        Ok(CurlRequest { method: self.method(), target, host: url.host.clone(), headers: self.all_headers(&url) })
    }

    fn method(&self) -> String {
        let default = match self {
            Self { is_head: true, .. } => "HEAD",
            Self { is_put: true, .. } => "PUT",
            Self { is_post: true, is_get: false, .. } => "POST",
            _ => "GET",
        };
        self.method.clone().unwrap_or_else(|| default.to_owned())
    }

    fn all_headers(self, url: &Url) -> Vec<(String, String)> {
        let mut implied = self.implied;
        if let Some(user) = &url.user
            && !implied.iter().any(|(name, _)| *name == "authorization")
        {
            let user = if user.contains(':') { user.clone() } else { format!("{user}:") };
            implied.push(("authorization", format!("Basic {}", STANDARD.encode(user))));
        }
        // The last of several options for one header wins, and `-H` overrides them all.
        let mut headers = self.headers.clone();
        for (index, (name, value)) in implied.iter().enumerate() {
            let is_given = self.headers.iter().map(|(given, _)| given).chain(&self.removed).any(|given| given == name);
            if !is_given && !implied.iter().skip(index + 1).any(|(later, _)| later == name) {
                headers.push(((*name).to_owned(), value.clone()));
            }
        }
        headers
    }
}

/// Encodes an argument of `--data-urlencode`: escapes the content of `NAME=CONTENT`, and returns `@FILE` of `NAME@FILE`.
fn encoded(text: &str) -> String {
    let (name, content) = match text.find(['=', '@']).map(|at| text.split_at(at)) {
        Some((_, file)) if file.starts_with('@') => return file.to_owned(),
        Some(("", content)) => (String::new(), &content[1..]),
        Some((name, content)) => (format!("{name}="), &content[1..]),
        None => (String::new(), text),
    };
    let escape = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        b' ' => "+".to_owned(),
        _ => format!("%{byte:02X}"),
    };
    name + &content.bytes().map(escape).collect::<String>()
}
