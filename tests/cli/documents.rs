//! The documents: every command in them is run and prints what they show, and every configuration in them is read.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::repository;

const DOCUMENTS: [&str; 10] = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "envoy/README.md",
    "envoy/commands.md",
    "envoy/configuration.md",
    "envoy/deployment.md",
    "envoy/keys.md",
    "envoy/monitoring.md",
    "tests/cases/README.md",
];

/// Commands that are not run here, by how they begin, and what runs them or an equivalent.
const ELSEWHERE: [(&str, &str); 12] = [
    ("make run", "`make demo`, which is the same once"),
    ("make test", "what runs this"),
    ("make wasm", "`make test`, which builds it first"),
    ("envoy -c envoy/first-api.yaml", "`tests/envoy/manifests/`, which has Envoy validate it"),
    ("make image", "`tests/envoy/image.rs`"),
    ("make release", "a build of its own; `tests/envoy/manifests/` runs on what it makes"),
    ("curl -si http://127.0.0.1:10000/", "`make demo`"),
    ("curl -si $api", "`make compose`"),
    ("docker compose ", "`make compose`"),
    ("skopeo copy ", "nothing: it needs a registry"),
    ("kubectl apply ", "nothing: it needs a cluster; `tests/envoy/manifests/` has the CRDs and Envoy take the files"),
    ("cargo install ", "`cargo build`, which builds the same"),
];

/// A fenced block.
struct Block {
    indent: String,
    document: &'static str,
    line: usize,
    language: String,
    text: String,
}

/// A command, and the output that a document has behind it; `None` where it shows none.
struct Shown {
    place: String,
    command: String,
    output: Option<String>,
}

fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    for document in DOCUMENTS {
        let text = fs::read_to_string(repository(document)).unwrap_or_else(|error| panic!("{document}: {error}"));
        let mut open: Option<Block> = None;
        for (number, line) in text.lines().enumerate() {
            // A block within a list is indented.
            match (&mut open, line.trim_start().strip_prefix("```")) {
                (None, Some(language)) => {
                    let indent = line[..line.len() - line.trim_start().len()].to_owned();
                    let (line, language) = (number + 1, language.to_owned());
                    open = Some(Block { document, line, language, indent, text: String::new() });
                }
                (Some(_), Some(_)) => blocks.extend(open.take()),
                (Some(block), None) => {
                    block.text += &format!("{}\n", line.strip_prefix(&*block.indent).unwrap_or(line))
                }
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{document}: a block does not end");
    }
    blocks
}

impl Block {
    fn commands(&self) -> Vec<Shown> {
        let place = |number: usize| format!("{}:{}", self.document, self.line + 1 + number);
        let shown = |number, command: &str, output| Shown { place: place(number), command: command.to_owned(), output };
        let lines = self.text.lines().enumerate();
        match self.language.as_str() {
            // What is behind `#` is a remark.
            "sh" => lines
                .filter_map(|(number, line)| Some((number, line.split(" #").next()?.trim())))
                .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
                .map(|(number, line)| shown(number, line, None))
                .collect(),
            "console" => {
                let mut found: Vec<Shown> = Vec::new();
                for (number, line) in lines {
                    match (line.strip_prefix("$ "), found.last_mut()) {
                        (Some(command), _) => found.push(shown(number, command, Some(String::new()))),
                        (None, Some(Shown { output: Some(output), .. })) => *output += &format!("{line}\n"),
                        (None, _) => assert!(line.is_empty() || line.starts_with('#'), "{}: `{line}`", place(number)),
                    }
                }
                found
            }
            // Nothing to be run.
            "yaml" | "text" | "promql" | "json" => Vec::new(),
            other => {
                panic!("{}: a block is `console`, `sh`, `yaml`, `json`, `promql` or `text`, not `{other}`", place(0))
            }
        }
    }
}

/// A folder that has all of the repository in it, but keeps what is written.
fn copy() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for entry in fs::read_dir(repository("")).expect("the repository") {
        let entry = entry.expect("an entry");
        std::os::unix::fs::symlink(entry.path(), folder.path().join(entry.file_name())).expect("a link");
    }
    folder
}

fn run(command: &str, folder: &Path) -> String {
    let tool = Path::new(env!("CARGO_BIN_EXE_mfa-gate")).parent().expect("a folder");
    let path = format!("{}:{}", tool.display(), std::env::var("PATH").unwrap_or_default());
    // Both streams as a terminal shows them: in one.
    let done = Command::new("bash")
        .args(["-c", &format!("exec 2>&1\n{command}")])
        .current_dir(folder)
        .env("PATH", path)
        .stdin(Stdio::null())
        .output()
        .expect("bash");
    assert!(
        !matches!(done.status.code(), Some(2 | 126 | 127)),
        "`{command}`: {}",
        String::from_utf8_lossy(&done.stdout)
    );
    String::from_utf8(done.stdout).expect("text")
}

#[test]
fn every_command_prints_what_the_documents_show() {
    let mut unused: Vec<_> = ELSEWHERE.iter().map(|(beginning, _)| *beginning).collect();
    let mut count = 0;
    for document in DOCUMENTS {
        // The commands of one document follow one another.
        let folder = copy();
        for shown in blocks().iter().filter(|block| block.document == document).flat_map(Block::commands) {
            if let Some((beginning, _)) = ELSEWHERE.iter().find(|(beginning, _)| shown.command.starts_with(beginning)) {
                unused.retain(|own| own != beginning);
                continue;
            }
            // The functions with which envoy/deployment.md asks the provider of its compose file.
            if shown.command.contains("() {") || shown.command.starts_with("api=") {
                continue;
            }
            let output = run(&shown.command, folder.path());
            if let Some(expected) = shown.output {
                assert_eq!(output.trim_end(), expected.trim_end(), "{}: `{}`", shown.place, shown.command);
            }
            count += 1;
        }
    }
    assert!(count >= 4, "{count} commands were run");
    assert!(unused.is_empty(), "no document has a command that begins with {unused:?}");
}

#[test]
fn every_configuration_in_the_documents_is_read() {
    let mut count = 0;
    for block in blocks().iter().filter(|block| block.language == "yaml" && block.text.starts_with("issuers:")) {
        let value: serde_json::Value = serde_saphyr::from_str(&block.text).expect("YAML");
        mfa_gate::config::parse(value.to_string().as_bytes())
            .unwrap_or_else(|errors| panic!("{}:{}: {errors}", block.document, block.line));
        count += 1;
    }
    assert!(count >= 1, "no document has a configuration");
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let mut broken = Vec::new();
    let mut count = 0;
    for document in DOCUMENTS {
        let path = repository(document);
        let text = fs::read_to_string(&path).expect("a document");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") {
                continue;
            }
            count += 1;
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { path.clone() } else { path.parent().expect("a folder").join(file) };
            let has_heading =
                || fs::read_to_string(&target).is_ok_and(|text| headings(&text).any(|own| own == heading));
            if !target.exists() || !(heading.is_empty() || has_heading()) {
                broken.push(format!("{document}: {link}"));
            }
        }
    }
    assert!(count > 20, "{count} links");
    assert!(broken.is_empty(), "links that lead nowhere:\n{}", broken.join("\n"));
}

/// The anchors of a page's headings, as GitHub makes them.
fn headings(text: &str) -> impl Iterator<Item = String> {
    text.lines()
        .filter_map(|line| line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#')))
        .map(|heading| {
            let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
        })
}
