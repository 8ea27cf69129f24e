//! The formats of a report.

use clap::ValueEnum;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A text table for a terminal
    Table,
    /// CSV for a spreadsheet
    Csv,
    /// JSON for programs
    Json,
    /// A self-contained HTML page with charts; summary only
    Html,
}
