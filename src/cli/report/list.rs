//! Writes rows as CSV, JSON or a table.

use std::io::Write;

use anyhow::Result;

use super::csv_guard;
use super::rows::{Request, Row};
use crate::table::Table;
use crate::terminal::shown;

/// Writes the rows as CSV.
///
/// # Errors
///
/// The rows cannot be written.
pub(super) fn csv<R: Row>(out: &mut dyn Write, rows: &[R]) -> Result<()> {
    let mut out = csv::Writer::from_writer(out);
    csv_guard::row(&mut out, R::COLUMNS.iter().map(|(name, _)| (*name).into()))?;
    for row in rows {
        csv_guard::row(&mut out, row.cells())?;
    }
    Ok(out.flush()?)
}

/// Writes the rows as a JSON array, one row per line.
///
/// # Errors
///
/// The rows cannot be written.
pub(super) fn json<R: Row>(out: &mut dyn Write, rows: &[R]) -> Result<()> {
    out.write_all(JSON_BEGIN.as_bytes())?;
    for (index, row) in rows.iter().enumerate() {
        if index > 0 {
            out.write_all(JSON_SEPARATOR.as_bytes())?;
        }
        serde_json::to_writer(&mut *out, row).map_err(std::io::Error::from)?;
    }
    Ok(out.write_all(JSON_END.as_bytes())?)
}

/// Precedes the first row of an array.
pub(super) const JSON_BEGIN: &str = "[\n";
/// Separates two rows.
pub(super) const JSON_SEPARATOR: &str = ",\n";
/// Follows the last row.
pub(super) const JSON_END: &str = "\n]\n";

/// Writes the rows as a table.
///
/// # Errors
///
/// The rows cannot be written.
pub(super) fn table<R: Row>(out: &mut dyn Write, rows: &[R]) -> Result<()> {
    let mut table = Table::new(R::COLUMNS);
    for row in rows {
        table.row(row.cells());
    }
    Ok(out.write_all(table.render("").as_bytes())?)
}

/// The heading of a table of requests.
pub(super) fn request_head() -> String {
    request_line("RequestDateTime", "MFA", "IpAddress", "Upn", "OperationName")
}

/// A row of a table of requests. Its columns have fixed widths, because rows are written as they are read.
pub(super) fn request(request: &Request<'_>) -> String {
    let user = request.upn.or(request.object_id).unwrap_or("-");
    let mfa = if request.mfa_compliant { "yes" } else { "no" };
    let address = request.ip_address.unwrap_or("-");
    request_line(&request.request_date_time, mfa, address, user, &request.operation_name)
}

fn request_line(time: &str, mfa: &str, address: &str, user: &str, operation: &str) -> String {
    let [address, user, operation] = [address, user, operation].map(|text| shown(text, crate::terminal::MAX_SHOWN));
    format!("{time:24}  {mfa:3}  {address:15}  {user:40}  {operation}\n")
}
