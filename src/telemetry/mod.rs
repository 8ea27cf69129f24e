//! What a decision leaves behind for operators: the names of metrics, the access-log entry.

pub mod access_log;
pub mod metrics;
