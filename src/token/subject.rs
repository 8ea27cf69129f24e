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

/// Claims of users: the presence of one makes the subject a user under every mark.
const USER_CLAIMS: [&str; 10] =
    ["auth_time", "sid", "nonce", "at_hash", "email", "upn", "unique_name", "name", "given_name", "family_name"];

/// RFC 9068 section 2.2.1 keeps authentication claims for flows with a user.
const USER_CLAIMS_OF_RFC_9068: [&str; 2] = ["acr", "preferred_username"];

/// Entra issues delegated permissions to users alone.
const USER_CLAIMS_OF_ENTRA: [&str; 3] = ["acr", "preferred_username", "scp"];

impl AppOnlyMark {
    /// The claims whose presence makes the subject a user. A non-empty `amr` does so as well.
    pub fn user_claims(self) -> impl Iterator<Item = &'static str> {
        let of_mark: &[&str] = match self {
            Self::Entra => &USER_CLAIMS_OF_ENTRA,
            Self::Rfc9068 => &USER_CLAIMS_OF_RFC_9068,
        };
        USER_CLAIMS.into_iter().chain(of_mark.iter().copied())
    }
}

impl Subject {
    /// The subject of a token: an application only if the mark of its issuer says so, and no claim is evidence of a user.
    ///
    /// # Errors
    ///
    /// A claim of the mark, or `amr` of a marked token, has a wrong type.
    pub fn of(claims: &Claims<'_>, issuer: &Issuer) -> Result<Self, ClaimError> {
        let Some(mark) = issuer.app_only else { return Ok(Self::User) };
        let is_marked = match mark {
            AppOnlyMark::Entra => has_mark_of_entra(claims)?,
            AppOnlyMark::Rfc9068 => {
                let subject = claims.text("sub")?;
                subject.is_some() && subject == claims.text("client_id")?
            }
        };
        let is_app = is_marked && !has_user_claim(claims, mark)?;
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

fn has_user_claim(claims: &Claims<'_>, mark: AppOnlyMark) -> Result<bool, ClaimError> {
    let has_amr = claims.texts("amr")?.is_some_and(|amr| !amr.is_empty());
    Ok(has_amr || mark.user_claims().any(|name| claims.get(name).is_some()))
}

/// `idtyp` is an optional claim, so its absence proves nothing; then all other claims must agree. `roles` does not count, as
/// users have roles too.
fn has_mark_of_entra(claims: &Claims<'_>) -> Result<bool, ClaimError> {
    if let Some(kind) = claims.text("idtyp")? {
        return Ok(kind == "app");
    }
    // v1.0 tokens have `appidacr`, v2.0 tokens `azpacr`: 1 is a client secret, 2 a certificate, 0 a public client.
    let authenticated = |acr: Option<&str>| matches!(acr, Some("1" | "2"));
    let (v1, v2) = (claims.text("appidacr")?, claims.text("azpacr")?);
    let confidential = authenticated(v1) || authenticated(v2);
    let object = claims.text("oid")?;
    let same = object.is_some() && object == claims.text("sub")?;
    Ok(confidential && same)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::json::Json;

    fn entra(claims: &str) -> Result<bool, ClaimError> {
        let Ok(Json::Object(claims)) = Json::parse(claims.as_bytes(), 4) else { panic!("{claims}") };
        let claims = Claims::new(claims);
        Ok(has_mark_of_entra(&claims)? && !has_user_claim(&claims, AppOnlyMark::Entra)?)
    }

    #[test]
    fn idtyp_decides_without_evidence_of_a_user() {
        assert_eq!(entra(r#"{"idtyp":"app"}"#), Ok(true));
        assert_eq!(entra(r#"{"idtyp":"app","amr":[]}"#), Ok(true));
        assert_eq!(entra(r#"{"idtyp":"app","amr":["pwd"]}"#), Ok(false));
        assert_eq!(entra(r#"{"idtyp":"app","scp":"x"}"#), Ok(false));
        assert!(entra(r#"{"idtyp":"app","amr":"pwd"}"#).is_err());
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
