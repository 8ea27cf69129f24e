//! What Partner Center reports, row by row, under its own names.

use std::borrow::Cow;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use crate::access_log::line::{GateRecord, LogLine};
use crate::table::Align;

/// Requests by users through an application on a day ("API request summarized by application").
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AppDay {
    /// The day, in UTC.
    pub login_date: String,
    /// Requests with proof of MFA.
    pub mfa_compliant_request_count: u64,
    /// Requests with and without.
    pub total_request_count: u64,
    /// The application's id; null where it is not logged.
    pub application_id: Option<String>,
    /// Its name.
    pub application_name: Option<String>,
}

/// A request by a user ("API request details").
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Request<'a> {
    /// Envoy's id of it.
    pub request_id: Option<&'a str>,
    /// The client's id of it.
    pub correlation_id: Option<&'a str>,
    /// Method and path.
    pub operation_name: String,
    /// When it came.
    pub request_date_time: String,
    /// Where from.
    pub ip_address: Option<&'a str>,
    /// The user.
    pub object_id: Option<&'a str>,
    /// The user's tenant.
    pub tenant_id: Option<&'a str>,
    /// The user's name.
    pub upn: Option<&'a str>,
    /// The application.
    pub application_id: Option<&'a str>,
    /// Whether the token proves MFA.
    pub mfa_compliant: bool,
}

impl<'a> Request<'a> {
    /// The request of a line; none if it is no user's.
    pub fn of(line: &'a LogLine<'_>, gate: &'a GateRecord<'_>) -> Option<Self> {
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

/// A user who came without proof of MFA ("portal request without MFA"), with what they sent.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct User {
    /// The user; null where users are not logged.
    pub object_id: Option<String>,
    /// The user's tenant.
    pub tenant_id: Option<String>,
    /// The user's name.
    pub upn: Option<String>,
    /// The last request without proof.
    pub last_non_mfa_compliant_login_date_time: String,
    /// The last request with proof; null where there was none.
    pub last_mfa_compliant_login_date_time: Option<String>,
    /// Requests with proof.
    pub mfa_compliant_request_count: u64,
    /// Requests with and without.
    pub total_request_count: u64,
    /// Whether there was none with proof since the last without.
    #[serde(skip)]
    pub lacks_mfa: bool,
}

impl User {
    /// Requests without proof.
    pub fn without(&self) -> u64 {
        self.total_request_count.saturating_sub(self.mfa_compliant_request_count)
    }

    /// The user for people: by name, else by id.
    pub fn called(&self) -> &str {
        self.upn.as_deref().or(self.object_id.as_deref()).unwrap_or("(not logged)")
    }
}

/// The columns of a table, by name.
pub type Columns = &'static [(&'static str, Align)];

/// A row as cells of text.
pub trait Row: Serialize {
    /// The columns' names.
    const COLUMNS: Columns;

    /// What stands in them.
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

/// A time as RFC 3339 has it.
pub fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}
