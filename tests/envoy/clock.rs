//! A wall clock for one Envoy that a test sets. Timers use the monotonic clock, which does not change.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::support::repository;

/// A clock with an offset in seconds from the system clock.
pub struct Clock {
    folder: TempDir,
    ahead: File,
}

impl Clock {
    /// A clock without an offset.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the clock");
        let ahead = File::create(folder.path().join("ahead")).expect("a file for the clock");
        let library = folder.path().join("clock.so");
        // Rust's linker driver on every Unix.
        let status = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
            .args([library, repository("tests/envoy/clock.c")])
            .status();
        assert!(status.expect("cc").success(), "clock.c does not compile");
        let clock = Clock { folder, ahead };
        clock.set(0);
        clock
    }

    /// Sets the offset.
    pub fn set(&self, seconds: i64) {
        self.ahead.write_all_at(&seconds.to_ne_bytes(), 0).expect("setting the clock");
    }

    /// The environment variables that make a process use this clock.
    pub fn environment(&self) -> [(&'static str, PathBuf); 2] {
        [("LD_PRELOAD", self.folder.path().join("clock.so")), ("TEST_CLOCK", self.folder.path().join("ahead"))]
    }
}
