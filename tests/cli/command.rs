//! Runs the command line, in a temporary directory with keys, a configuration and tokens.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::repository;

pub(crate) const NOW: &str = "2026-01-31T12:00:00Z";

/// One hour from half an hour before `NOW`.
pub(crate) const TIMES: &str = r#""iat":1769859000,"nbf":1769859000,"exp":1769862600"#;

pub(crate) const USER: &str = r#""iss":"https://sts.windows.net/df845f1a-7b35-40a2-ba78-6481de91f8ae/",
    "tid":"df845f1a-7b35-40a2-ba78-6481de91f8ae","aud":"https://api.partnercenter.microsoft.com",
    "appidacr":"0","scp":"user_impersonation","oid":"4988e250-5aee-482a-9136-6d269cb755c0",
    "upn":"Adminagent.csp@testtestpartner.onmicrosoft.com""#;

/// The configuration, its key set left out.
pub(crate) const GATE: &str = r#"
issuers:
- issuer: https://sts.windows.net/{tid}/
  tenants: [df845f1a-7b35-40a2-ba78-6481de91f8ae]
  audiences: [https://api.partnercenter.microsoft.com]
  app_only: entra
  jwks: {inline: JWKS}
policies:
  mfa: {amr: {any_of: [mfa]}, app_only: allow}
  admins: {amr: {any_of: [mfa]}, claims: {roles: {any_of: [AdminAgents]}}}
routes:
- {name: health, path: /health, policy: public}
- {name: customers, prefix: /v1/customers, policy: mfa}
- {name: admins, prefix: /v1/admins, policy: admins}
default: mfa
challenge:
  headers: {Request-Context: "appId=cid-v1:03ce8ca8-8373-4021-8f25-d5dd45c7b12f"}
upstream_headers: {subject: x-mfa-gate-subject}
"#;

/// How a run of the program ended.
pub(crate) struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// The program in a directory.
fn program(directory: &Path, arguments: &[impl AsRef<OsStr>]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mfa-gate"));
    command.args(arguments).current_dir(directory);
    command
}

/// Splits arguments at spaces; `~` is a space inside an argument.
fn split(arguments: &str) -> Vec<String> {
    arguments.split(' ').map(|argument| argument.replace('~', " ")).collect()
}

/// Runs the program in a directory with this standard input.
pub(crate) fn run(directory: &Path, arguments: &[impl AsRef<OsStr>], input: &[u8]) -> Ran {
    let mut command = program(directory, arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        // A program that reads no input closes it.
        scope.spawn(move || drop(stdin.write_all(input)));
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    })
}

/// Runs the program at the top of the repository.
pub(crate) fn run_at_top(arguments: &[&str]) -> Ran {
    run(&repository(""), arguments, b"")
}

/// A directory with a key pair, a configuration that trusts it, and tokens.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn empty() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn new() -> Self {
        let place = Self::empty();
        place.ok("mint key --alg ES256 --kid demo --out key.jwk --jwks jwks.json");
        place.write("gate.yaml", &GATE.replace("JWKS", &place.read("jwks.json").replace('\n', "")));
        place.mint("mfa.jwt", r#""amr":["pwd","mfa"]"#);
        place.mint("pwd.jwt", r#""amr":["pwd"]"#);
        place
    }

    pub(crate) fn mint(&self, name: &str, claims: &str) {
        self.write("claims.json", &format!("{{{USER},{TIMES},{claims}}}"));
        self.write(name, &self.ok("mint token --key key.jwk --claims claims.json"));
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Runs the program in the directory; `arguments` are separated by spaces; `~` is a space inside an argument.
    pub(crate) fn run(&self, arguments: &str) -> Ran {
        self.run_with(arguments, "")
    }

    /// Runs it with a standard output that nobody reads.
    pub(crate) fn run_into_closed_pipe(&self, arguments: &str) -> Ran {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = program(self.0.path(), &split(arguments)).stdin(Stdio::null()).stdout(writer).output().unwrap();
        Ran { code: output.status.code(), out: String::new(), err: String::from_utf8(output.stderr).unwrap() }
    }

    pub(crate) fn run_with(&self, arguments: &str, input: &str) -> Ran {
        run(self.0.path(), &split(arguments), input.as_bytes())
    }

    pub(crate) fn ok(&self, arguments: &str) -> String {
        let ran = self.run(arguments);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{arguments}");
        ran.out
    }

    pub(crate) fn wrong_use(&self, arguments: &str) -> String {
        let ran = self.run(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arguments}");
        ran.err
    }

    pub(crate) fn explain(&self, arguments: &str) -> Ran {
        self.run(&format!("explain --config gate.yaml --now {NOW} {arguments}"))
    }

    pub(crate) fn explain_json(&self, arguments: &str) -> (Option<i32>, Value) {
        let ran = self.explain(&format!("{arguments} --json"));
        assert_eq!(ran.err, "");
        (ran.code, serde_json::from_str(&ran.out).unwrap())
    }
}
