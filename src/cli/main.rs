//! The command line of mfa-gate.
#![forbid(unsafe_code)]

mod access_log;
mod check;
mod config_file;
mod curl;
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

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{CommandFactory as _, Parser, Subcommand};

/// Make keys and tokens for mfa-gate, see what the filter would do with a request, check a configuration, and report from the log
#[derive(Parser)]
#[command(version)]
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

/// The exit code for wrong use; clap's is the same.
const WRONG_USE: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.color.write_global();
    let result = match cli.command {
        Command::Mint(mint) => mint.run().map(|text| (text, ExitCode::SUCCESS)),
        Command::Explain(explain) => explain.run(),
        Command::Test(test) => test.run(),
        Command::Schema(schema) => schema.run().map(|text| (text, ExitCode::SUCCESS)),
        Command::Check(check) => check.run(),
        // It may be long, so it is not held.
        Command::Report(report) => report.run().map(|code| (String::new(), code)),
        Command::Completions(completions) => Ok((completions.run(Cli::command()), ExitCode::SUCCESS)),
        Command::Man(manual) => manual.run(Cli::command()).map(|text| (text, ExitCode::SUCCESS)),
    };
    let result = result.and_then(|(text, code)| {
        std::io::stdout().write_all(text.as_bytes()).context("standard output")?;
        Ok(code)
    });
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(WRONG_USE)
    })
}
