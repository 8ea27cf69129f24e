//! `explain` as its users meet it: what it prints, to the letter, and the code it exits with.

mod curl;
mod keys;
mod log;
mod places;
mod steps;
mod stops;

/// Printed for a user without MFA.
const ADVICE_ON_MISSING_MFA: &str = "\
advice    operator: nothing, if users should prove MFA; have the identity provider ask for it (Conditional Access), and \
where another provider does MFA, pass its proof on and set `federated: multipleauthn`
          caller: sign in anew with MFA and use the new token: a token keeps what its sign-in proved
";
