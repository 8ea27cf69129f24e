//! The filter's configuration in a file, with the places of its rules.

use std::path::Path;

use anyhow::{Result, anyhow, bail};
use mfa_gate::config;
use mfa_gate::gate::Gate;

use crate::check;
use crate::input;
use crate::spanned::{Located, SyntaxError, line_and_column};

/// A configuration read from a file.
#[derive(Debug)]
pub(crate) struct ConfigFile {
    /// The parsed configuration.
    pub gate: Gate,
    name: String,
    text: String,
    located: Located,
}

/// The place of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The field, such as `routes[2].policy`.
    pub field: String,
}

impl ConfigFile {
    /// Reads the configuration at `path`: the filter's own file, or one of Envoy, Istio or Envoy Gateway that contains it.
    ///
    /// # Errors
    ///
    /// The file cannot be read, does not have exactly one configuration, or has one that the filter rejects.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let (name, text) = (input::name(path), input::read(path)?);
        let line_of = |located: &Located| line_and_column(&text, located.place("").start).0;
        let located = match check::configs(&text) {
            Ok(found) => match &found[..] {
                [] => bail!("{name}: {}", check::LOOKED_FOR),
                [first, others @ ..] if others.iter().all(|other| other.json() == first.json()) => first.clone(),
                _ => {
                    let lines: Vec<_> = found.iter().map(|located| line_of(located).to_string()).collect();
                    bail!("{name}: has different configurations, at lines {}; pass a file with one", lines.join(", "))
                }
            },
            Err(SyntaxError { message, span }) => {
                let (line, column) = line_and_column(&text, span.start);
                bail!("{name}: {message} at line {line}, column {column}");
            }
        };
        let gate = config::from_json(located.json()).map_err(|errors| {
            let line = |path: &str| line_and_column(&text, located.place(path).start).0;
            let lines = errors.iter().map(|error| format!("\nline {}: {error}", line(&error.path)));
            anyhow!("{name} is not a configuration{}", lines.collect::<String>())
        })?;
        Ok(Self { gate, name: input::plain_name(path), text, located })
    }

    /// The place of a field. If the file omits the field, the place of the nearest enclosing one; `None` if there is none.
    pub(crate) fn place(&self, field: &str) -> Option<Place> {
        let span = self.located.place_on_the_way(field)?;
        let (line, _) = line_and_column(&self.text, span.start);
        Some(Place { file: self.name.clone(), line, field: field.to_owned() })
    }
}
