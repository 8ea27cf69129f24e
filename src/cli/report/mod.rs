//! `report`: how far a tenant is, from the access log.

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
/// Reads the log that the shipped Envoy configuration writes, JSON lines, plain or gzip, and counts as Partner Center
/// does: requests by users (App+User) whose token was verified. Such a request is MFA-compliant if its token proved
/// MFA, whether or not its route demanded it and whether or not it passed; one denied as mfa-missing or
/// mfa-unknowable is not. Requests by applications alone are told apart and are no part of any ratio, as are requests
/// without a verified token. Days are UTC.
///
/// A line that cannot be read is counted and told, with the first of them by their numbers; a report is made all the
/// same. Exits with 0, or with 2 where the command line is wrong or a log cannot be read at all.
///
/// As CSV, a cell that begins with = + - @ tab or carriage return gets an apostrophe in front, so that no spreadsheet
/// runs it.
#[derive(Args)]
pub struct Report {
    /// The logs, in order; `-` and none at all are standard input
    #[arg(value_name = "LOG")]
    logs: Vec<PathBuf>,
    /// What a row is
    #[arg(long, value_enum, default_value_t = By::Summary)]
    by: By,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Where it is written [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The first day that counts, as in 2026-01-31
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    from: Option<NaiveDate>,
    /// The last day that counts
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    to: Option<NaiveDate>,
    /// A tenant that counts [default: all]; may be given more than once
    #[arg(long = "tenant", value_name = "TID")]
    tenants: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// All there is for a person: coverage, denials, users who lack MFA
    Summary,
    /// An application on a day: LoginDate, MfaCompliantRequestCount, TotalRequestCount, ApplicationId, ApplicationName
    AppDay,
    /// A request by a user: RequestId, CorrelationId, OperationName (method and path), RequestDateTime, IpAddress,
    /// ObjectId, TenantId, Upn, ApplicationId, MfaCompliant; the table has some of them
    Request,
    /// A user who came without proof of MFA: ObjectId, TenantId, Upn, LastNonMfaCompliantLoginDateTime and counts
    User,
}

impl Report {
    /// Writes the report.
    pub fn run(&self) -> Result<()> {
        let filter = self.filter()?;
        let source = Source::open(&self.logs)?;
        let mut out = self.open_output()?;
        show(source.progress());
        let names = source.names().to_vec();
        let progress = source.progress().clone();
        if self.by == By::Request {
            let read = requests::write(source, &filter, self.format, out);
            progress.finish_and_clear();
            tell(&Logs::of(names, &read?, 0));
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
                        // As an error of the output, which serde_json would hide.
                        serde_json::to_writer_pretty(&mut out, &summary).map_err(io::Error::from)?;
                        out.write_all(b"\n")?;
                    }
                    Format::Html => html::write(&mut out, &summary)?,
                    Format::Table | Format::Csv => out.write_all(text::render(&summary).as_bytes())?,
                }
            }
        }
        out.flush()?;
        // The text of a summary has it.
        if (self.by, self.format) != (By::Summary, Format::Table) {
            tell(&Logs::of(names, &read, tally.left_out));
        }
        Ok(())
    }

    fn filter(&self) -> Result<Filter> {
        match (self.by, self.format) {
            (By::Summary, Format::Csv) => {
                bail!("--format csv: a summary is more than one table; give --by app-day, request or user")
            }
            (By::AppDay | By::Request | By::User, Format::Html) => {
                bail!("--format html: the page holds the summary; leave out --by")
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
        // Opened before it is read, it would be emptied.
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

/// Counts all lines.
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
    fn take(&mut self, line: &LogLine<'_>, gate: &GateRecord<'_>) {
        self.add(line, gate);
    }

    fn end_chunk(&mut self, _: u64) -> Result<()> {
        Ok(())
    }
}

/// Shows how far it is, to a terminal alone.
fn show(progress: &ProgressBar) {
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

/// Tells on standard error what there is to know of the logs, as the output is for programs.
fn tell(logs: &Logs) {
    for note in text::logs(logs) {
        // Not by `eprintln!`, which panics if nobody reads it.
        let _ = writeln!(io::stderr(), "note: {note}");
    }
}

fn parse_date(text: &str) -> Result<NaiveDate, String> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .map_err(|_| format!("expected a day such as `2026-01-31`; found `{text}`"))
}
