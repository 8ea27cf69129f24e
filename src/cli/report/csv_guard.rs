//! CSV, for spreadsheets.

use std::borrow::Cow;
use std::io::Write;

use anyhow::Result;

/// What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection").
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The cell's text, with an apostrophe before what a spreadsheet would run.
pub fn guarded(cell: &str) -> Cow<'_, str> {
    match cell.starts_with(FORMULA) {
        true => format!("'{cell}").into(),
        false => cell.into(),
    }
}

/// Writes a row.
///
/// # Errors
///
/// It cannot be written.
pub fn row<'a>(out: &mut csv::Writer<impl Write>, cells: impl IntoIterator<Item = Cow<'a, str>>) -> Result<()> {
    for cell in cells {
        out.write_field(guarded(&cell).as_bytes())?;
    }
    Ok(out.write_record(None::<&[u8]>)?)
}
