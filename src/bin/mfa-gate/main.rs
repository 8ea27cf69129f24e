//! The command line of mfa-gate.
#![forbid(unsafe_code)]

mod cases;
mod check;
mod config_file;
mod explain;
mod input;
mod located;
mod mint;
mod policy_test;
mod report;
mod request;
mod schema;
mod signing_key;
mod steps;
mod strict_yaml;
mod text;
mod words;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

/// Make keys and tokens for mfa-gate, see what the filter would do with a request, check a configuration, and report from the log
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    #[command(subcommand)]
    Mint(mint::Mint),
    Explain(explain::Explain),
    Test(policy_test::Test),
    Schema(schema::SchemaOf),
    Check(check::Check),
    Report(report::Report),
}

/// The exit code for wrong use; clap's is the same.
const WRONG_USE: u8 = 2;

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Mint(mint) => mint.run().map(|text| (text, ExitCode::SUCCESS)),
        Command::Explain(explain) => explain.run(),
        Command::Test(test) => test.run(),
        Command::Schema(schema) => schema.run().map(|text| (text, ExitCode::SUCCESS)),
        Command::Check(check) => check.run(),
        // It may be long, so it is not held.
        Command::Report(report) => report.run().map(|code| (String::new(), code)),
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
