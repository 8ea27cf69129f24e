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
use mfa_gate::cases::test_keys::TestKeys;
use outcome::{CaseResult, Outcome};

/// Run policy test cases: requests and their expected decisions
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
    /// Print failures only
    #[arg(long, short)]
    quiet: bool,
    /// Where a report in JUnit's XML goes
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

impl Test {
    /// Runs every case. Returns the text for standard output and the exit code.
    pub fn run(&self) -> Result<(String, Exit)> {
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
        let word = match result.outcome {
            Outcome::Passed(_) => "ok",
            Outcome::Failed(_) => "FAILED",
        };
        let expected = result.case.case.expect.as_str();
        table.row([word, &result.case.name(), expected, result.outcome.decided()]);
    }
    let path = of_file.first().map(|result| result.case.path.display().to_string()).unwrap_or_default();
    format!("{path}\n{}\n", table.render("  "))
}
