//! The rows of Partner Center's reports, with its column names.

use std::borrow::Cow;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use crate::access_log::line::{GateRecord, LogLine};
use crate::table::Align;

/// Users' requests through an application on one day ("API request summarized by application").
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AppDay {
    /// The day, in UTC.
    pub login_date: String,
    /// Requests with proof of MFA.
    pub mfa_compliant_request_count: u64,
    /// All requests by users.
    pub total_request_count: u64,
    /// The application's id; null if not logged.
    pub application_id: Option<String>,
    /// The application's display name.
    pub application_name: Option<String>,
}

/// A user's request ("API request details").
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request<'a> {
    /// Envoy's request id.
    pub request_id: Option<&'a str>,
    /// The client's correlation id.
    pub correlation_id: Option<&'a str>,
    /// Method and path.
    pub operation_name: String,
    /// When the request started.
    pub request_date_time: String,
    /// The client's address.
    pub ip_address: Option<&'a str>,
    /// The user's object id.
    pub object_id: Option<&'a str>,
    /// The user's tenant.
    pub tenant_id: Option<&'a str>,
    /// The user's sign-in name.
    pub upn: Option<&'a str>,
    /// The application's id.
    pub application_id: Option<&'a str>,
    /// Whether the token proves MFA.
    pub mfa_compliant: bool,
}

impl<'a> Request<'a> {
    /// The request of a line; `None` if the subject is not a user.
    pub(super) fn of(line: &'a LogLine<'_>, gate: &'a GateRecord<'_>) -> Option<Self> {
        let mfa_compliant = gate.mfa_compliant()?;
        let part = |part: &'a Option<_>| part.as_deref();
        let operation = [line.method.as_deref(), line.path.as_deref()];
        Some(Request {
            request_id: part(&line.request_id),
            correlation_id: part(&line.correlation_id),
            operation_name: operation.into_iter().flatten().collect::<Vec<_>>().join(" "),
            request_date_time: time(line.time),
            ip_address: part(&line.address),
            object_id: part(&gate.user),
            tenant_id: part(&gate.tenant),
            upn: part(&gate.upn),
            application_id: part(&gate.app),
            mfa_compliant,
        })
    }
}

/// A user with requests without proof of MFA ("portal request without MFA").
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct User {
    /// The user's object id; null if not logged.
    pub object_id: Option<String>,
    /// The user's tenant.
    pub tenant_id: Option<String>,
    /// The user's sign-in name.
    pub upn: Option<String>,
    /// The last request without proof.
    pub last_non_mfa_compliant_login_date_time: String,
    /// The last request with proof; null if there is none.
    pub last_mfa_compliant_login_date_time: Option<String>,
    /// Requests with proof.
    pub mfa_compliant_request_count: u64,
    /// All requests by users.
    pub total_request_count: u64,
    /// Whether no request with proof follows the last one without.
    #[serde(skip)]
    pub lacks_mfa: bool,
}

impl User {
    /// The number of requests without proof.
    pub(super) fn without(&self) -> u64 {
        self.total_request_count.saturating_sub(self.mfa_compliant_request_count)
    }

    /// The sign-in name, or else the object id.
    pub(super) fn display_name(&self) -> &str {
        self.upn.as_deref().or(self.object_id.as_deref()).unwrap_or("(not logged)")
    }
}

/// The names and alignments of columns.
pub(super) type Columns = &'static [(&'static str, Align)];

/// A row of a table.
pub(super) trait Row: Serialize {
    /// The columns.
    const COLUMNS: Columns;

    /// The cells, in the order of the columns.
    fn cells(&self) -> Vec<Cow<'_, str>>;
}

impl Row for AppDay {
    const COLUMNS: Columns = &[
        ("LoginDate", Align::Left),
        ("MfaCompliantRequestCount", Align::Right),
        ("TotalRequestCount", Align::Right),
        ("ApplicationId", Align::Left),
        ("ApplicationName", Align::Left),
    ];

    fn cells(&self) -> Vec<Cow<'_, str>> {
        vec![
            self.login_date.as_str().into(),
            self.mfa_compliant_request_count.to_string().into(),
            self.total_request_count.to_string().into(),
            text(self.application_id.as_deref()),
            text(self.application_name.as_deref()),
        ]
    }
}

impl Row for Request<'_> {
    const COLUMNS: Columns = &[
        ("RequestId", Align::Left),
        ("CorrelationId", Align::Left),
        ("OperationName", Align::Left),
        ("RequestDateTime", Align::Left),
        ("IpAddress", Align::Left),
        ("ObjectId", Align::Left),
        ("TenantId", Align::Left),
        ("Upn", Align::Left),
        ("ApplicationId", Align::Left),
        ("MfaCompliant", Align::Left),
    ];

    fn cells(&self) -> Vec<Cow<'_, str>> {
        vec![
            text(self.request_id),
            text(self.correlation_id),
            self.operation_name.as_str().into(),
            self.request_date_time.as_str().into(),
            text(self.ip_address),
            text(self.object_id),
            text(self.tenant_id),
            text(self.upn),
            text(self.application_id),
            self.mfa_compliant.to_string().into(),
        ]
    }
}

impl Row for User {
    const COLUMNS: Columns = &[
        ("ObjectId", Align::Left),
        ("TenantId", Align::Left),
        ("Upn", Align::Left),
        ("LastNonMfaCompliantLoginDateTime", Align::Left),
        ("LastMfaCompliantLoginDateTime", Align::Left),
        ("MfaCompliantRequestCount", Align::Right),
        ("TotalRequestCount", Align::Right),
    ];

    fn cells(&self) -> Vec<Cow<'_, str>> {
        vec![
            text(self.object_id.as_deref()),
            text(self.tenant_id.as_deref()),
            text(self.upn.as_deref()),
            self.last_non_mfa_compliant_login_date_time.as_str().into(),
            text(self.last_mfa_compliant_login_date_time.as_deref()),
            self.mfa_compliant_request_count.to_string().into(),
            self.total_request_count.to_string().into(),
        ]
    }
}

fn text(text: Option<&str>) -> Cow<'_, str> {
    text.unwrap_or_default().into()
}

/// A time in RFC 3339.
pub(super) fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}
