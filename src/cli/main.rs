//! The command line of mfa-gate.
#![forbid(unsafe_code)]

mod access_log;
mod check;
mod config_file;
mod curl;
mod exit;
mod explain;
mod input;
mod man;
mod mint;
mod report;
mod request;
mod schema;
mod spanned;
mod table;
mod terminal;
mod test;

use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;

use anyhow::{Error, Result};
use clap::{CommandFactory as _, Parser, Subcommand};

use exit::Exit;

const EXAMPLES: &str = "\
Examples:
  mfa-gate check envoy.yaml
  mfa-gate test cases.yaml
  mfa-gate explain --config envoy.yaml --request \"GET /v1/customers\" --token token.jwt
  mfa-gate report access.log";

/// Check, test and explain mfa-gate configurations; report MFA coverage from access logs
#[derive(Parser)]
#[command(version, after_long_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    color: colorchoice_clap::Color,
}

#[derive(Subcommand)]
enum Command {
    #[command(subcommand)]
    Mint(mint::Mint),
    Explain(explain::Explain),
    Test(test::Test),
    Schema(schema::SchemaOf),
    Check(check::Check),
    Report(report::Report),
    Completions(man::Completions),
    Man(man::Manual),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.color.write_global();
    let exit = match run(cli.command) {
        Ok((text, exit)) => match std::io::stdout().write_all(text.as_bytes()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => fail(&Error::from(error).context("standard output")),
            // A reader that has seen enough does not change the result.
            _ => exit,
        },
        // A command that writes while it works stops where its reader does.
        Err(error) if is_broken_pipe(&error) => Exit::Success,
        Err(error) => fail(&error),
    };
    exit.into()
}

/// Runs a command. Returns the text for standard output, unless the command has written it, and the exit code.
fn run(command: Command) -> Result<(String, Exit)> {
    let succeed = |text| (text, Exit::Success);
    match command {
        Command::Mint(mint) => mint.run().map(succeed),
        Command::Explain(explain) => explain.run(),
        Command::Test(test) => test.run(),
        Command::Schema(schema) => schema.run().map(succeed),
        Command::Check(check) => check.run(),
        // A report may be long, so `report` writes it in parts.
        Command::Report(report) => report.run().map(|()| succeed(String::new())),
        Command::Completions(completions) => Ok(succeed(completions.run(Cli::command()))),
        Command::Man(manual) => manual.run(Cli::command()).map(succeed),
    }
}

fn fail(error: &Error) -> Exit {
    // A closed standard error must not end in a panic.
    let _ = writeln!(std::io::stderr(), "error: {error:#}");
    Exit::Usage
}

/// Whether the cause of an error is a closed pipe, which only standard output can be.
fn is_broken_pipe(error: &Error) -> bool {
    let is_pipe = |error: &std::io::Error| error.kind() == ErrorKind::BrokenPipe;
    error.chain().any(|cause| match cause.downcast_ref::<csv::Error>().map(csv::Error::kind) {
        Some(csv::ErrorKind::Io(error)) => is_pipe(error),
        _ => cause.downcast_ref::<std::io::Error>().is_some_and(is_pipe),
    })
}
