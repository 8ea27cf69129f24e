//! A request's path, read once, in every way an upstream may read it.
//!
//! Gateways are passed by where they and the upstream read one path differently: one decodes `%2f`, the other
//! does not; one drops `;x`, folds `\`, resolves `..` before or after (CVE-2019-9901, CVE-2021-29492,
//! CVE-2026-73551). So the path is not normalised into one form that somebody else may not share; all forms are
//! found, and each is judged.

use std::borrow::Cow;

/// The longest path that is read, in bytes: what common servers take for a request line.
pub const MAX_PATH_BYTES: usize = 8 * 1024;

/// The most readings one path may have. Most have one or two; an address within an address, with all its escapes, has
/// some twenty.
pub const MAX_READINGS: usize = 64;

/// The most bytes all readings of one path may have together: what bounds the work on a hostile one.
pub const MAX_READING_BYTES: usize = 4 * MAX_PATH_BYTES;

/// The characters whose escape is not the same as the character to every upstream: they part segments, mean
/// something inside one, or start another escape.
const AMBIGUOUS: [char; 7] = ['/', '\\', '.', ';', '?', '#', '%'];

/// What Unicode normalization (NFC, NFKC) or a best-fit mapping makes an ambiguous character of, besides the full-width
/// forms of ASCII, which are a range.
const LOOKALIKES: [(char, &str); 11] = [
    ('\u{2044}', "/"),
    ('\u{2215}', "/"),
    ('\u{FE68}', "\\"),
    ('\u{2024}', "."),
    ('\u{2025}', ".."),
    ('\u{2026}', "..."),
    ('\u{FE52}', "."),
    ('\u{037E}', ";"),
    ('\u{FE54}', ";"),
    ('\u{FE6A}', "%"),
    ('\u{FE56}', "?"),
];

/// How far the full-width forms of ASCII, U+FF01 to U+FF5E, lie from it.
const FULL_WIDTH: u32 = 0xFEE0;

/// A request's path without its query, in every reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestPath<'p> {
    readings: Vec<Cow<'p, str>>,
    structural: usize,
}

/// One way to read a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading<'a> {
    /// The path.
    pub path: &'a str,
    /// Whether it only leaves out what some upstreams trim: a slash, dots, spaces or an extension at an end. Such a
    /// reading counts where a route claims it: `/admin.json` is `/admin`, but `/favicon.ico` is not `/favicon` as
    /// long as nobody says so.
    pub trimmed: bool,
}

/// Why a path cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathError {
    /// There is none, as in CONNECT.
    Missing,
    /// It does not start with a slash.
    Relative,
    /// It is longer than [`MAX_PATH_BYTES`].
    TooLong,
    /// A fragment, which no request has (RFC 9112 section 3.2; CVE-2021-32779).
    Fragment,
    /// `%` without two hexadecimal digits behind it.
    BadEscape,
    /// A control character, raw or escaped.
    Control,
    /// Not UTF-8 once its escapes are decoded; overlong forms are not UTF-8.
    NotUtf8,
    /// More than [`MAX_READINGS`], or than [`MAX_READING_BYTES`] in all.
    TooManyReadings,
}

impl PathError {
    /// What is wrong, in words.
    pub fn as_str(self) -> &'static str {
        match self {
            PathError::Missing => "the request has no path",
            PathError::Relative => "the path does not start with `/`",
            PathError::TooLong => "the path is too long",
            PathError::Fragment => "the path has a fragment (`#`)",
            PathError::BadEscape => "the path has a `%` without two hexadecimal digits behind it",
            PathError::Control => "the path has a control character, raw or escaped",
            PathError::NotUtf8 => "the path is not UTF-8",
            PathError::TooManyReadings => "the path can be read in too many ways",
        }
    }
}

