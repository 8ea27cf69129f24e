//! `--by request`: writes each request as it is read, in the order of the logs.

use std::io::Write;
use std::mem;

use anyhow::Result;

use super::csv_guard;
use super::filter::Filter;
use super::format::Format;
use super::list;
use super::ordered_writer::OrderedWriter;
use super::rows::{Request, Row as _};
use super::scan::{Read, Worker, scan, threads};
use crate::access_log::line::{GateRecord, LogLine};
use crate::access_log::source::Source;

/// Writes the users' requests in the logs.
///
/// # Errors
///
/// A log cannot be read, or the requests cannot be written.
pub(super) fn write(source: Source, filter: &Filter, format: Format, mut out: Box<dyn Write + Send>) -> Result<Read> {
    let (begin, separator, end) = match format {
        Format::Csv => {
            let columns: Vec<_> = Request::COLUMNS.iter().map(|(name, _)| *name).collect();
            (columns.join(",") + "\n", "", "")
        }
        Format::Json => (list::JSON_BEGIN.to_owned(), list::JSON_SEPARATOR, list::JSON_END),
        Format::Table | Format::Html => (list::request_head(), "", ""),
    };
    out.write_all(begin.as_bytes())?;
    let ordered = OrderedWriter::new(out, separator);
    let writer = || Writer { filter, format, ordered: &ordered, piece: Vec::new(), csv: csv_buffer(), failed: None };
    let (_, read) = scan(source, (0..threads()).map(|_| writer()).collect())?;
    let mut out = ordered.into_out();
    out.write_all(end.as_bytes())?;
    out.flush()?;
    Ok(read)
}

fn csv_buffer() -> csv::Writer<Vec<u8>> {
    csv::Writer::from_writer(Vec::new())
}

struct Writer<'a> {
    filter: &'a Filter,
    format: Format,
    ordered: &'a OrderedWriter,
    /// The output for the current chunk, except CSV.
    piece: Vec<u8>,
    /// The output for the current chunk as CSV.
    csv: csv::Writer<Vec<u8>>,
    failed: Option<anyhow::Error>,
}

impl Writer<'_> {
    fn add(&mut self, request: &Request<'_>) -> Result<()> {
        match self.format {
            Format::Csv => csv_guard::row(&mut self.csv, request.cells())?,
            Format::Json => {
                if !self.piece.is_empty() {
                    self.piece.extend(list::JSON_SEPARATOR.as_bytes());
                }
                serde_json::to_writer(&mut self.piece, request)?;
            }
            Format::Table | Format::Html => self.piece.extend(list::request(request).as_bytes()),
        }
        Ok(())
    }
}

impl Worker for Writer<'_> {
    fn add_line(&mut self, line: &LogLine<'_>, gate: &GateRecord<'_>) {
        if !self.filter.includes(line.time.date_naive(), gate) {
            return;
        }
        if let Some(request) = Request::of(line, gate)
            && let Err(error) = self.add(&request)
        {
            self.failed = Some(error);
        }
    }

    fn end_chunk(&mut self, number: u64) -> Result<()> {
        if let Some(error) = self.failed.take() {
            self.ordered.stop();
            return Err(error);
        }
        if self.format == Format::Csv {
            self.piece = mem::replace(&mut self.csv, csv_buffer()).into_inner().map_err(|error| error.into_error())?;
        }
        self.ordered.write(number, &self.piece)?;
        self.piece.clear();
        Ok(())
    }
}
