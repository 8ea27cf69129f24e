//! Which policy a request meets: its target read as an upstream would read it, and the most specific route
//! that claims it.

mod authority;
mod matcher;
mod path;
mod table;

pub use authority::{Authority, HostPattern};
pub use matcher::{PathPattern, Pattern, Route, Specificity};
pub use path::{MAX_PATH_BYTES, MAX_READINGS, PathError, Reading, RequestPath};
pub use table::{Conflict, PathCase, Routes};
