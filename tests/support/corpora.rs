//! Published test vectors. They are not copied into the repository: CORPORA names their folder. The tests report a corpus that
//! is absent.

use std::path::PathBuf;

use serde_json::json;

use super::forge::Forge;
use super::table::Sample;

/// The folder of a corpus.
pub(crate) fn corpus(name: &str) -> Option<PathBuf> {
    let corpora = std::env::var_os("CORPORA").map_or_else(|| super::repository("../shared/corpora"), PathBuf::from);
    let path = corpora.join(name);
    if !path.is_dir() {
        super::note(&format!("the corpus is not at `{}`: nothing of it was run", path.display()));
        return None;
    }
    Some(path)
}

/// The files of JSONTestSuite: name and bytes.
pub(crate) fn json_test_suite() -> Option<Vec<(String, Vec<u8>)>> {
    let path = corpus("JSONTestSuite")?;
    let mut files: Vec<_> = std::fs::read_dir(path.join("test_parsing"))
        .expect("test_parsing")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            (path.file_name().expect("a name").to_string_lossy().into_owned(), std::fs::read(&path).expect("a file"))
        })
        .collect();
    files.sort();
    assert!(files.len() > 300, "{} files", files.len());
    Some(files)
}

/// Tokens with a file as the payload, as the header, and in an unused member of each, with the verdict where it is certain.
pub(crate) fn tokens_of(
    forge: &Forge,
    sample: &Sample,
    name: &str,
    bytes: &[u8],
    now: i64,
) -> Vec<(Vec<u8>, Option<bool>)> {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let whole = format!("$hex({hex})");
    let member = format!("{{$members,\"x\":$hex({hex})}}");
    let header = format!("{{\"alg\":\"RS256\",\"kid\":\"rsa\",\"x\":$hex({hex})}}");
    let wanted = match name.split_once('_') {
        Some(("y", _)) => {
            Some(!matches!(name, "y_object_duplicated_key.json" | "y_object_duplicated_key_and_value.json"))
        }
        Some(("n", _)) => Some(false),
        _ => None,
    };
    // A file that is not JSON can be valid inside an object, such as `n_structure_no_data` or an extra `}`.
    let alone = [json!({"from": "good", "payload": whole}), json!({"from": "good", "header_text": whole})];
    let inside = [json!({"from": "good", "payload": member}), json!({"from": "good", "header_text": header})];
    let as_whole = alone.iter().map(|spec| (sample.mint(forge, spec, now), (wanted == Some(false)).then_some(false)));
    let as_member = inside
        .iter()
        .map(|spec| (sample.mint(forge, spec, now), wanted.filter(|wanted| *wanted || name.starts_with('y'))));
    as_whole.chain(as_member).collect()
}
