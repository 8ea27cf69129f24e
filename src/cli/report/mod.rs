//! `report`: MFA coverage from the access log.

mod bounded_map;
mod broken;
mod csv_guard;
mod filter;
mod format;
mod grouped;
mod html;
mod list;
mod numbers;
mod ordered_writer;
mod requests;
mod rows;
mod scan;
mod summary;
mod tables;
mod tally;
#[cfg(test)]
mod tests;
mod text;

use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use self::bounded_map::MEMORY;
use self::filter::Filter;
use self::format::Format;
use self::rows::Row;
use self::scan::{Read, Worker, scan, threads};
use self::summary::{Logs, Summary};
use self::tally::Tally;
use crate::access_log::line::{GateRecord, LogLine};
use crate::access_log::source::Source;
use crate::input;

/// Report a tenant's MFA coverage from the access log
///
/// Reads the JSON lines that the shipped Envoy configuration logs, plain or gzip. Counts as Partner Center does:
/// coverage is the share of MFA-compliant requests among users' requests (App+User) with a verified token. A request
/// is MFA-compliant if its token proves MFA, whether or not its route requires MFA, and whether or not the request was
/// allowed. Application-only requests and requests without a verified token are counted separately. Days are UTC.
///
/// Lines that cannot be read are counted, and the first ones are listed. They do not stop the report.
///
/// In CSV, an apostrophe precedes a cell that starts with = + - @ tab or carriage return, so that a spreadsheet does
/// not run it as a formula.
///
/// Exit status: 0; 2 if the command line is wrong, or a log cannot be opened or decompressed.
#[derive(Args)]
#[command(after_help = "Example:\n  mfa-gate report access.log")]
pub(crate) struct Report {
    /// Logs, in order; `-` is standard input [default: -]
    #[arg(value_name = "LOG")]
    logs: Vec<PathBuf>,
    /// The rows of the report
    #[arg(long, value_enum, default_value_t = By::Summary)]
    by: By,
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// The output file [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The first day of the report, such as 2026-01-31
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    from: Option<NaiveDate>,
    /// The last day of the report
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    to: Option<NaiveDate>,
    /// Report this tenant only; repeatable [default: all tenants]
    #[arg(long = "tenant", value_name = "TID")]
    tenants: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// Coverage, denials and users who lack MFA
    Summary,
    /// One row per application and day: LoginDate, MfaCompliantRequestCount, TotalRequestCount, ApplicationId, ApplicationName
    AppDay,
    /// One row per user request: RequestId, CorrelationId, OperationName (method and path), RequestDateTime, IpAddress,
    /// ObjectId, TenantId, Upn, ApplicationId, MfaCompliant; a table has fewer columns
    Request,
    /// One row per user with requests without proof of MFA: ObjectId, TenantId, Upn, LastNonMfaCompliantLoginDateTime and counts
    User,
}

impl Report {
    /// Writes the report.
    pub(crate) fn run(&self) -> Result<()> {
        let filter = self.filter()?;
        let source = Source::open(&self.logs)?;
        let mut out = self.open_output()?;
        show_progress(source.progress());
        let names = source.names().to_vec();
        let progress = source.progress().clone();
        if self.by == By::Request {
            let read = requests::write(source, &filter, self.format, out);
            progress.finish_and_clear();
            print_notes(&Logs::of(names, &read?, 0));
            return Ok(());
        }
        let counted = count(source, &filter);
        progress.finish_and_clear();
        let (read, tally) = counted?;
        match self.by {
            By::AppDay => self.write_rows(&mut out, &grouped::app_days(&tally))?,
            By::User => self.write_rows(&mut out, &grouped::users(&tally))?,
            By::Summary | By::Request => {
                let summary = Summary::of(names.clone(), &read, &tally);
                match self.format {
                    Format::Json => {
                        // An I/O error instead of serde_json's wrapper, so that `main` recognizes a closed pipe.
                        serde_json::to_writer_pretty(&mut out, &summary).map_err(io::Error::from)?;
                        out.write_all(b"\n")?;
                    }
                    Format::Html => html::write(&mut out, &summary)?,
                    Format::Table | Format::Csv => out.write_all(text::render(&summary).as_bytes())?,
                }
            }
        }
        out.flush()?;
        // The text of the summary contains the notes.
        if (self.by, self.format) != (By::Summary, Format::Table) {
            print_notes(&Logs::of(names, &read, tally.left_out));
        }
        Ok(())
    }

    fn filter(&self) -> Result<Filter> {
        match (self.by, self.format) {
            (By::Summary, Format::Csv) => {
                bail!("--format csv: a summary is more than one table; give --by app-day, request or user")
            }
            (By::AppDay | By::Request | By::User, Format::Html) => {
                bail!("--format html: only for the summary; leave out --by")
            }
            _ => {}
        }
        if let (Some(from), Some(to)) = (self.from, self.to)
            && from > to
        {
            bail!("--to: `{to}` is before --from, `{from}`");
        }
        Ok(Filter { from: self.from, to: self.to, tenants: self.tenants.clone() })
    }

    fn open_output(&self) -> Result<Box<dyn Write + Send>> {
        let Some(path) = &self.output else { return Ok(Box::new(BufWriter::new(io::stdout()))) };
        // Creating the output file would truncate the log before it is read.
        let same = |log: &PathBuf| matches!((fs::canonicalize(log), fs::canonicalize(path)), (Ok(a), Ok(b)) if a == b);
        if self.logs.iter().any(same) {
            bail!("--output: {} is one of the logs", input::name(path));
        }
        let file = File::create(path).with_context(|| format!("--output: {}", input::name(path)))?;
        Ok(Box::new(BufWriter::new(file)))
    }

    fn write_rows<R: Row>(&self, out: &mut dyn Write, rows: &[R]) -> Result<()> {
        match self.format {
            Format::Csv => list::csv(out, rows),
            Format::Json => list::json(out, rows),
            Format::Table | Format::Html => list::table(out, rows),
        }
    }
}

/// Counts all requests in the logs.
fn count(source: Source, filter: &Filter) -> Result<(Read, Tally)> {
    let threads = threads();
    let memory = MEMORY / threads;
    let (tallies, read) = scan(source, (0..threads).map(|_| Tally::new(filter.clone(), memory)).collect())?;
    let merged = tallies.into_iter().reduce(|mut sum, more| {
        sum.merge(more, memory);
        sum
    });
    Ok((read, merged.unwrap_or_else(|| Tally::new(filter.clone(), 0))))
}

impl Worker for Tally {
    fn add_line(&mut self, line: &LogLine<'_>, gate: &GateRecord<'_>) {
        self.add(line, gate);
    }

    fn end_chunk(&mut self, _: u64) -> Result<()> {
        Ok(())
    }
}

/// Shows the progress if standard error is a terminal.
fn show_progress(progress: &ProgressBar) {
    if !io::stderr().is_terminal() {
        progress.set_draw_target(ProgressDrawTarget::hidden());
        return;
    }
    let template = match progress.length() {
        Some(_) => "{wide_bar} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left",
        None => "{spinner} {bytes}, {bytes_per_sec}",
    };
    progress.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
}

/// Prints notes on the logs to standard error, because standard output is for programs.
fn print_notes(logs: &Logs) {
    for note in text::notes(logs) {
        // `eprintln!` panics if standard error is closed.
        let _ = writeln!(io::stderr(), "note: {note}");
    }
}

fn parse_date(text: &str) -> Result<NaiveDate, String> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .map_err(|_| format!("expected a day such as `2026-01-31`; found `{text}`"))
}
