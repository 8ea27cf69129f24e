//! The formats of a report.

use clap::ValueEnum;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a terminal
    Table,
    /// For a spreadsheet
    Csv,
    /// For programs
    Json,
    /// One page with charts, of the summary; it needs nothing beside it
    Html,
}
