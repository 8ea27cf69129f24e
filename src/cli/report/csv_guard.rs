//! CSV that is safe to open in a spreadsheet.

use std::borrow::Cow;
use std::io::Write;

use anyhow::Result;

/// First characters that make a spreadsheet read a cell as a formula (OWASP, "CSV Injection").
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The text of a cell, with an apostrophe before a formula.
pub(super) fn guarded(cell: &str) -> Cow<'_, str> {
    match cell.starts_with(FORMULA) {
        true => format!("'{cell}").into(),
        false => cell.into(),
    }
}

/// Writes a row.
///
/// # Errors
///
/// The row cannot be written.
pub(super) fn row<'a>(out: &mut csv::Writer<impl Write>, cells: impl IntoIterator<Item = Cow<'a, str>>) -> Result<()> {
    for cell in cells {
        out.write_field(guarded(&cell).as_bytes())?;
    }
    Ok(out.write_record(None::<&[u8]>)?)
}
