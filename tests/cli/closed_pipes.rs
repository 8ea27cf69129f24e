//! A reader that closes its end, such as `head` or `true`, ends every command quietly. The exit code is that of the
//! command's answer: `check FILE | head` must not pass for a file with errors.

use std::fs::OpenOptions;
use std::process::Command;

use crate::command::{NOW, Place};

/// A place with a request that is denied, a case that fails, a file with an error, and a line of a log.
fn place() -> Place {
    let place = Place::new();
    let gate = place.read("gate.yaml");
    place.write("wrong.yaml", &gate.replace("default: mfa", "default: public\nmode: observe"));
    place.write("right-cases.yaml", "config: gate.yaml\ncases: [{name: a, expect: token-missing}]\n");
    place.write("wrong-cases.yaml", "config: gate.yaml\ncases: [{name: a, expect: allow}]\n");
    place.write(
        "access.log",
        r#"{"time":"2026-11-25T00:00:00Z","mfa_gate":{"value":{"decision":"allow","subject":"user","mfa":"proven"}}}"#,
    );
    place
}

fn run(place: &Place, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mfa-gate"));
    command.args(arguments.split(' ').map(|argument| argument.replace('~', " "))).current_dir(place.path(""));
    command
}

/// Every command, and the code of its answer.
const COMMANDS: [(&str, i32); 19] = [
    ("man", 0),
    ("man explain", 0),
    ("schema", 0),
    ("completions bash", 0),
    ("completions zsh", 0),
    ("--help", 0),
    ("check --list", 0),
    ("check gate.yaml", 0),
    ("check wrong.yaml", 1),
    ("check --json wrong.yaml", 1),
    ("test right-cases.yaml", 0),
    ("test wrong-cases.yaml", 1),
    ("mint token --key key.jwk --claims claims.json", 0),
    ("report access.log", 0),
    ("report --format json access.log", 0),
    ("report --format html access.log", 0),
    ("report --by user --format csv access.log", 0),
    ("report --by request --format json access.log", 0),
    ("report --by request --format csv access.log", 0),
];

#[test]
fn a_closed_standard_output_is_no_error() {
    let place = place();
    let explain = |token: &str| format!("explain --config gate.yaml --now {NOW} --request GET~/ --token {token}");
    let commands = COMMANDS.map(|(arguments, code)| (arguments.to_owned(), code));
    let explained = [(explain("mfa.jwt"), 0), (explain("pwd.jwt"), 1), (explain("pwd.jwt") + " --json", 1)];
    for (arguments, code) in commands.into_iter().chain(explained) {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = run(&place, &arguments).stdout(writer).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), err.as_str()), (Some(code), ""), "{arguments}");
    }
}

#[test]
fn a_closed_standard_error_is_no_panic() {
    let place = place();
    place.write("broken.log", "x\n");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = run(&place, "report --by user --format json broken.log").stderr(writer).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
}

/// A disk without space is an error: what reads the file later would take half a text for the whole.
#[test]
fn any_other_failure_to_write_is_an_error() {
    let place = place();
    for arguments in ["man", "check gate.yaml", "report access.log", "report --format json access.log"] {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = run(&place, arguments).stdout(full).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(err.starts_with("error: ") && err.contains("No space left on device"), "{arguments}: {err}");
        assert_eq!(output.status.code(), Some(2), "{arguments}");
    }
}
