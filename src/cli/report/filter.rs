//! Which requests a report is of.

use chrono::NaiveDate;

use crate::access_log::line::GateRecord;

/// Days and tenants; all of them where none is named.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The first day, in UTC.
    pub from: Option<NaiveDate>,
    /// The last day.
    pub to: Option<NaiveDate>,
    /// The tenants.
    pub tenants: Vec<String>,
}

impl Filter {
    /// Whether the report is of this request, too. One without a verified token is of no tenant.
    pub fn lets_through(&self, day: NaiveDate, gate: &GateRecord<'_>) -> bool {
        let by_day = self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to);
        let is_named = |tenant: &str| self.tenants.iter().any(|named| named == tenant);
        by_day && (self.tenants.is_empty() || gate.tenant.as_deref().is_some_and(is_named))
    }
}
