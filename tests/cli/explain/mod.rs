//! `explain` as its users meet it: what it prints, to the letter, and the code it exits with.

mod curl;
mod keys;
mod log;
mod places;
mod steps;
mod stops;

/// Printed for a user without MFA.
const ADVICE_ON_MISSING_MFA: &str = "\
advice    operator: nothing, if users should prove MFA; make the identity provider require it (Conditional Access); \
if a federated provider does MFA, forward its proof and set `federated: multipleauthn`
          caller: sign in again with MFA and use the new token: a token proves only what its sign-in proved
";
