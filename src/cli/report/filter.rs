//! Selects the requests of a report.

use chrono::NaiveDate;

use crate::access_log::line::GateRecord;

/// The selected days and tenants. An empty field selects all.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    /// The first day, in UTC.
    pub from: Option<NaiveDate>,
    /// The last day, in UTC.
    pub to: Option<NaiveDate>,
    /// The tenants.
    pub tenants: Vec<String>,
}

impl Filter {
    /// Whether the report includes the request. A request without a verified token belongs to no tenant.
    pub(super) fn includes(&self, day: NaiveDate, gate: &GateRecord<'_>) -> bool {
        let by_day = self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to);
        let is_named = |tenant: &str| self.tenants.iter().any(|named| named == tenant);
        by_day && (self.tenants.is_empty() || gate.tenant.as_deref().is_some_and(is_named))
    }
}
