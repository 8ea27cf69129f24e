//! From the bytes of a request header to claims that can be trusted: [`Credential`] -> [`Compact`] ->
//! [`Unverified`] -> [`Verified`]. Each step is the only way to the next; but for claims that the host vouches for, which
//! are [`Vouched`] -> [`Verified`].

mod cache;
mod claims;
mod compact;
mod credential;
mod error;
mod header;
mod verify;
mod vouched;

pub use cache::{Evidence, TokenCache};
pub use claims::{Claims, Malformed};
pub use compact::Compact;
pub use credential::Credential;
pub use error::TokenError;
pub use header::{Header, LastHeader};
pub use verify::{Unverified, Verified};
pub use vouched::Vouched;
