//! Parses the parts of a request on the command line.

/// Parses a method and a target, as in a request line.
pub(crate) fn parse_line(line: &str) -> Result<(String, String), String> {
    match line.split_once(' ') {
        Some((method, target)) if !method.is_empty() => Ok((method.to_owned(), target.to_owned())),
        _ => Err(format!("expected a method and a path, such as `GET /v1/customers`; found `{line}`")),
    }
}

/// Parses a header line into the name, in lower case, and the value.
pub(crate) fn parse_header(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':').filter(|(name, _)| is_name(name))?;
    Some((name.to_ascii_lowercase(), value.trim().to_owned()))
}

/// Whether the text is a field name (RFC 9110 section 5.6.2).
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_headers_and_request_lines_are_rejected() {
        for line in ["Authorization Bearer a", ": a", "a b: c", ""] {
            assert_eq!(parse_header(line), None, "{line}");
        }
        for line in ["GET", "", " /"] {
            assert!(parse_line(line).is_err(), "{line}");
        }
    }
}
