//! The filter's configuration in a file, and where each of its rules stands there.

use std::path::Path;

use anyhow::{Result, anyhow, bail};
use mfa_gate::config;
use mfa_gate::gate::Gate;

use crate::check;
use crate::input;
use crate::spanned::{Located, SyntaxError, line_and_column};

/// A configuration that was read from a file.
#[derive(Debug)]
pub struct ConfigFile {
    /// What it says.
    pub gate: Gate,
    name: String,
    text: String,
    located: Located,
}

/// Where a rule stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The field, such as `routes[2].policy`.
    pub field: String,
}

impl ConfigFile {
    /// Reads the configuration at `path`: the filter's own, or one within Envoy's, Istio's or Envoy Gateway's.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or not exactly one configuration is in it, or one that the filter would refuse.
    pub fn read(path: &Path) -> Result<Self> {
        let (name, text) = (input::name(path), input::read(path)?);
        let line_of = |located: &Located| line_and_column(&text, located.place("").start).0;
        let located = match check::configs(&text) {
            Ok(found) => match &found[..] {
                [] => bail!("{name}: {}", check::LOOKED_FOR),
                [first, others @ ..] if others.iter().all(|other| other.json() == first.json()) => first.clone(),
                _ => {
                    let lines: Vec<_> = found.iter().map(|located| line_of(located).to_string()).collect();
                    bail!(
                        "{name}: holds configurations that differ, at lines {}; give a file with one",
                        lines.join(", ")
                    )
                }
            },
            Err(SyntaxError { message, span }) => {
                let (line, column) = line_and_column(&text, span.start);
                bail!("{name}: {message} at line {line}, column {column}");
            }
        };
        let gate = config::from_json(located.json()).map_err(|errors| {
            let line = |path: &str| line_and_column(&text, located.place(path).start).0;
            let each = errors.iter().map(|error| format!("\nline {}: {error}", line(&error.path)));
            anyhow!("{name} is not a configuration{}", each.collect::<String>())
        })?;
        Ok(ConfigFile { gate, name: input::plain_name(path), text, located })
    }

    /// Where a field stands, the nearest around it where it is left out; `None` where nothing of it is there.
    pub fn place(&self, field: &str) -> Option<Place> {
        let span = self.located.place_on_the_way(field)?;
        let (line, _) = line_and_column(&self.text, span.start);
        Some(Place { file: self.name.clone(), line, field: field.to_owned() })
    }
}
