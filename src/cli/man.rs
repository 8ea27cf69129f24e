//! `completions` and `man`: shell completions and manual pages, generated from the command line's own definition.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use clap::{Args, Command};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::input;
use crate::terminal;

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  mfa-gate completions bash > ~/.local/share/bash-completion/completions/mfa-gate
  mfa-gate completions zsh > ~/.zfunc/_mfa-gate";

const MANUAL_EXAMPLES: &str = "\
Examples:
  mfa-gate man | man -l -
  mfa-gate man explain | man -l -
  mfa-gate man --out man1";

/// Print shell completions
#[derive(Args)]
#[command(after_long_help = COMPLETIONS_EXAMPLES)]
pub(crate) struct Completions {
    /// The shell to complete in
    shell: Shell,
}

impl Completions {
    /// The completion script.
    pub(crate) fn run(&self, mut command: Command) -> String {
        let name = command.get_name().to_owned();
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, name, &mut script);
        String::from_utf8_lossy(&script).into_owned()
    }
}

/// Print a manual page in roff format
#[derive(Args)]
#[command(after_long_help = MANUAL_EXAMPLES)]
pub(crate) struct Manual {
    /// The subcommand, such as `explain` or `mint key` [default: the page of `mfa-gate` itself]
    #[arg(value_name = "SUBCOMMAND")]
    subcommand: Vec<String>,
    /// Write all pages to this directory, and create it if it does not exist
    #[arg(long, value_name = "DIR", conflicts_with = "subcommand")]
    out: Option<PathBuf>,
}

impl Manual {
    /// The page for standard output; empty if `--out` is given.
    pub(crate) fn run(&self, command: Command) -> Result<String> {
        // Gives each subcommand its full name, which names its page.
        let mut command = command.disable_help_subcommand(true);
        command.build();
        match &self.out {
            Some(directory) => {
                fs::create_dir_all(directory).with_context(|| input::name(directory))?;
                write(&command, directory)?;
                Ok(String::new())
            }
            None => {
                let page = page(find(&command, &self.subcommand)?)?;
                Ok(String::from_utf8_lossy(&page).into_owned())
            }
        }
    }
}

fn find<'c>(command: &'c Command, names: &[String]) -> Result<&'c Command> {
    names.iter().try_fold(command, |command, name| {
        command.find_subcommand(name).ok_or_else(|| {
            let known: Vec<_> = command.get_subcommands().map(Command::get_name).collect();
            anyhow!("no subcommand {}; known: {}", terminal::quoted(name), known.join(", "))
        })
    })
}

fn page(command: &Command) -> Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page)?;
    Ok(page)
}

fn write(command: &Command, directory: &Path) -> Result<()> {
    let name = command.get_display_name().unwrap_or(command.get_name());
    let path = directory.join(format!("{name}.1"));
    fs::write(&path, page(command)?).with_context(|| input::name(&path))?;
    command.get_subcommands().try_for_each(|subcommand| write(subcommand, directory))
}
