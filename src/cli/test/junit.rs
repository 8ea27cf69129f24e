//! The JUnit XML report, for CI systems.

use std::path::Path;

use anyhow::{Context, Result};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::outcome::{CaseResult, Outcome, by_file, lines, summary};
use crate::input;

/// Writes the report with one suite per file.
///
/// # Errors
///
/// The report cannot be written.
pub(super) fn write(path: &Path, results: &[CaseResult]) -> Result<()> {
    let mut report = Report::new("mfa-gate");
    for of_file in by_file(results) {
        let name = of_file.first().map(|result| result.case.path.display().to_string()).unwrap_or_default();
        let mut suite = TestSuite::new(name.clone());
        suite.add_test_cases(of_file.iter().map(|result| {
            let mut case = TestCase::new(result.case.name(), status(result));
            case.set_classname(name.clone());
            case
        }));
        report.add_test_suite(suite);
    }
    let text = report.to_string().context("the report")?;
    std::fs::write(path, text).with_context(|| input::name(path))
}

fn status(result: &CaseResult) -> TestCaseStatus {
    match &result.outcome {
        Outcome::Passed(_) => TestCaseStatus::success(),
        Outcome::Failed(failure) => {
            let expected = &result.case.case.expect;
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(summary(failure, expected));
            let description = [vec![result.file_and_line()], lines(failure, expected)].concat();
            status.set_description(description.join("\n"));
            status
        }
    }
}
