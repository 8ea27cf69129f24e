//! A wall clock that a test sets, for one Envoy. Timers go by the monotonic clock, which stays as it is.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::support::repository;

/// The clock, so many seconds ahead of the machine's.
pub struct Clock {
    folder: TempDir,
    ahead: File,
}

impl Clock {
    /// One that is right.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the clock");
        let ahead = File::create(folder.path().join("ahead")).expect("a file for the clock");
        let library = folder.path().join("clock.so");
        // The linker of Rust itself on every Unix.
        let status = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
            .args([library, repository("tests/envoy/clock.c")])
            .status();
        assert!(status.expect("cc").success(), "clock.c does not compile");
        let clock = Clock { folder, ahead };
        clock.set(0);
        clock
    }

    /// From now on it is so many seconds ahead.
    pub fn set(&self, seconds: i64) {
        self.ahead.write_all_at(&seconds.to_ne_bytes(), 0).expect("setting the clock");
    }

    /// What a process needs to go by it.
    pub fn environment(&self) -> [(&'static str, PathBuf); 2] {
        [("LD_PRELOAD", self.folder.path().join("clock.so")), ("TEST_CLOCK", self.folder.path().join("ahead"))]
    }
}
