//! Completions for shells, and manual pages.

use std::fs;
use std::process::Command;

use crate::command::Place;

#[test]
fn every_shell_has_a_completion_script() {
    let place = Place::empty();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = place.ok(&format!("completions {shell}"));
        for word in ["mfa-gate", "explain", "access-log"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    let err = place.wrong_use("completions csh");
    assert!(err.contains("[possible values: bash, elvish, fish, powershell, zsh]"), "{err}");
}

#[test]
fn bash_completes_with_its_script() {
    let place = Place::empty();
    place.write("script", &place.ok("completions bash"));
    let complete = |words: &str| {
        let script = format!(
            "source ./script; complete=$(complete -p mfa-gate | sed 's/.*-F \\([^ ]*\\).*/\\1/'); COMP_WORDS=({words}); \
             COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); $complete mfa-gate \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"; \
             echo \"${{COMPREPLY[@]}}\""
        );
        let output = Command::new("bash").args(["-c", &script]).current_dir(place.path("")).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(complete("mfa-gate exp"), "explain\n");
    assert_eq!(complete("mfa-gate explain --acc"), "--access-log\n");
    assert_eq!(complete("mfa-gate mint key --alg Ed"), "EdDSA\n");
}

#[test]
fn every_command_has_a_manual_page() {
    let place = Place::empty();
    let whole = place.ok("man");
    assert!(whole.contains("\n.TH mfa-gate 1 "), "{whole}");
    assert!(whole.contains("mfa\\-gate\\-explain(1)"), "{whole}");
    assert_eq!(place.ok("man --out pages"), "");
    let mut names = Vec::new();
    for entry in fs::read_dir(place.path("pages")).unwrap() {
        names.push(entry.unwrap().file_name().into_string().unwrap());
    }
    assert!(names.len() >= 9, "{names:?}");
    for name in &names {
        let page = place.read(&format!("pages/{name}"));
        let command = name.strip_suffix(".1").unwrap();
        assert!(page.contains(&format!("\n.TH {command} 1 ")), "{name}");
        let subcommand = command.strip_prefix("mfa-gate").unwrap().replace('-', " ");
        assert_eq!(place.ok(&format!("man{subcommand}")), page, "{name}");
        // Each command in the help has its page.
        let help = place.ok(format!("{} --help", subcommand.trim()).trim());
        let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
        for other in listed.filter_map(|line| line.split_whitespace().next()).filter(|other| *other != "help") {
            assert!(names.contains(&format!("{command}-{other}.1")), "{command} {other}");
        }
    }
    assert_eq!(place.wrong_use("man mint keys"), "error: no subcommand `keys`; known: key, token\n");
}
