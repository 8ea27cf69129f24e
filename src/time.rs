//! Times and durations. In the core the current time is always an argument.

use crate::wire::json::Number;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixTime(i64);

/// A duration in milliseconds, never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(i64);

/// 9999-12-31T23:59:59Z, the last second that RFC 3339 can write. Later times are mistakes: milliseconds given as seconds,
/// or "never".
const MAX_SECONDS: u64 = 253_402_300_799;

/// Milliseconds in a second.
const MILLIS: i64 = 1000;

/// How to round a fraction of a millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// Towards the past: for `exp`.
    Down,
    /// Towards the future: for `nbf` and `iat`.
    Up,
}

impl UnixTime {
    /// The time `millis` milliseconds after 1970.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970; 0 before.
    pub fn as_seconds(self) -> u64 {
        u64::try_from(self.0.div_euclid(MILLIS)).unwrap_or(0)
    }

    /// A NumericDate (RFC 7519 section 2): seconds since 1970, with or without a fraction. `None` before 1970 and after the
    /// year 9999.
    #[expect(clippy::as_conversions, reason = "in range, and there is no `TryFrom<f64>`")]
    pub fn from_numeric_date(date: Number, round: Round) -> Option<Self> {
        let millis = match date {
            Number::Unsigned(seconds) if seconds <= MAX_SECONDS => i64::try_from(seconds).ok()?.checked_mul(MILLIS)?,
            Number::Float(seconds) if (0.0..=MAX_SECONDS as f64).contains(&seconds) => {
                let millis = seconds * MILLIS as f64;
                let whole = if round == Round::Down { millis.floor() } else { millis.ceil() };
                // In range by the guard: 253,402,300,799,000 is far below 2^53.
                whole as i64
            }
            Number::Unsigned(_) | Number::Negative(_) | Number::Float(_) => return None,
        };
        Some(Self(millis))
    }

    /// The time `span` later; saturates.
    pub const fn plus(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Span {
    /// A duration of `seconds`.
    #[expect(clippy::as_conversions, reason = "widening; `From` is not const")]
    pub const fn from_seconds(seconds: u32) -> Self {
        Self((seconds as i64).saturating_mul(MILLIS))
    }

    /// A duration of `millis` milliseconds.
    #[expect(clippy::as_conversions, reason = "widening; `From` is not const")]
    pub const fn from_millis(millis: u32) -> Self {
        Self(millis as i64)
    }

    /// The sum; saturates.
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The duration from one time to another; zero if `to` is earlier.
    pub fn between(from: UnixTime, to: UnixTime) -> Self {
        Self(to.0.saturating_sub(from.0).max(0))
    }

    /// The duration multiplied by `factor`; saturates.
    pub fn times(self, factor: u32) -> Self {
        Self(self.0.saturating_mul(i64::from(factor)))
    }

    /// The duration plus a random share of up to one in `parts`.
    pub fn plus_share(self, random: u32, parts: u32) -> Self {
        Self(self.0.saturating_add(self.share(random, parts)))
    }

    /// The duration minus a random share of up to one in `parts`.
    pub fn less_share(self, random: u32, parts: u32) -> Self {
        Self(self.0.saturating_sub(self.share(random, parts)))
    }

    fn share(self, random: u32, parts: u32) -> i64 {
        let most = self.0.checked_div(i64::from(parts)).unwrap_or(0);
        i64::from(random).checked_rem(most.saturating_add(1)).unwrap_or(0)
    }

    /// Milliseconds.
    pub fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds.
    pub fn as_seconds(self) -> i64 {
        self.0.checked_div(MILLIS).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(number: Number) -> Option<i64> {
        UnixTime::from_numeric_date(number, Round::Down).map(UnixTime::as_millis)
    }

    #[test]
    fn a_numeric_date_is_exact_or_nothing() {
        assert_eq!(date(Number::Unsigned(0)), Some(0));
        assert_eq!(date(Number::Float(-0.0)), Some(0));
        assert_eq!(date(Number::Float(4.1e9)), date(Number::Unsigned(4_100_000_000)));
        assert_eq!(date(Number::Float(4_102_444_800.5)), Some(4_102_444_800_500));
        for number in [
            Number::Unsigned(u64::MAX),
            Number::Unsigned(1 << 63),
            Number::Unsigned(MAX_SECONDS + 1),
            Number::Negative(-1),
            Number::Negative(i64::MIN),
            Number::Float(-0.5),
            Number::Float(1e308),
            Number::Float(f64::NAN),
        ] {
            assert_eq!(date(number), None, "{number:?}");
        }
    }

    #[test]
    fn a_fraction_never_lengthens_a_tokens_life() {
        let half = Number::Float(1.000_5);
        assert_eq!(UnixTime::from_numeric_date(half, Round::Down), Some(UnixTime(1000)));
        assert_eq!(UnixTime::from_numeric_date(half, Round::Up), Some(UnixTime(1001)));
    }
}