impl<'p> RequestPath<'p> {
    /// Reads the value of `:path`.
    ///
    /// # Errors
    ///
    /// What no upstream can be trusted to read in a known way.
    pub fn read(path: Option<&'p [u8]>) -> Result<Self, PathError> {
        let path = path.filter(|path| !path.is_empty()).ok_or(PathError::Missing)?;
        let path = path.split(|&byte| byte == b'?').next().unwrap_or_default();
        if !path.starts_with(b"/") {
            return Err(PathError::Relative);
        }
        if path.len() > MAX_PATH_BYTES {
            return Err(PathError::TooLong);
        }
        if path.contains(&b'#') {
            return Err(PathError::Fragment);
        }
        if !escapes_are_whole(path) {
            return Err(PathError::BadEscape);
        }
        let written = std::str::from_utf8(path).map_err(|_| PathError::NotUtf8)?;
        if is_plain(path) {
            return Ok(RequestPath { readings: vec![Cow::Borrowed(written)], structural: 1 });
        }
        let mut readings = Readings { found: Vec::new(), bytes: 0 };
        readings.add(decode(written, |c| !AMBIGUOUS.contains(&c))?)?;
        if !has_one_structure(path) {
            readings.close_over(STRUCTURAL)?;
        }
        let structural = readings.found.len();
        readings.close_over(TRIMMED)?;
        readings.without_extensions()?;
        Ok(RequestPath { readings: readings.found.into_iter().map(Cow::Owned).collect(), structural })
    }

    /// Every reading, the one closest to what was sent first.
    pub fn readings(&self) -> impl Iterator<Item = Reading<'_>> {
        let readings = self.readings.iter().enumerate();
        readings.map(|(index, path)| Reading { path, trimmed: index >= self.structural })
    }

    /// Whether readings differ in their structure, rather than in what some upstreams trim off an end.
    pub fn is_ambiguous(&self) -> bool {
        self.structural > 1
    }
}

/// A way an upstream may read a path further. `None` is: not differently.
type Rewrite = fn(&str) -> Result<Option<String>, PathError>;

const STRUCTURAL: &[Rewrite] = &[
    |path| changed(path, decode(path, |c| !AMBIGUOUS.contains(&c))?),
    |path| changed(path, decode(path, |c| c == '/')?),
    |path| changed(path, decode(path, |c| c == '\\')?),
    |path| changed(path, decode(path, |c| c == '.')?),
    |path| changed(path, decode(path, |c| c == ';')?),
    |path| changed(path, decode(path, |c| c == '?' || c == '#')?),
    |path| changed(path, decode(path, |c| c == '%')?),
    |path| changed(path, path.replace('\\', "/")),
    |path| changed(path, map_segments(path, |segment| segment.split(';').next().unwrap_or(segment))),
    |path| changed(path, path.split(['?', '#']).next().unwrap_or(path).to_owned()),
    |path| changed(path, fold_lookalikes(path)),
    |path| changed(path, merge_slashes(path)),
    |path| changed(path, map_segments(path, bare_dots)),
    |path| changed(path, remove_dot_segments(path)),
];

/// What is added once structure is settled. Trimming can empty a segment.
const TRIMMED: &[Rewrite] = &[
    |path| changed(path, map_segments(path, trim_segment)),
    |path| changed(path, path.strip_suffix('/').filter(|rest| !rest.is_empty()).unwrap_or(path).to_owned()),
    |path| changed(path, merge_slashes(path)),
];

/// The readings found so far, none twice.
struct Readings {
    found: Vec<String>,
    bytes: usize,
}

impl Readings {
    fn add(&mut self, reading: String) -> Result<(), PathError> {
        if reading.chars().any(char::is_control) {
            return Err(PathError::Control);
        }
        if self.found.contains(&reading) {
            return Ok(());
        }
        self.bytes = self.bytes.saturating_add(reading.len());
        if self.found.len() >= MAX_READINGS || self.bytes > MAX_READING_BYTES {
            return Err(PathError::TooManyReadings);
        }
        self.found.push(reading);
        Ok(())
    }

    /// Rewrites until nothing new is found. Every rewrite found nothing or added one of a bounded number.
    fn close_over(&mut self, rewrites: &[Rewrite]) -> Result<(), PathError> {
        let mut next = 0;
        while let Some(reading) = self.found.get(next).cloned() {
            for rewrite in rewrites {
                if let Some(reading) = rewrite(&reading)? {
                    self.add(reading)?;
                }
            }
            next = next.saturating_add(1);
        }
        Ok(())
    }

