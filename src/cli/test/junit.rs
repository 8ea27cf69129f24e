//! The report in JUnit's XML, which CI systems read.

use std::path::Path;

use anyhow::{Context, Result};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::outcome::{Outcome, Tried, by_file};
use crate::input;

/// Writes it: a suite for each file.
pub fn write(path: &Path, tried: &[Tried]) -> Result<()> {
    let mut report = Report::new("mfa-gate");
    for of_file in by_file(tried) {
        let name = of_file.first().map(|tried| tried.entry.path.display().to_string()).unwrap_or_default();
        let mut suite = TestSuite::new(name.clone());
        suite.add_test_cases(of_file.iter().map(|tried| {
            let mut case = TestCase::new(tried.entry.name(), status(tried));
            case.set_classname(name.clone());
            case
        }));
        report.add_test_suite(suite);
    }
    let text = report.to_string().context("the report")?;
    std::fs::write(path, text).with_context(|| input::name(path))
}

fn status(tried: &Tried) -> TestCaseStatus {
    match &tried.outcome {
        Outcome::Passed { .. } => TestCaseStatus::success(),
        Outcome::ForEnvoyAlone => {
            let mut status = TestCaseStatus::skipped();
            status.set_message("for Envoy alone");
            status
        }
        Outcome::Failed(failure) => {
            let expected = &tried.entry.case.expect;
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(failure.summary(expected));
            let lines = [vec![tried.file_and_line()], failure.lines(expected)].concat();
            status.set_description(lines.join("\n"));
            status
        }
    }
}
