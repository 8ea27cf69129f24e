//! Formats times, claims and conditions as text.

use chrono::{DateTime, SecondsFormat};
use mfa_gate::issuer_name::IssuerName;
use mfa_gate::policy::{AppOnly, Demand, Proof, Values};
use mfa_gate::time::UnixTime;
use mfa_gate::wire::json::{Json, Number};

use crate::terminal::{list, quoted};

/// The value of a claim.
pub(super) fn claim(value: Option<&Json<'_>>) -> String {
    match value {
        None => "absent".to_owned(),
        Some(Json::String(text)) => quoted(text),
        Some(Json::Bool(value)) => value.to_string(),
        Some(Json::Number(Number::Unsigned(value))) => value.to_string(),
        Some(Json::Number(Number::Negative(value))) => value.to_string(),
        Some(Json::Number(Number::Float(value))) => value.to_string(),
        Some(value) => match value.as_strings() {
            Some(texts) => format!("[{}]", list(&texts)),
            None => value.kind().to_owned(),
        },
    }
}

/// A time in RFC 3339 format.
pub(super) fn time(time: UnixTime) -> String {
    let time = DateTime::from_timestamp_millis(time.as_millis()).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// The distance of `time` from `now`.
pub(super) fn distance(time: UnixTime, now: UnixTime) -> String {
    let millis = time.as_millis().saturating_sub(now.as_millis());
    let length = length(millis.unsigned_abs() / 1000);
    match millis {
        ..=-1000 => format!("{length} ago"),
        1000.. => format!("in {length}"),
        _ => "now".to_owned(),
    }
}

/// A length in its two largest units.
fn length(seconds: u64) -> String {
    let units = [("d", seconds / 86_400), ("h", seconds / 3600 % 24), ("min", seconds / 60 % 60), ("s", seconds % 60)];
    let units = units.into_iter().skip_while(|(_, number)| *number == 0).take(2).filter(|(_, number)| *number > 0);
    units.map(|(unit, number)| format!("{number} {unit}")).collect::<Vec<_>>().join(" ")
}

/// The name of an issuer in the configuration.
pub(super) fn issuer(name: &IssuerName) -> String {
    quoted(&name.to_string())
}

/// The values that a condition requires.
pub(super) fn values(required: &Values) -> String {
    let part = |which: &str, values: &[String]| (!values.is_empty()).then(|| format!("{which} of {}", list(values)));
    let parts = [part("any", &required.any_of), part("all", &required.all_of)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" and ")
}

/// The requirements of a policy.
pub(super) fn demand(demand: &Demand) -> String {
    match demand {
        Demand::Public => "nothing".to_owned(),
        Demand::SignedIn => "any valid token".to_owned(),
        Demand::Mfa(demand) => {
            let app_only = match demand.app_only {
                AppOnly::Allow => "app-only tokens are allowed without it",
                AppOnly::Deny => "app-only tokens are denied",
            };
            let claims =
                demand.claims.iter().map(|(name, required)| format!("; also {} in `{name}`", values(required)));
            format!("{}; {app_only}{}", proof(&demand.proof), claims.collect::<String>())
        }
    }
}

fn proof(proof: &Proof) -> String {
    let amr = proof.amr.as_ref().map(|required| format!("{} in `amr`", values(required)));
    let federated = proof.federated.then(|| "`multipleauthn` in the federated claim".to_owned());
    [amr, federated].into_iter().flatten().collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_have_two_units_at_most() {
        let distance = |seconds: i64| distance(UnixTime::from_millis(seconds * 1000), UnixTime::from_millis(0));
        assert_eq!(distance(0), "now");
        assert_eq!(distance(-59), "59 s ago");
        assert_eq!(distance(3600), "in 1 h");
        assert_eq!(distance(3 * 86_400 + 4 * 3600 + 5), "in 3 d 4 h");
        assert_eq!(distance(86_400 + 5), "in 1 d");
    }
}
