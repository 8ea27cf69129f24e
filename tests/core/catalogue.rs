//! `tests/catalogue.txt` and the tests list the same attacks.
//!
//! A test names its lines in a comment above `#[test]`, `// catalogue: F01 F05`; a case of the table by its `id`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::support::forge::Forge;
use crate::support::{repository, table};

const CATALOGUE: &str = "tests/catalogue.txt";

/// Precedes the ids of a test.
const MARK: &str = "// catalogue: ";

#[test]
fn every_line_has_a_test_and_every_id_has_a_line() {
    let (lines, ids) = (lines(), ids());
    let untested: Vec<_> = lines.iter().filter(|id| !ids.contains_key(*id)).collect();
    assert!(untested.is_empty(), "no test and no case has the ids {untested:?}");
    let unknown: Vec<_> = ids.iter().filter(|(id, _)| !lines.contains(*id)).collect();
    assert!(unknown.is_empty(), "{CATALOGUE} has no line for {unknown:?}");
}

/// The ids of the catalogue's lines.
fn lines() -> BTreeSet<String> {
    let text = std::fs::read_to_string(repository(CATALOGUE)).expect(CATALOGUE);
    let mut ids = BTreeSet::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (id, rest) = line.split_once("  ").unwrap_or_default();
        let (sent, answer) = rest.split_once("  ->  ").unwrap_or_default();
        assert!(
            is_id(id) && !sent.is_empty() && !answer.is_empty(),
            "{CATALOGUE}: `{line}` is not `ID  sent  ->  answer`"
        );
        assert!(ids.last().is_none_or(|last: &String| last.as_str() < id), "{CATALOGUE}: `{id}` is out of order");
        ids.insert(id.to_owned());
    }
    ids
}

fn is_id(text: &str) -> bool {
    matches!(text.as_bytes(), [letter, tens, ones] if letter.is_ascii_uppercase() && tens.is_ascii_digit() && ones.is_ascii_digit())
}

/// The ids in tests and cases, each with one place that contains it.
fn ids() -> BTreeMap<String, String> {
    let cases = table::load(&Forge::new()).into_iter();
    let mut ids: BTreeMap<String, String> =
        cases.filter_map(|entry| Some((entry.resolved.case.id.clone()?, table::title(&entry)))).collect();
    for path in ["src", "tests"].iter().flat_map(|folder| sources(&repository(folder))) {
        let text = std::fs::read_to_string(&path).expect("a source file");
        let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
        for (number, line) in (1..).zip(&lines) {
            let Some(list) = line.strip_prefix(MARK) else { continue };
            let place = format!("{}:{number}", path.strip_prefix(repository("")).unwrap_or(&path).display());
            assert_eq!(lines.get(number), Some(&"#[test]"), "{place}: ids stand above `#[test]`");
            for id in list.split(' ') {
                assert!(is_id(id), "{place}: `{id}` is not an id");
                ids.insert(id.to_owned(), place.clone());
            }
        }
    }
    ids
}

/// The Rust files below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut sources = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources.extend(self::sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(path);
        }
    }
    sources
}
