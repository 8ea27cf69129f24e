//! `test`: cases of an operator's policy, judged by the filter's own core.

mod judge;
mod junit;
mod outcome;

use std::path::PathBuf;

use anyhow::{Context, Result};
use chrono::Utc;
use clap::Args;

use crate::exit::Exit;
use crate::table::{Align, Table};
use judge::Judge;
use mfa_gate::cases::load::load_file;
use mfa_gate::cases::test_keys::Forge;
use outcome::{Outcome, Tried};

/// Try cases of a policy: requests with what should become of them
///
/// A file of cases is YAML: a `config` (the filter's configuration, or the name of its file), and `cases`, each with a
/// `name`, a `request`, the `claims` of its token, and what to `expect`: `allow` or a deny reason. Nothing is fetched:
/// a key that is made on the spot signs the claims, and the issuer is taken to have it.
///
/// Exits with 0 where all is as expected, with 1 where something is not, with 2 where the command line, a file or a
/// configuration is wrong.
#[derive(Args)]
pub struct Test {
    /// Files of cases
    #[arg(required = true, value_name = "CASES")]
    files: Vec<PathBuf>,
    /// Leave out what is as expected
    #[arg(long, short)]
    quiet: bool,
    /// Where a report in JUnit's XML goes
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

impl Test {
    /// Tries every case; the table for standard output and the exit code.
    pub fn run(&self) -> Result<(String, Exit)> {
        let forge = Forge::new();
        let files = self.files.iter().map(|path| load_file(&forge, path)).collect::<Result<Vec<_>>>()?;
        let mut judge = Judge::new(&forge, Utc::now().timestamp());
        let mut tried = Vec::new();
        for entry in files.into_iter().flatten() {
            let outcome = judge.judge(&entry).with_context(|| entry.place())?;
            tried.push(Tried { entry, outcome });
        }
        if let Some(path) = &self.junit {
            junit::write(path, &tried)?;
        }
        let failed = tried.iter().any(|tried| matches!(tried.outcome, Outcome::Failed(_)));
        Ok((self.to_text(&tried), Exit::negative_if(failed)))
    }

    fn to_text(&self, tried: &[Tried]) -> String {
        let mut text = String::new();
        if !self.quiet {
            for of_file in outcome::by_file(tried) {
                text.push_str(&table(of_file));
            }
        }
        let (mut passed, mut failed, mut skipped) = (0, 0, 0);
        for case in tried {
            match &case.outcome {
                Outcome::Passed { .. } => passed += 1,
                Outcome::ForEnvoyAlone => skipped += 1,
                Outcome::Failed(failure) => {
                    failed += 1;
                    text.push_str(&format!("{}: {}\n", case.file_and_line(), case.shown_name()));
                    for line in failure.lines(&case.entry.case.expect) {
                        text.push_str(&format!("  {line}\n"));
                    }
                    text.push('\n');
                }
            }
        }
        let skipped = if skipped == 0 { String::new() } else { format!(", {skipped} for Envoy alone") };
        text.push_str(&format!("{passed} passed, {failed} failed{skipped}\n"));
        text
    }
}

fn table(of_file: &[Tried]) -> String {
    let mut table = Table::new(&["", "case", "expected", "decided"].map(|name| (name, Align::Left)));
    for case in of_file {
        let (result, decided) = match &case.outcome {
            Outcome::Passed { decided } => ("ok", decided.as_str()),
            Outcome::Failed(failure) => ("FAILED", failure.decided),
            Outcome::ForEnvoyAlone => ("-", "for Envoy alone"),
        };
        table.row([result, &case.entry.name(), case.entry.case.expect.as_str(), decided]);
    }
    let path = of_file.first().map(|case| case.entry.path.display().to_string()).unwrap_or_default();
    format!("{path}\n{}\n", table.render("  "))
}
