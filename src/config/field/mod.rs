//! The declaration of a field: its name, its kind, and whether it may be absent. [`super::fields`] is the table of fields.
#![cfg_attr(
    target_family = "wasm",
    expect(dead_code, reason = "only native code generates the schema and the field reference")
)]

mod declaration;
#[cfg(not(target_family = "wasm"))]
mod describe;
mod kind;
mod native_only;
mod presence;
mod shape;

pub use declaration::Field;
#[cfg(not(target_family = "wasm"))]
pub use describe::duration;
pub use kind::{Boolean, Choices, Duration, Integer, Kind, Nested, OneOf, Read, Shaped, Text, Texts};
pub use native_only::NativeOnly;
pub use presence::{Defaulted, MayBeAbsent, Optional, Required};
#[cfg(not(target_family = "wasm"))]
pub use shape::Description;
pub use shape::{Form, Object, Rule, Shape};
