//! `check`: finds mistakes in a configuration before it is deployed.

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

pub(crate) use file::LOOKED_FOR;
pub(crate) use find::configs;

const EXAMPLES: &str = "\
Examples:
  mfa-gate check envoy.yaml
  mfa-gate check --strict wasm-plugin.yaml envoy-filter.yaml
  kubectl get wasmplugin -A -o yaml | mfa-gate check --json -";

/// Find mistakes in a configuration before it is deployed
///
/// Reads the filter's own configuration, an Envoy bootstrap, xDS resources in a file, an Istio `WasmPlugin`,
/// `TrafficExtension` or `EnvoyFilter`, or an Envoy Gateway `EnvoyExtensionPolicy`, as YAML or JSON, with one or more
/// documents. The content determines the kind. Files named together are parts of one configuration: at least one of them
/// must contain the filter, and so must each that serves requests. A finding is an error if requests could pass unchecked
/// or nothing would load; every other finding is a warning.
///
/// Exit code: 0 if there are no errors, 1 if there are errors (with `--strict` also warnings), 2 for wrong usage or a file
/// that cannot be read.
///
/// `--json` prints an array of objects with `file`, `line` and `column` (from 1), `severity` (`error` or `warning`), `id`,
/// `path` (the field in its document) and `message`.
#[derive(Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Check {
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
    /// Checks the files. Returns the text for standard output and the exit code.
    pub(crate) fn run(&self) -> Result<(String, Exit)> {
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