    /// Some upstreams take `/x.json` for `/x`. One extension each: a name with ten dots has not ten readings.
    fn without_extensions(&mut self) -> Result<(), PathError> {
        for reading in self.found.clone() {
            let Some((directory, name)) = reading.rsplit_once('/') else { continue };
            if let Some((stem, _)) = name.rsplit_once('.')
                && !stem.is_empty()
            {
                self.add(format!("{directory}/{stem}"))?;
            }
        }
        Ok(())
    }
}

/// Whether nothing in the path has more than one reading: letters, digits, `-`, `_`, single slashes.
fn is_plain(path: &[u8]) -> bool {
    has_one_structure(path) && !path.contains(&b'.') && (path == b"/" || !path.ends_with(b"/"))
}

/// Whether every upstream finds the same segments in it: besides what is plain, dots within names.
fn has_one_structure(path: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/' | b'.');
    let mut segments = path.split(|&byte| byte == b'/').skip(1).peekable();
    let mut one = path.iter().all(plain);
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        one &= !matches!(segment, b"." | b"..") && (is_last || !segment.is_empty());
    }
    one
}

fn escapes_are_whole(path: &[u8]) -> bool {
    let mut parts = path.split(|&byte| byte == b'%');
    parts.next();
    parts.all(|part| matches!(part, [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit()))
}

fn changed(before: &str, after: String) -> Result<Option<String>, PathError> {
    Ok((after != before).then_some(after))
}

/// Decodes the escapes of the characters that are wanted, once. Those of non-ASCII text are wanted always; what
/// only looks like an escape stays.
fn decode(path: &str, wanted: fn(char) -> bool) -> Result<String, PathError> {
    let mut parts = path.split('%');
    let mut decoded = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let hex = part.get(..2).and_then(|digits| Some((digits, hex_byte(digits)?)));
        match hex {
            Some((digits, byte)) if !byte.is_ascii() || wanted(char::from(byte)) => {
                decoded.push(byte);
                decoded.extend_from_slice(part.strip_prefix(digits).unwrap_or_default().as_bytes());
            }
            _ => {
                decoded.push(b'%');
                decoded.extend_from_slice(part.as_bytes());
            }
        }
    }
    String::from_utf8(decoded).map_err(|_| PathError::NotUtf8)
}

fn hex_byte(digits: &str) -> Option<u8> {
    let all_hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
    all_hex.then(|| u8::from_str_radix(digits, 16).ok()).flatten()
}

fn fold_lookalikes(path: &str) -> String {
    let mut folded = String::with_capacity(path.len());
    for c in path.chars() {
        match (c, LOOKALIKES.iter().find(|(from, _)| *from == c)) {
            (_, Some((_, to))) => folded.push_str(to),
            ('\u{FF01}'..='\u{FF5E}', None) => {
                folded.extend(u32::from(c).checked_sub(FULL_WIDTH).and_then(char::from_u32));
            }
            (c, None) => folded.push(c),
        }
    }
    folded
}

fn map_segments(path: &str, map: fn(&str) -> &str) -> String {
    path.split('/').map(map).collect::<Vec<_>>().join("/")
}

/// Spaces behind a dot segment do not keep every upstream from taking it for one.
fn bare_dots(segment: &str) -> &str {
    match segment.trim_end_matches([' ', '~']) {
        dots @ ("." | "..") => dots,
        _ => segment,
    }
}

/// Windows drops dots and spaces at the end of a name; backup and editor copies add `~`.
fn trim_segment(segment: &str) -> &str {
    let unspaced = segment.trim_end_matches([' ', '~']);
    if unspaced.bytes().all(|b| b == b'.') { unspaced } else { unspaced.trim_end_matches(['.', ' ', '~']) }
}

fn merge_slashes(path: &str) -> String {
    let mut merged = String::with_capacity(path.len());
    for c in path.chars() {
        if c != '/' || !merged.ends_with('/') {
            merged.push(c);
        }
    }
    merged
}

/// RFC 3986 section 5.2.4, for a path that starts with a slash.
fn remove_dot_segments(path: &str) -> String {
    let mut kept = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests;
