//! Rows as CSV, JSON or a table.

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
/// They cannot be written.
pub fn csv<R: Row>(out: &mut dyn Write, rows: &[R]) -> Result<()> {
    let mut out = csv::Writer::from_writer(out);
    csv_guard::row(&mut out, R::COLUMNS.iter().map(|(name, _)| (*name).into()))?;
    for row in rows {
        csv_guard::row(&mut out, row.cells())?;
    }
    Ok(out.flush()?)
}

/// Writes the rows as a JSON array, each on a line.
///
/// # Errors
///
/// They cannot be written.
pub fn json<R: Row>(out: &mut dyn Write, rows: &[R]) -> Result<()> {
    out.write_all(JSON_BEGIN.as_bytes())?;
    for (index, row) in rows.iter().enumerate() {
        if index > 0 {
            out.write_all(JSON_SEPARATOR.as_bytes())?;
        }
        serde_json::to_writer(&mut *out, row).map_err(std::io::Error::from)?;
    }
    Ok(out.write_all(JSON_END.as_bytes())?)
}

/// Before the first row of an array.
pub const JSON_BEGIN: &str = "[\n";
/// Between two.
pub const JSON_SEPARATOR: &str = ",\n";
/// After the last.
pub const JSON_END: &str = "\n]\n";

/// Writes the rows as a table.
///
/// # Errors
///
/// They cannot be written.
pub fn table<R: Row>(out: &mut dyn Write, rows: &[R]) -> Result<()> {
    let mut table = Table::new(R::COLUMNS);
    for row in rows {
        table.row(row.cells());
    }
    Ok(out.write_all(table.render("").as_bytes())?)
}

/// The line above requests in a table.
pub fn request_head() -> String {
    request_line("RequestDateTime", "MFA", "IpAddress", "Upn", "OperationName")
}

/// A request in a table whose end is not known, so that its columns cannot be as wide as what is in them.
pub fn request(request: &Request<'_>) -> String {
    let user = request.upn.or(request.object_id).unwrap_or("-");
    let mfa = if request.mfa_compliant { "yes" } else { "no" };
    let address = request.ip_address.unwrap_or("-");
    request_line(&request.request_date_time, mfa, address, user, &request.operation_name)
}

fn request_line(time: &str, mfa: &str, address: &str, user: &str, operation: &str) -> String {
    let [address, user, operation] = [address, user, operation].map(|text| shown(text, crate::terminal::MAX_SHOWN));
    format!("{time:24}  {mfa:3}  {address:15}  {user:40}  {operation}\n")
}
