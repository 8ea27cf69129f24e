//! Reads logs with one thread per processor. Each thread processes chunks with its own worker.

use std::num::NonZero;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::Result;
use memchr::memchr_iter;

use super::broken::BrokenLines;
use crate::access_log::error::Place;
use crate::access_log::line::{GateRecord, LogLine};
use crate::access_log::source::{Chunk, Source};

/// Processes the lines of one thread.
pub(super) trait Worker: Send {
    /// Processes a line with a record of the gate.
    fn add_line(&mut self, line: &LogLine<'_>, gate: &GateRecord<'_>);

    /// Finishes the chunk with this number.
    ///
    /// # Errors
    ///
    /// The output for the chunk cannot be written.
    fn end_chunk(&mut self, number: u64) -> Result<()>;
}

/// Statistics of the logs.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// The number of lines, including broken ones but not empty ones.
    pub lines: u64,
    /// The lines that cannot be counted.
    pub broken: BrokenLines,
}

/// The number of threads.
pub(super) fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Distributes all lines to the workers, one thread each. Returns the workers.
///
/// # Errors
///
/// A log cannot be read, or a worker fails. The other workers then stop.
pub(super) fn scan<W: Worker>(source: Source, workers: Vec<W>) -> Result<(Vec<W>, Read)> {
    let shared = Shared { source: Mutex::new(Some(source)) };
    let ended: Vec<Result<(W, Read)>> = thread::scope(|scope| {
        let threads: Vec<_> = workers.into_iter().map(|worker| scope.spawn(|| shared.work(worker))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let mut workers = Vec::new();
    let mut all = Read::default();
    for ended in ended {
        let (worker, read) = ended?;
        workers.push(worker);
        all.lines = all.lines.saturating_add(read.lines);
        all.broken.merge(read.broken);
    }
    Ok((workers, all))
}

struct Shared {
    /// `None` after a thread fails.
    source: Mutex<Option<Source>>,
}

impl Shared {
    fn work<W: Worker>(&self, mut worker: W) -> Result<(W, Read)> {
        let mut read = Read::default();
        let result = self.work_through(&mut worker, &mut read);
        if result.is_err() {
            *self.source() = None;
        }
        result.map(|()| (worker, read))
    }

    fn work_through<W: Worker>(&self, worker: &mut W, read: &mut Read) -> Result<()> {
        loop {
            let chunk = self.source().as_mut().map(Source::next).transpose()?.flatten();
            let Some(chunk) = chunk else { return Ok(()) };
            process_chunk(&chunk, worker, read);
            worker.end_chunk(chunk.number)?;
        }
    }

    fn source(&self) -> MutexGuard<'_, Option<Source>> {
        // `scan` propagates the panic of a thread when it joins it.
        self.source.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn process_chunk<W: Worker>(chunk: &Chunk, worker: &mut W, read: &mut Read) {
    let mut begin = 0;
    // The text after the last newline of a log is also a line.
    let ends = memchr_iter(b'\n', &chunk.lines).chain([chunk.lines.len()]);
    for (line, end) in (chunk.first.line..).zip(ends) {
        let bytes = &chunk.lines[begin..end];
        if !bytes.trim_ascii().is_empty() {
            process_line(bytes, Place { line, ..chunk.first }, worker, read);
        }
        begin = chunk.lines.len().min(end + 1);
    }
}

fn process_line<W: Worker>(bytes: &[u8], place: Place, worker: &mut W, read: &mut Read) {
    read.lines = read.lines.saturating_add(1);
    match LogLine::parse(bytes) {
        Err(error) => read.broken.add(place, error),
        Ok(line) => match line.gate() {
            None => read.broken.add_without_decision(place),
            Some(gate) => worker.add_line(&line, gate),
        },
    }
}
