//! `test`: runs policy test cases through the filter's core.

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
use mfa_gate::cases::test_keys::TestKeys;
use outcome::{CaseResult, Outcome};

/// Run policy test cases: requests and their expected decisions
///
/// A case file is YAML with a `config` (the filter's configuration or the name of its file) and a list of `cases`. A
/// case has a `name`, a `request`, the `claims` of its token, and what to `expect`: `allow` or a deny reason. The
/// command fetches no keys: it signs the claims with a temporary key, and treats that key as the issuer's.
///
/// Exit status: 0 if all cases pass; 1 if a case fails; 2 if the command line, a file or a configuration is wrong.
#[derive(Args)]
#[command(after_help = "Example:\n  mfa-gate test billing.yaml")]
pub(crate) struct Test {
    /// Case files
    #[arg(required = true, value_name = "CASES")]
    files: Vec<PathBuf>,
    /// Print failures only
    #[arg(long, short)]
    quiet: bool,
    /// Write a JUnit XML report to this file
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

impl Test {
    /// Runs every case. Returns the text for standard output and the exit code.
    pub(crate) fn run(&self) -> Result<(String, Exit)> {
        let keys = TestKeys::new();
        let files = self.files.iter().map(|path| load_file(&keys, path)).collect::<Result<Vec<_>>>()?;
        let mut judge = Judge::new(&keys, Utc::now().timestamp());
        let mut results = Vec::new();
        for case in files.into_iter().flatten() {
            let outcome = judge.judge(&case).with_context(|| case.place())?;
            results.push(CaseResult { case, outcome });
        }
        if let Some(path) = &self.junit {
            junit::write(path, &results)?;
        }
        let failed = results.iter().any(|result| matches!(result.outcome, Outcome::Failed(_)));
        Ok((self.to_text(&results), Exit::negative_if(failed)))
    }

    fn to_text(&self, results: &[CaseResult]) -> String {
        let mut text = String::new();
        if !self.quiet {
            for of_file in outcome::by_file(results) {
                text.push_str(&table(of_file));
            }
        }
        let (mut passed, mut failed) = (0, 0);
        for result in results {
            match &result.outcome {
                Outcome::Passed(_) => passed += 1,
                Outcome::Failed(failure) => {
                    failed += 1;
                    text.push_str(&format!("{}: {}\n", result.file_and_line(), result.shown_name()));
                    for line in outcome::lines(failure, &result.case.case.expect) {
                        text.push_str(&format!("  {line}\n"));
                    }
                    text.push('\n');
                }
            }
        }
        text.push_str(&format!("{passed} passed, {failed} failed\n"));
        text
    }
}

fn table(of_file: &[CaseResult]) -> String {
    let mut table = Table::new(&["", "case", "expected", "decided"].map(|name| (name, Align::Left)));
    for result in of_file {
        let status = match result.outcome {
            Outcome::Passed(_) => "ok",
            Outcome::Failed(_) => "FAILED",
        };
        let expected = result.case.case.expect.as_str();
        table.row([status, &result.case.name(), expected, result.outcome.decided()]);
    }
    let path = of_file.first().map(|result| result.case.path.display().to_string()).unwrap_or_default();
    format!("{path}\n{}\n", table.render("  "))
}
