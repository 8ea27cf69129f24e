//! Every reading of a request's path by some upstream.
//!
//! An attacker bypasses a gateway if gateway and upstream read one path differently: one decodes `%2f`, the other does not;
//! one drops `;x`, folds `\`, resolves `..` before or after (CVE-2019-9901, CVE-2021-29492, CVE-2026-73551). No single
//! normal form is shared by all upstreams, so the gate finds every form, and judges each.

use std::borrow::Cow;

/// Maximum length of a path, in bytes: the limit of common servers for a request line.
pub const MAX_PATH_BYTES: usize = 8 * 1024;

/// Maximum number of readings of one path. Most paths have one or two; a URL within a URL, fully escaped, has some twenty.
pub const MAX_READINGS: usize = 64;

/// Maximum total size of all readings of one path, in bytes. Bounds the work on a hostile path.
pub(super) const MAX_READING_BYTES: usize = 4 * MAX_PATH_BYTES;

/// The characters whose escape and literal form differ to some upstreams: they separate segments, have a meaning inside one,
/// or start another escape.
const AMBIGUOUS: [char; 7] = ['/', '\\', '.', ';', '?', '#', '%'];

/// Characters that Unicode normalization (NFC, NFKC) or a best-fit mapping turns into an ambiguous one. The full-width forms
/// of ASCII are a range of their own.
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

/// The distance of the full-width forms, U+FF01 to U+FF5E, from their ASCII characters.
const FULL_WIDTH: u32 = 0xFEE0;

/// A request's path without its query, in every reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestPath<'p> {
    readings: Vec<Cow<'p, str>>,
    structural: usize,
}

/// One reading of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading<'a> {
    /// The path.
    pub path: &'a str,
    /// Whether the reading only lacks what some upstreams trim: a slash, dots, spaces or an extension at the end. Such a
    /// reading counts only if a route matches it: `/admin.json` is also `/admin`, but without a route for `/favicon`,
    /// `/favicon.ico` stays as it is.
    pub trimmed: bool,
}

/// Why a path cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathError {
    /// The request has no path, as in CONNECT.
    Missing,
    /// The path does not start with a slash.
    Relative,
    /// The path is longer than [`MAX_PATH_BYTES`].
    TooLong,
    /// The path has a fragment, which no request may have (RFC 9112 section 3.2; CVE-2021-32779).
    Fragment,
    /// A `%` is not followed by two hexadecimal digits.
    BadEscape,
    /// The path has a control character, raw or escaped.
    Control,
    /// The decoded path is not UTF-8. Overlong forms are not UTF-8.
    NotUtf8,
    /// The path has more than [`MAX_READINGS`], or more than [`MAX_READING_BYTES`] in all.
    TooManyReadings,
}

impl std::error::Error for PathError {}

impl std::fmt::Display for PathError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PathError {
    /// The message.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "the request has no path",
            Self::Relative => "the path does not start with `/`",
            Self::TooLong => "the path is too long",
            Self::Fragment => "the path has a fragment (`#`)",
            Self::BadEscape => "the path has a `%` that is not followed by two hexadecimal digits",
            Self::Control => "the path has a control character, raw or escaped",
            Self::NotUtf8 => "the path is not UTF-8",
            Self::TooManyReadings => "the path can be read in too many ways",
        }
    }
}

impl<'p> RequestPath<'p> {
    /// Finds the readings of `:path`.
    ///
    /// # Errors
    ///
    /// Upstreams could read the path in unknown or too many ways.
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

    /// Every reading, the one closest to the sent path first.
    pub fn readings(&self) -> impl Iterator<Item = Reading<'_>> {
        let readings = self.readings.iter().enumerate();
        readings.map(|(index, path)| Reading { path, trimmed: index >= self.structural })
    }

    /// Whether readings differ in structure, not only in what some upstreams trim.
    pub fn is_ambiguous(&self) -> bool {
        self.structural > 1
    }
}

/// A step by which an upstream may read a path differently; `None` if the step changes nothing.
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

/// Steps applied after the structural ones. Trimming can empty a segment.
const TRIMMED: &[Rewrite] = &[
    |path| changed(path, map_segments(path, trim_segment)),
    |path| changed(path, path.strip_suffix('/').filter(|rest| !rest.is_empty()).unwrap_or(path).to_owned()),
    |path| changed(path, merge_slashes(path)),
];

/// The readings found so far, unique.
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

    /// Applies the steps until they find nothing new. Ends, as [`Self::add`] bounds the number of readings.
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

    /// Some upstreams serve `/x.json` as `/x`. Removes one extension: a name with ten dots does not get ten readings.
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

/// Whether the path has exactly one reading: letters, digits, `-`, `_`, single slashes.
fn is_plain(path: &[u8]) -> bool {
    has_one_structure(path) && !path.contains(&b'.') && (path == b"/" || !path.ends_with(b"/"))
}

/// Whether every upstream finds the same segments in the path: a plain path, or one with dots within names.
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

/// Decodes once the escapes of the wanted characters and of all non-ASCII bytes. Everything else stays.
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

/// Some upstreams treat a dot segment followed by spaces as a dot segment.
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
