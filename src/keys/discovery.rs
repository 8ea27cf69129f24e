//! A provider's metadata (OpenID Connect Discovery 1.0): where its keys are.

use super::schedule::{FetchError, Fetched, MAX_SET_DEPTH, check};
use super::source::Uri;
use crate::issuer_name::IssuerName;
use crate::wire::json::Json;

/// The address of the key set in a provider's metadata.
///
/// # Errors
///
/// The response is unusable, the metadata are another issuer's (OpenID Connect Discovery 1.0 section 4.3), or `jwks_uri` is
/// not an `https` URL.
pub fn jwks_uri_of(answer: &Fetched<'_>, issuer: &IssuerName) -> Result<Uri, FetchError> {
    let no = |what: String| FetchError::NoKeys(what);
    let json = Json::parse(check(answer)?, MAX_SET_DEPTH).map_err(|error| no(format!("not JSON: {error}")))?;
    let Json::Object(metadata) = json else { return Err(no("the metadata are not an object".to_owned())) };
    let text = |name: &str| metadata.get(name).and_then(Json::as_str);
    let named = text("issuer").unwrap_or_default();
    if !issuer.matches_metadata(named) {
        return Err(no(format!("the metadata are of issuer `{}`", named.escape_debug())));
    }
    let uri = text("jwks_uri").unwrap_or_default();
    Uri::parse(uri).ok_or_else(|| no(format!("`jwks_uri` is `{}`, not an `https` URL", uri.escape_debug())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_of_another_issuer_are_refused() {
        let issuer = IssuerName::Exact("https://issuer.test".to_owned());
        let metadata = |issuer: &str, uri: &str| format!(r#"{{"issuer":"{issuer}","jwks_uri":"{uri}"}}"#);
        let uri = |text: &str| {
            jwks_uri_of(&Fetched { status: Some(200), cache_control: None, body: text.as_bytes() }, &issuer)
                .map_err(|error| error.to_string())
        };
        assert_eq!(
            uri(&metadata("https://issuer.test", "https://issuer.test/keys")),
            Ok(Uri::parse("https://issuer.test/keys").unwrap())
        );
        assert_eq!(
            uri(&metadata("https://evil.test", "https://evil.test/keys")),
            Err("the metadata are of issuer `https://evil.test`".to_owned())
        );
        assert_eq!(
            uri(&metadata("https://issuer.test", "http://issuer.test/keys")),
            Err("`jwks_uri` is `http://issuer.test/keys`, not an `https` URL".to_owned())
        );
    }
}
