//! Every line of the attack catalogue, in the sections that this gate answers for, has a case of the table or a test that bears its id.
//!
//! The catalogue lies outside the repository; CATALOGUE names another place for it.

mod support;

use std::collections::BTreeSet;
use std::path::PathBuf;

/// Header and algorithm, structure, claims, transport, headers of the gate's own, paths.
const SECTIONS: [char; 6] = ['A', 'B', 'C', 'G', 'H', 'I'];

/// Files whose tests bear the ids of lines, as in `i25_a_redirect_...` or `f01_f05_a_provider_...`.
const TESTS: [&str; 3] = ["tests/protocols.rs", "tests/corpora.rs", "tests/keys.rs"];

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

/// The id that a line starts with, if it is of one of the sections.
fn id(line: &str) -> Option<String> {
    let (id, _) = line.split_once(" | ")?;
    (id.starts_with(SECTIONS) && is_id(id)).then(|| id.to_owned())
}

fn is_id(text: &str) -> bool {
    matches!(text.as_bytes(), [letter, digits @ ..] if letter.is_ascii_uppercase() && digits.len() == 2 && digits.iter().all(u8::is_ascii_digit))
}

fn covered() -> BTreeSet<String> {
    let forge = support::forge::Forge::new();
    let mut covered: BTreeSet<String> =
        support::table::load(&forge).into_iter().filter_map(|entry| entry.case.id).collect();
    for path in TESTS {
        let text = std::fs::read_to_string(support::repository(path)).expect(path);
        let names = text.lines().filter_map(|line| line.trim_start().strip_prefix("fn "));
        covered.extend(names.flat_map(|name| name.split('_').map(str::to_uppercase).take_while(|id| is_id(id))));
    }
    covered
}
