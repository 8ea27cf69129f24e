//! Writes the output of parallel workers in input order.

use std::io::{self, Write};
use std::sync::{Condvar, Mutex, PoisonError};

use anyhow::Result;

/// A writer that accepts numbered pieces. A thread blocks until all earlier pieces are written, so each thread holds at
/// most one piece.
pub(super) struct OrderedWriter {
    state: Mutex<State>,
    advanced: Condvar,
}

struct State {
    out: Box<dyn Write + Send>,
    separator: &'static str,
    started: bool,
    next: u64,
    failed: bool,
}

impl OrderedWriter {
    /// Writes to `out`, starting at piece 0, with the separator between non-empty pieces.
    pub(super) fn new(out: Box<dyn Write + Send>, separator: &'static str) -> Self {
        let state = State { out, separator, started: false, next: 0, failed: false };
        Self { state: Mutex::new(state), advanced: Condvar::new() }
    }

    /// Writes a piece. After a failure the writer discards all further pieces, and only the failing call returns an
    /// error.
    ///
    /// # Errors
    ///
    /// The piece cannot be written.
    pub(super) fn write(&self, number: u64, piece: &[u8]) -> Result<()> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = self.advanced.wait_while(state, |state| state.next != number && !state.failed);
        let mut state = waiting.unwrap_or_else(PoisonError::into_inner);
        if state.failed {
            return Ok(());
        }
        let written = state.write(piece);
        state.next += 1;
        state.failed = written.is_err();
        self.advanced.notify_all();
        Ok(written?)
    }

    /// Discards all further pieces, and wakes waiting threads.
    pub(super) fn stop(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).failed = true;
        self.advanced.notify_all();
    }

    /// Returns the underlying writer.
    pub(super) fn into_out(self) -> Box<dyn Write + Send> {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner).out
    }
}

impl State {
    fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        if piece.is_empty() {
            return Ok(());
        }
        if self.started {
            self.out.write_all(self.separator.as_bytes())?;
        }
        self.started = true;
        self.out.write_all(piece)
    }
}
