//! The access-log fields of a token: members of a `google.protobuf.Struct`, encoded once when the token is verified.

use sha2::{Digest as _, Sha256};

use super::claims::Claims;
use super::subject::Subject;
use crate::wire::google_struct::add_text;

/// Member: the token's `iss`.
pub const ISSUER: &str = "issuer";
/// Member: the token's `tid`.
pub const TENANT: &str = "tenant";
/// Member: the id of the application that the token was issued to.
pub const APP: &str = "app";
/// Member: the display name of that application.
pub const APP_NAME: &str = "app_name";
/// Member: the user's object id.
pub const USER: &str = "user";
/// Member: the user's sign-in name.
pub const UPN: &str = "upn";
/// Member: [`Subject::as_str`].
pub const SUBJECT: &str = "subject";
/// Member: the hash of the id of the key that verified the token.
pub const KEY: &str = "key";

/// What the access log names of a token. The token itself is never logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessLog {
    /// How a user is named.
    pub user: LoggedUser,
    /// Whether the key that verified the token is named.
    pub key: LoggedKey,
}

/// How a user is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoggedUser {
    /// By object id and sign-in name.
    Name,
    /// By object id.
    Id,
    /// Not logged.
    None,
}

/// How the key that verified a token is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoggedKey {
    /// By the start of the SHA-256 of its id, in hexadecimal.
    Hash,
    /// Not logged.
    None,
}

/// The claims that name the application: of Entra v1.0, of Entra v2.0 (OpenID Connect), of RFC 9068.
const APP_CLAIMS: [&str; 3] = ["appid", "azp", "client_id"];

/// The claims that hold the sign-in name: of Entra v1.0, of its guests, of Entra v2.0.
const USER_NAME_CLAIMS: [&str; 3] = ["upn", "unique_name", "preferred_username"];

/// Maximum length of a value, in bytes. Ids and names are shorter, and a log line is no place for more.
const MAX_VALUE_BYTES: usize = 256;

/// How many bytes of a key id's hash are logged: enough to tell keys apart.
const KEY_HASH_BYTES: usize = 8;

impl AccessLog {
    /// The members that a verified token adds to the entry of each of its requests.
    pub fn token(self, claims: &Claims<'_>, subject: Subject, key_id: Option<&str>) -> Vec<u8> {
        let mut members = Vec::new();
        let mut add_first = |name: &str, candidates: &[&str]| {
            // A claim that is not a string names nothing; the claims that a decision needs were checked before.
            let value = candidates.iter().find_map(|claim| claims.text(claim).ok().flatten());
            if let Some(value) = value.filter(|value| value.len() <= MAX_VALUE_BYTES) {
                add_text(&mut members, name, value);
            }
        };
        add_first(ISSUER, &["iss"]);
        add_first(TENANT, &["tid"]);
        add_first(APP, &APP_CLAIMS);
        add_first(APP_NAME, &["app_displayname"]);
        if subject == Subject::User {
            if self.user != LoggedUser::None {
                add_first(USER, &["oid", "sub"]);
            }
            if self.user == LoggedUser::Name {
                add_first(UPN, &USER_NAME_CLAIMS);
            }
        }
        add_text(&mut members, SUBJECT, subject.as_str());
        if let (LoggedKey::Hash, Some(id)) = (self.key, key_id) {
            let hash = Sha256::digest(id.as_bytes());
            add_text(&mut members, KEY, &hexadecimal(hash.get(..KEY_HASH_BYTES).unwrap_or_default()));
        }
        members
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::google_struct;
    use crate::wire::json::Json;

    fn members(log: AccessLog, claims: &str, subject: Subject) -> String {
        let Ok(Json::Object(claims)) = Json::parse(claims.as_bytes(), 4) else { panic!("{claims}") };
        let bytes = log.token(&Claims::new(claims), subject, Some("kid-1"));
        let members = google_struct::read(&bytes, 4).unwrap();
        members.iter().map(|(name, value)| format!("{name}={} ", value.as_str().unwrap())).collect()
    }

    #[test]
    fn a_user_is_named_as_configured() {
        let claims = r#"{"iss":"i","tid":"t","appid":"a","oid":"o","upn":"u","app_displayname":7}"#;
        let log = |user| AccessLog { user, key: LoggedKey::None };
        let named = members(log(LoggedUser::Name), claims, Subject::User);
        assert_eq!(named, "app=a issuer=i subject=user tenant=t upn=u user=o ");
        let by_id = members(log(LoggedUser::Id), claims, Subject::User);
        assert_eq!(by_id, "app=a issuer=i subject=user tenant=t user=o ");
        assert_eq!(members(log(LoggedUser::None), claims, Subject::User), "app=a issuer=i subject=user tenant=t ");
        assert_eq!(members(log(LoggedUser::Name), claims, Subject::App), "app=a issuer=i subject=app tenant=t ");
    }

    #[test]
    fn a_key_is_named_by_the_start_of_its_hash() {
        let log = AccessLog { user: LoggedUser::None, key: LoggedKey::Hash };
        // printf kid-1 | sha256sum
        let expected = format!("key={} subject=user ", &KID_1_SHA256[..16]);
        assert_eq!(members(log, "{}", Subject::User), expected);
    }

    const KID_1_SHA256: &str = "db26d710b41ea1dcfddfb68fa7b7b4418140b1cf269b8fedc1084328b94fe4d2";
}
