//! The header that carries a token.

/// The name of the header, and the text before the token in its value: the first of the configuration's `token.headers`, or
/// `Authorization`.
pub fn carrier(first: Option<&str>) -> (&str, &'static str) {
    match first {
        None | Some("authorization") => ("Authorization", "Bearer "),
        Some(name) => (name, ""),
    }
}
