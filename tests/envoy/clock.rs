//! A wall clock that a test sets, for one Envoy. Timers use the monotonic clock, which is left alone.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::support::repository;

/// A clock that is ahead of the machine's by some seconds.
pub(crate) struct Clock {
    folder: TempDir,
    ahead: File,
}

impl Clock {
    /// A clock that shows the machine's time.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the clock");
        let ahead = File::create(folder.path().join("ahead")).expect("a file for the clock");
        let library = folder.path().join("clock.so");
        // Rust itself links with it on every Unix.
        let status = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
            .args([library, repository("tests/envoy/clock.c")])
            .status();
        assert!(status.expect("cc").success(), "clock.c does not compile");
        let clock = Self { folder, ahead };
        clock.set(0);
        clock
    }

    /// Sets how many seconds it is ahead.
    pub(crate) fn set(&self, seconds: i64) {
        self.ahead.write_all_at(&seconds.to_ne_bytes(), 0).expect("setting the clock");
    }

    /// The environment of a process that uses it.
    pub(crate) fn environment(&self) -> [(&'static str, PathBuf); 2] {
        [("LD_PRELOAD", self.folder.path().join("clock.so")), ("TEST_CLOCK", self.folder.path().join("ahead"))]
    }
}
