//! The subject of a token: a user or an application.

use super::claims::{ClaimError, Claims};
use crate::issuer::{AppOnlyMark, Issuer};

/// The subject of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A user, with or without an application acting for them. The default for tokens that are not marked.
    User,
    /// An application without a user (client credentials).
    App,
}

/// Claims of users alone. One of them is enough to make the subject a user.
pub const USER_NAMES: [&str; 7] =
    ["upn", "unique_name", "preferred_username", "name", "given_name", "family_name", "email"];

impl Subject {
    /// The subject of a token, by the mark of its issuer.
    ///
    /// # Errors
    ///
    /// A claim of the mark has a wrong type.
    pub fn of(claims: &Claims<'_>, issuer: &Issuer) -> Result<Self, ClaimError> {
        let is_app = match issuer.app_only {
            None => false,
            Some(AppOnlyMark::Entra) => is_entra_app(claims)?,
            Some(AppOnlyMark::Rfc9068) => {
                let subject = claims.text("sub")?;
                subject.is_some() && subject == claims.text("client_id")?
            }
        };
        Ok(if is_app { Self::App } else { Self::User })
    }

    /// `user` or `app`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::App => "app",
        }
    }
}

/// `idtyp` is an optional claim, so its absence proves nothing; then all other claims must agree. `roles` does not count, as
/// users have roles too; nor does the absence of `scp` alone.
fn is_entra_app(claims: &Claims<'_>) -> Result<bool, ClaimError> {
    if let Some(kind) = claims.text("idtyp")? {
        return Ok(kind == "app");
    }
    // v1.0 tokens have `appidacr`, v2.0 tokens `azpacr`: 1 is a client secret, 2 a certificate, 0 a public client.
    let authenticated = |acr: Option<&str>| matches!(acr, Some("1" | "2"));
    let (v1, v2) = (claims.text("appidacr")?, claims.text("azpacr")?);
    let confidential = authenticated(v1) || authenticated(v2);
    let named = USER_NAMES.iter().any(|name| claims.get(name).is_some());
    let object = claims.text("oid")?;
    let same = object.is_some() && object == claims.text("sub")?;
    Ok(confidential && claims.get("scp").is_none() && !named && same)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::json::Json;

    fn entra(claims: &str) -> Result<bool, ClaimError> {
        let Ok(Json::Object(claims)) = Json::parse(claims.as_bytes(), 4) else { panic!("{claims}") };
        is_entra_app(&Claims::new(claims))
    }

    #[test]
    fn idtyp_decides_alone() {
        assert_eq!(entra(r#"{"idtyp":"app"}"#), Ok(true));
        assert_eq!(entra(r#"{"idtyp":"user","appidacr":"1","oid":"a","sub":"a"}"#), Ok(false));
        assert!(entra(r#"{"idtyp":["app"]}"#).is_err());
    }

    #[test]
    fn without_idtyp_everything_must_agree() {
        assert_eq!(entra(r#"{"appidacr":"1","oid":"a","sub":"a"}"#), Ok(true));
        assert_eq!(entra(r#"{"azpacr":"2","oid":"a","sub":"a"}"#), Ok(true));
        for claims in [
            r#"{"appidacr":"0","oid":"a","sub":"a"}"#,
            r#"{"oid":"a","sub":"a"}"#,
            r#"{"appidacr":"1","oid":"a","sub":"b"}"#,
            r#"{"appidacr":"1"}"#,
            r#"{"appidacr":"1","oid":"a","sub":"a","scp":"x"}"#,
            r#"{"appidacr":"1","oid":"a","sub":"a","upn":null}"#,
            r#"{"appidacr":"1","oid":"a","sub":"a","name":"n"}"#,
            r#"{"roles":["Application.ReadWrite.All"]}"#,
            "{}",
        ] {
            assert_eq!(entra(claims), Ok(false), "{claims}");
        }
    }

    #[test]
    fn a_wrong_type_is_an_error() {
        assert!(entra(r#"{"appidacr":1,"oid":"a","sub":"a"}"#).is_err());
        assert!(entra(r#"{"appidacr":"1","oid":["a"],"sub":"a"}"#).is_err());
    }
}
