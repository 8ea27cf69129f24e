//! The logs as chunks of whole lines, each log from its beginning, gzip or plain.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::mem;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::bufread::MultiGzDecoder;
use indicatif::ProgressBar;

use super::error::Place;
use super::line::MAX_LINE;
use crate::input;

/// How much is read at once: large beside the cost of taking turns, small beside memory.
pub const CHUNK: usize = 1024 * 1024;

/// What a gzip file begins with (RFC 1952 section 2.3.1), and no line of JSON.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Whole lines of one log.
#[derive(Debug)]
pub struct Chunk {
    /// The number of this chunk among all, from 0.
    pub number: u64,
    /// The place of its first line.
    pub first: Place,
    /// The lines, with their newlines but for the last of a log.
    pub lines: Vec<u8>,
}

/// What chunks are taken from.
pub struct Source {
    names: Vec<String>,
    left: std::vec::IntoIter<Box<dyn Read + Send>>,
    current: Option<Box<dyn Read + Send>>,
    chunk: usize,
    next: u64,
    place: Place,
    /// The beginning of a line whose end is not read yet.
    rest: Vec<u8>,
    progress: ProgressBar,
}

impl Source {
    /// The logs at `paths`, in that order; none and `-` are standard input. All are opened at once, so that a wrong
    /// name is told before the work.
    ///
    /// # Errors
    ///
    /// One cannot be opened.
    pub fn open(paths: &[PathBuf]) -> Result<Self> {
        let stdin = [PathBuf::from("-")];
        let paths = if paths.is_empty() { &stdin } else { paths };
        let mut size = Some(0_u64);
        let progress = ProgressBar::no_length();
        let mut readers = Vec::new();
        for path in paths {
            let (reader, length) = open(path).with_context(|| input::name(path))?;
            size = size.zip(length).map(|(size, length)| size.saturating_add(length));
            let reader = progress.wrap_read(reader);
            readers.push(unpacked(reader).with_context(|| input::name(path))?);
        }
        if let Some(size) = size {
            progress.set_length(size);
        }
        Ok(Source {
            progress,
            ..Source::new(readers, paths.iter().map(|path| path.display().to_string()).collect(), CHUNK)
        })
    }

    fn new(readers: Vec<Box<dyn Read + Send>>, names: Vec<String>, chunk: usize) -> Self {
        Source {
            names,
            left: readers.into_iter(),
            current: None,
            chunk,
            next: 0,
            place: Place { log: 0, line: 1 },
            rest: Vec::new(),
            progress: ProgressBar::hidden(),
        }
    }

    /// Logs that are at hand, read so many bytes at once.
    #[cfg(test)]
    pub fn of(logs: Vec<Vec<u8>>, chunk: usize) -> Self {
        let names = (0..logs.len()).map(|log| format!("log {log}")).collect();
        Source::new(logs.into_iter().map(|log| Box::new(io::Cursor::new(log)) as _).collect(), names, chunk)
    }

    /// The logs as the command line names them.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How far it is, in bytes.
    pub fn progress(&self) -> &ProgressBar {
        &self.progress
    }

    /// The next lines; none after the last.
    ///
    /// # Errors
    ///
    /// A log cannot be read, or unpacked.
    pub fn next(&mut self) -> Result<Option<Chunk>> {
        loop {
            if self.current.is_none() {
                let Some(reader) = self.left.next() else { return Ok(None) };
                self.current = Some(reader);
            }
            let lines = self.read_lines().with_context(|| input::name(Path::new(&self.names[self.place.log])))?;
            let first = self.place;
            let newlines = memchr::memchr_iter(b'\n', &lines).count() as u64;
            self.place.line = first.line.saturating_add(newlines);
            if self.current.is_none() {
                self.place = Place { log: first.log + 1, line: 1 };
            }
            if !lines.is_empty() {
                let number = self.next;
                self.next += 1;
                return Ok(Some(Chunk { number, first, lines }));
            }
        }
    }

    /// Lines of the current log, and what is left of it at its end, which takes it away.
    fn read_lines(&mut self) -> io::Result<Vec<u8>> {
        let Some(reader) = &mut self.current else { return Ok(Vec::new()) };
        let mut lines = mem::take(&mut self.rest);
        lines.reserve(self.chunk);
        let mut searched = lines.len();
        loop {
            if reader.by_ref().take(self.chunk as u64).read_to_end(&mut lines)? == 0 {
                self.current = None;
                return Ok(lines);
            }
            if let Some(end) = memchr::memrchr(b'\n', &lines[searched..]) {
                self.rest = lines.split_off(searched + end + 1);
                // However long its end is, a line that is too long stays one.
                self.rest.truncate(MAX_LINE + 1);
                return Ok(lines);
            }
            lines.truncate(MAX_LINE + 1);
            searched = lines.len();
        }
    }
}

/// What a log holds, unpacked.
///
/// # Errors
///
/// It cannot be read.
pub fn read(path: &Path) -> io::Result<Box<dyn Read + Send>> {
    unpacked(open(path)?.0)
}

fn open(path: &Path) -> io::Result<(Box<dyn Read + Send>, Option<u64>)> {
    if path == Path::new("-") {
        return Ok((Box::new(io::stdin()), None));
    }
    let file = File::open(path)?;
    let about = file.metadata()?;
    if about.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    Ok((Box::new(file), about.is_file().then_some(about.len())))
}

/// The reader as it is, or what it holds where it holds gzip.
fn unpacked(reader: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    let mut reader = BufReader::new(reader);
    // A pipe may give one byte at first; a log that begins so is then taken as it is, and its lines are broken.
    let is_gzip = reader.fill_buf()?.starts_with(&GZIP);
    Ok(if is_gzip { Box::new(MultiGzDecoder::new(reader)) } else { Box::new(reader) })
}
