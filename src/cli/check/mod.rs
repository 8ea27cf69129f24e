//! `check`: what is wrong with a configuration before anything loads it.

mod cursor;
mod draw;
mod envoy;
mod file;
mod find;
mod finding;
mod gate;
mod gateway;
mod istio;
mod lint;
mod reachable;
mod recognize;

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::exit::Exit;
use crate::input;
use lint::{Lint, Severity};

pub use file::LOOKED_FOR;
pub use find::configs;

/// Find what is wrong in a configuration before it is shipped
///
/// Takes the filter's own configuration, an Envoy bootstrap, xDS resources in a file, an Istio `WasmPlugin` or
/// `EnvoyFilter`, an Envoy Gateway `EnvoyExtensionPolicy`, as YAML of any number of documents or as JSON. The kind is told by
/// the content. Files that are named together may be parts of one: the filter must be in one of them, and in each that
/// serves requests. What is found is an error if requests could pass unjudged or nothing would load, else a warning.
///
/// Exits with 0, with 1 where there are errors (with `--strict` also for warnings), with 2 where the command line is
/// wrong or a file cannot be read.
///
/// With `--json`: an array of objects with `file`, `line` and `column` (from 1), `severity` (`error` or `warning`),
/// `id`, `path` (the field in its document) and `message`.
#[derive(Args)]
pub struct Check {
    /// The files; `-` reads standard input
    #[arg(value_name = "FILE", required_unless_present = "list")]
    files: Vec<PathBuf>,
    /// Exit with 1 for warnings too
    #[arg(long)]
    strict: bool,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
    /// List all checks with id, severity and meaning
    #[arg(long, conflicts_with_all = ["files", "strict", "json"])]
    list: bool,
}

impl Check {
    /// Checks; the text for standard output and the exit code.
    pub fn run(&self) -> Result<(String, Exit)> {
        if self.list {
            return Ok((list(), Exit::Success));
        }
        let files = self.files.iter().map(|path| Ok((input::plain_name(path), input::read(path)?)));
        let files = file::check_all(files.collect::<Result<_>>()?);
        let has = |severity| files.iter().flat_map(|file| &file.findings).any(|f| f.lint.severity() == severity);
        let failed = has(Severity::Error) || (self.strict && has(Severity::Warning));
        let text = if self.json { draw::to_json(&files)? } else { draw::to_text(&files) };
        Ok((text, Exit::negative_if(failed)))
    }
}

fn list() -> String {
    let width = Lint::ALL.iter().map(|lint| lint.id().len()).max().unwrap_or_default();
    let line = |lint: &Lint| format!("{:width$}  {:7}  {}\n", lint.id(), lint.severity().as_str(), lint.meaning());
    Lint::ALL.iter().map(line).collect()
}
