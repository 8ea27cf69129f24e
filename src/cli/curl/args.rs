//! What a command's options come to.

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::options::{self, Effect, unknown, valueless};
use super::request::CurlRequest;
use super::url::Address;
use crate::request;

/// What the command line said so far.
#[derive(Default)]
pub struct CurlArgs {
    method: Option<String>,
    target: Option<String>,
    pub urls: Vec<String>,
    query: Vec<String>,
    /// What was given as a header, and so counts before what another option makes.
    headers: Vec<(String, String)>,
    /// Names of headers that are not to be sent.
    removed: Vec<String>,
    made: Vec<(&'static str, String)>,
    data: Vec<String>,
    is_head: bool,
    is_get: bool,
    is_post: bool,
    is_put: bool,
    as_is: bool,
    literal: bool,
}

impl CurlArgs {
    /// Options by their letters: any number, of which the last may have its value right behind it or in the next word.
    pub fn take_short(&mut self, letters: &str, words: &mut impl Iterator<Item = String>) -> Result<()> {
        let mut rest = letters.chars();
        while let Some(letter) = rest.next() {
            let name = format!("-{letter}");
            let effect = options::short(letter).with_context(|| unknown(&name))?;
            if !effect.has_value() {
                self.take(effect, String::new(), &name)?;
                continue;
            }
            let value = match rest.as_str() {
                "" => words.next().with_context(|| valueless(&name))?,
                value => value.to_owned(),
            };
            return self.take(effect, value, &name);
        }
        Ok(())
    }

    /// Takes an option and its value.
    pub fn take(&mut self, effect: Effect, value: String, option: &str) -> Result<()> {
        match effect {
            Effect::None | Effect::Skip => {}
            Effect::Method => self.method = Some(value),
            Effect::Head => self.is_head = true,
            Effect::Get => self.is_get = true,
            Effect::Url => self.urls.push(value),
            Effect::Query => self.query.push(value.strip_prefix('+').map_or_else(|| encoded(&value), str::to_owned)),
            Effect::Target => self.target = Some(value),
            Effect::Header => self.header(&value)?,
            Effect::Named(name) => self.made.push((name, value)),
            Effect::Cookie if value.contains('=') => self.made.push(("cookie", value)),
            Effect::Cookie => bail!("{option}: cookies of a file are not read; write them out as `NAME=VALUE`"),
            Effect::User => {
                let value = if value.contains(':') { value } else { value + ":" };
                self.made.push(("authorization", format!("Basic {}", STANDARD.encode(value))));
            }
            Effect::Bearer => self.made.push(("authorization", format!("Bearer {value}"))),
            Effect::Data | Effect::DataEncoded => {
                self.is_post = true;
                self.data.push(if effect == Effect::Data { value } else { encoded(&value) });
            }
            Effect::Form => self.is_post = true,
            Effect::Upload => self.is_put = true,
            Effect::AsIs => self.as_is = true,
            Effect::Literal => self.literal = true,
            Effect::Next => bail!("{option}: it sends more than one request; give them one by one"),
        }
        Ok(())
    }

    /// `NAME: VALUE`; `NAME;` for an empty value; `NAME:` takes a header away that curl would send by itself.
    fn header(&mut self, line: &str) -> Result<()> {
        if line.starts_with('@') {
            bail!("-H: headers of a file are not read; write them out");
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

    /// The request that comes of it.
    pub fn ask(self) -> Result<CurlRequest> {
        let [url] = &self.urls[..] else {
            match self.urls.len() {
                0 => bail!("it has no address"),
                count => bail!("it has {count} addresses; give one"),
            }
        };
        let address = Address::parse(url, self.as_is, self.literal)?;
        let data = if self.is_get { &self.data[..] } else { &[] };
        let added = self.query.iter().chain(data).map(String::as_str);
        if added.clone().any(|part| part.starts_with('@')) {
            bail!("a query of a file is not read; write it out");
        }
        let query: Vec<&str> = address.query.as_deref().into_iter().chain(added).collect();
        let target = self.target.clone().unwrap_or_else(|| match query.is_empty() {
            true => address.path.clone(),
            false => format!("{}?{}", address.path, query.join("&")),
        });
        Ok(CurlRequest {
            method: self.method(),
            target,
            host: address.host.clone(),
            headers: self.all_headers(&address),
        })
    }

    fn method(&self) -> String {
        let by_option = match self {
            CurlArgs { is_head: true, .. } => "HEAD",
            CurlArgs { is_put: true, .. } => "PUT",
            CurlArgs { is_post: true, is_get: false, .. } => "POST",
            _ => "GET",
        };
        self.method.clone().unwrap_or_else(|| by_option.to_owned())
    }

    fn all_headers(self, address: &Address) -> Vec<(String, String)> {
        let mut made = self.made;
        if let Some(user) = &address.user
            && !made.iter().any(|(name, _)| *name == "authorization")
        {
            let user = if user.contains(':') { user.clone() } else { format!("{user}:") };
            made.push(("authorization", format!("Basic {}", STANDARD.encode(user))));
        }
        // Of one name the last counts, and none where the header was given as such.
        let mut headers = self.headers.clone();
        for (index, (name, value)) in made.iter().enumerate() {
            let is_given = self.headers.iter().map(|(given, _)| given).chain(&self.removed).any(|given| given == name);
            if !is_given && !made.iter().skip(index + 1).any(|(later, _)| later == name) {
                headers.push(((*name).to_owned(), value.clone()));
            }
        }
        headers
    }
}

/// Text as `--data-urlencode` has it: `NAME=CONTENT`, of which the content is escaped; `@FILE` of `NAME@FILE`.
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
