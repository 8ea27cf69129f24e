//! From the bytes of a request header to claims that can be trusted: [`Credential`] -> [`Compact`] -> [`Unverified`] ->
//! [`Verified`]. Each step is the only way to the next. Claims that jwt_authn verified take another way: [`Vouched`] ->
//! [`Verified`].

mod cache;
mod claims;
mod compact;
mod credential;
mod error;
mod header;
mod jwt_authn;
pub mod log_fields;
mod remembered;
mod rules;
mod subject;
mod trust;
mod verification;
mod verify;

pub use cache::{CacheKey, TokenCache};
pub use claims::{ClaimError, Claims};
pub use compact::Compact;
pub use credential::Credential;
pub use error::TokenError;
pub use header::{Header, LastHeader};
pub use jwt_authn::Vouched;
pub use log_fields::{AccessLog, LoggedKey, LoggedUser};
pub use remembered::{is_good, remembered};
pub use rules::{CacheBounds, TokenRules};
pub use subject::Subject;
pub use trust::Trust;
pub use verification::Verification;
pub use verify::{Unverified, Verified};
