//! Reading logs with all processors: each thread takes a chunk, and counts it for itself.

use std::num::NonZero;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::Result;
use memchr::memchr_iter;

use super::broken::BrokenLines;
use crate::access_log::error::Place;
use crate::access_log::line::{GateRecord, LogLine};
use crate::access_log::source::{Chunk, Source};

/// What a thread does with the lines that it reads.
pub trait Worker: Send {
    /// Takes a line of a request that reached the gate.
    fn take(&mut self, line: &LogLine<'_>, gate: &GateRecord<'_>);

    /// The lines of the chunk with this number were given.
    ///
    /// # Errors
    ///
    /// What was made of them cannot be written.
    fn end_chunk(&mut self, number: u64) -> Result<()>;
}

/// What was read.
#[derive(Debug, Default)]
pub struct Read {
    /// How many lines, broken ones and all; empty ones are none.
    pub lines: u64,
    /// Those that tell nothing.
    pub broken: BrokenLines,
}

/// How many threads read.
pub fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Gives all lines to the workers, a thread each, and gives them back.
///
/// # Errors
///
/// A log cannot be read, or a worker fails; the others stop then.
pub fn scan<W: Worker>(source: Source, workers: Vec<W>) -> Result<(Vec<W>, Read)> {
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
    /// None once a thread has failed.
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
            each_line(&chunk, worker, read);
            worker.end_chunk(chunk.number)?;
        }
    }

    fn source(&self) -> MutexGuard<'_, Option<Source>> {
        // A thread that panicked ends the program when it is joined.
        self.source.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn each_line<W: Worker>(chunk: &Chunk, worker: &mut W, read: &mut Read) {
    let mut begin = 0;
    // What comes after the last newline of a log is a line as well.
    let ends = memchr_iter(b'\n', &chunk.lines).chain([chunk.lines.len()]);
    for (line, end) in (chunk.first.line..).zip(ends) {
        let bytes = &chunk.lines[begin..end];
        if !bytes.trim_ascii().is_empty() {
            each(bytes, Place { line, ..chunk.first }, worker, read);
        }
        begin = chunk.lines.len().min(end + 1);
    }
}

fn each<W: Worker>(bytes: &[u8], place: Place, worker: &mut W, read: &mut Read) {
    read.lines = read.lines.saturating_add(1);
    match LogLine::parse(bytes) {
        Err(broken) => read.broken.add(place, broken),
        Ok(line) => match line.gate() {
            None => read.broken.add_without_decision(place),
            Some(gate) => worker.take(&line, gate),
        },
    }
}
