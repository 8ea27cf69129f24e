//! Reads logs, plain or gzip, in chunks of whole lines.

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

/// Bytes per read: large enough to make locking cheap, small enough to buffer one chunk per thread.
pub(crate) const CHUNK: usize = 1024 * 1024;

/// The first bytes of a gzip file (RFC 1952 section 2.3.1). No JSON line starts with them.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Whole lines of one log.
#[derive(Debug)]
pub(crate) struct Chunk {
    /// The number of this chunk, from 0, across all logs.
    pub number: u64,
    /// The place of its first line.
    pub first: Place,
    /// The lines with their newlines. The last line of a log may have none.
    pub lines: Vec<u8>,
}

/// Reads the logs one after the other.
pub(crate) struct Source {
    names: Vec<String>,
    remaining: std::vec::IntoIter<Box<dyn Read + Send>>,
    current: Option<Box<dyn Read + Send>>,
    chunk: usize,
    next: u64,
    place: Place,
    /// The start of an incomplete line.
    rest: Vec<u8>,
    progress: ProgressBar,
}

impl Source {
    /// Opens the logs at `paths`, in that order. `-` is standard input, and so is an empty list. All logs are opened
    /// before any is read, so a wrong name fails early.
    ///
    /// # Errors
    ///
    /// A log cannot be opened.
    pub(crate) fn open(paths: &[PathBuf]) -> Result<Self> {
        let stdin = [PathBuf::from("-")];
        let paths = if paths.is_empty() { &stdin } else { paths };
        let mut size = Some(0_u64);
        let progress = ProgressBar::no_length();
        let mut readers = Vec::new();
        for path in paths {
            let (reader, length) = open(path).with_context(|| input::name(path))?;
            size = size.zip(length).map(|(size, length)| size.saturating_add(length));
            let reader = progress.wrap_read(reader);
            readers.push(decompressed(reader).with_context(|| input::name(path))?);
        }
        if let Some(size) = size {
            progress.set_length(size);
        }
        Ok(Self {
            progress,
            ..Self::new(readers, paths.iter().map(|path| path.display().to_string()).collect(), CHUNK)
        })
    }

    fn new(readers: Vec<Box<dyn Read + Send>>, names: Vec<String>, chunk: usize) -> Self {
        Self {
            names,
            remaining: readers.into_iter(),
            current: None,
            chunk,
            next: 0,
            place: Place { log: 0, line: 1 },
            rest: Vec::new(),
            progress: ProgressBar::hidden(),
        }
    }

    /// Logs in memory, read `chunk` bytes at a time.
    #[cfg(test)]
    pub(crate) fn of(logs: Vec<Vec<u8>>, chunk: usize) -> Self {
        let names = (0..logs.len()).map(|log| format!("log {log}")).collect();
        let reader = |log| -> Box<dyn Read + Send> { Box::new(io::Cursor::new(log)) };
        Self::new(logs.into_iter().map(reader).collect(), names, chunk)
    }

    /// The logs as the command line names them.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// The progress, in bytes.
    pub(crate) fn progress(&self) -> &ProgressBar {
        &self.progress
    }

    /// The next chunk; `None` at the end.
    ///
    /// # Errors
    ///
    /// A log cannot be read or decompressed.
    pub(crate) fn next(&mut self) -> Result<Option<Chunk>> {
        loop {
            if self.current.is_none() {
                let Some(reader) = self.remaining.next() else { return Ok(None) };
                self.current = Some(reader);
            }
            let lines = self.read_lines().with_context(|| input::name(Path::new(&self.names[self.place.log])))?;
            let first = self.place;
            let newlines = u64::try_from(memchr::memchr_iter(b'\n', &lines).count()).unwrap_or(u64::MAX);
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

    /// Whole lines of the current log. At its end, returns the rest and clears `current`.
    fn read_lines(&mut self) -> io::Result<Vec<u8>> {
        let Some(reader) = &mut self.current else { return Ok(Vec::new()) };
        let mut lines = mem::take(&mut self.rest);
        lines.reserve(self.chunk);
        let mut searched = lines.len();
        loop {
            if reader.by_ref().take(u64::try_from(self.chunk).unwrap_or(u64::MAX)).read_to_end(&mut lines)? == 0 {
                self.current = None;
                return Ok(lines);
            }
            if let Some(end) = memchr::memrchr(b'\n', &lines[searched..]) {
                self.rest = lines.split_off(searched + end + 1);
                // One byte over the limit is enough to reject the line; the rest needs no memory.
                self.rest.truncate(MAX_LINE + 1);
                return Ok(lines);
            }
            lines.truncate(MAX_LINE + 1);
            searched = lines.len();
        }
    }
}

/// Opens a log and decompresses it.
///
/// # Errors
///
/// The log cannot be read.
pub(crate) fn read(path: &Path) -> io::Result<Box<dyn Read + Send>> {
    decompressed(open(path)?.0)
}

fn open(path: &Path) -> io::Result<(Box<dyn Read + Send>, Option<u64>)> {
    if path == Path::new("-") {
        return Ok((Box::new(io::stdin()), None));
    }
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    Ok((Box::new(file), metadata.is_file().then_some(metadata.len())))
}

/// Decompresses the reader if it contains gzip.
fn decompressed(reader: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    let mut reader = BufReader::new(reader);
    // A pipe may deliver one byte first. Such a gzip log is read as plain text, and its lines are reported as broken.
    let is_gzip = reader.fill_buf()?.starts_with(&GZIP);
    Ok(if is_gzip { Box::new(MultiGzDecoder::new(reader)) } else { Box::new(reader) })
}
