//! Routing: every reading of a request's target, and the most specific route that matches it.

mod authority;
mod matcher;
mod path;
mod table;

pub use authority::{Authority, HostPattern};
pub use matcher::{PathPattern, Pattern, Route, Specificity};
pub use path::{MAX_PATH_BYTES, MAX_READINGS, PathError, Reading, RequestPath};
pub use table::{Conflict, PathCase, Routes};
