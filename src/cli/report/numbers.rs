//! Numbers and shares, formatted for people.

/// A length as a count.
pub(super) fn of_length(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// The share of `part` in `whole`, on a scale from 0 to `scale`; 0 of nothing.
pub(super) fn scaled(part: u64, whole: u64, scale: u64) -> u64 {
    let scaled = (u128::from(part) * u128::from(scale)).checked_div(whole.into()).unwrap_or_default();
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

/// A count as a coordinate. Above 2^53 it is rounded, which no chart shows.
#[expect(clippy::as_conversions, reason = "there is no `From<u64>` for `f64`")]
pub(super) fn real(count: u64) -> f64 {
    count as f64
}

/// A number with thousands separators.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut separated = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            separated.push(',');
        }
        separated.push(digit);
    }
    separated
}

/// `part` of `whole` in percent with one decimal; a dash if `whole` is 0. Only "all" is shown as 100 and only "none" as
/// 0, regardless of rounding.
pub(super) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let tenths = (u128::from(part) * 2000 + u128::from(whole)) / (u128::from(whole) * 2);
    let tenths = match part {
        0 => 0,
        _ if part >= whole => 1000,
        _ => tenths.clamp(1, 999),
    };
    format!("{}.{} %", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_never_rounded_to_all_or_none() {
        assert_eq!(percent(0, 0), "–");
        assert_eq!(percent(0, 7), "0.0 %");
        assert_eq!(percent(7, 7), "100.0 %");
        assert_eq!(percent(999_999, 1_000_000), "99.9 %");
        assert_eq!(percent(1, 1_000_000), "0.1 %");
        assert_eq!(percent(1, 3), "33.3 %");
        assert_eq!(percent(2, 3), "66.7 %");
        assert_eq!(percent(u64::MAX - 1, u64::MAX), "99.9 %");
    }

    #[test]
    fn thousands_are_separated() {
        assert_eq!([0, 999, 1000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
    }
}
