//! Every line of the attack catalogue, in the sections that this gate answers for, has a case of the table or a test that bears its id.
//!
//! The catalogue lies outside the repository; CATALOGUE names another place for it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::support;

/// Header and algorithm, structure, claims, signatures and keys, key sets, fetching, transport, headers of the gate's own,
/// paths.
const SECTIONS: [char; 9] = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I'];

/// Lines of other sections: configurations that are wrong, and that are replaced.
const LINES: [&str; 3] = ["K04", "K05", "K06"];

#[test]
fn every_line_of_the_catalogue_has_a_case() {
    let path = std::env::var_os("CATALOGUE")
        .map_or_else(|| support::repository("../shared/attack-catalogue.txt"), PathBuf::from);
    let Ok(catalogue) = std::fs::read_to_string(&path) else {
        support::note(&format!(
            "the attack catalogue is not at `{}`: the table was compared with nothing",
            path.display()
        ));
        return;
    };
    let lines: BTreeSet<String> = catalogue.lines().filter_map(id).collect();
    assert!(lines.len() > 100, "`{}` has {} lines of the sections; is it the catalogue?", path.display(), lines.len());
    let covered = covered();
    let missing: Vec<_> = lines.difference(&covered).collect();
    assert!(missing.is_empty(), "no case for {missing:?}");
}

/// The id that a line starts with, if it is one that this gate answers for.
fn id(line: &str) -> Option<String> {
    let (id, _) = line.split_once(" | ")?;
    (is_id(id) && (id.starts_with(SECTIONS) || LINES.contains(&id))).then(|| id.to_owned())
}

fn is_id(text: &str) -> bool {
    matches!(text.as_bytes(), [letter, digits @ ..] if letter.is_ascii_uppercase() && digits.len() == 2 && digits.iter().all(u8::is_ascii_digit))
}

fn covered() -> BTreeSet<String> {
    let forge = support::forge::Forge::new();
    let mut covered: BTreeSet<String> =
        support::table::load(&forge).into_iter().filter_map(|entry| entry.case.id).collect();
    let mut folders = vec![support::repository("tests")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of tests") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("a file of tests");
                covered.extend(names(&text).flat_map(ids));
            }
        }
    }
    covered
}

/// The names of the tests in a file.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let mut lines = text.lines().map(str::trim_start);
    std::iter::from_fn(move || {
        lines.find(|line| *line == "#[test]")?;
        lines.next()?.strip_prefix("fn ")
    })
}

/// The ids that a test bears in its name, as `f01_f05_a_provider_...` does.
fn ids(name: &str) -> impl Iterator<Item = String> {
    name.split('_').map(str::to_uppercase).take_while(|id| is_id(id))
}
