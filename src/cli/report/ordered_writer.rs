//! Writes the output of parallel workers in input order.

use std::io::{self, Write};
use std::sync::{Condvar, Mutex, PoisonError};

use anyhow::Result;

/// An output that takes pieces by number. A piece waits, with its thread, until all before it are written; so no more
/// of them are held than there are threads.
pub struct OrderedWriter {
    state: Mutex<State>,
    turned: Condvar,
}

struct State {
    out: Box<dyn Write + Send>,
    separator: &'static str,
    begun: bool,
    next: u64,
    failed: bool,
}

impl OrderedWriter {
    /// Writes to `out`, from piece 0 on, with the separator between pieces that are not empty.
    pub fn new(out: Box<dyn Write + Send>, separator: &'static str) -> Self {
        let state = State { out, separator, begun: false, next: 0, failed: false };
        OrderedWriter { state: Mutex::new(state), turned: Condvar::new() }
    }

    /// Writes a piece. After a failure nothing is written any more, and only the thread that met it is told.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn write(&self, number: u64, piece: &[u8]) -> Result<()> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = self.turned.wait_while(state, |state| state.next != number && !state.failed);
        let mut state = waiting.unwrap_or_else(PoisonError::into_inner);
        if state.failed {
            return Ok(());
        }
        let written = state.write(piece);
        state.next += 1;
        state.failed = written.is_err();
        self.turned.notify_all();
        Ok(written?)
    }

    /// Writes nothing any more, and lets nobody wait.
    pub fn stop(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).failed = true;
        self.turned.notify_all();
    }

    /// The output, when all is written.
    pub fn into_out(self) -> Box<dyn Write + Send> {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner).out
    }
}

impl State {
    fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        if piece.is_empty() {
            return Ok(());
        }
        if self.begun {
            self.out.write_all(self.separator.as_bytes())?;
        }
        self.begun = true;
        self.out.write_all(piece)
    }
}
