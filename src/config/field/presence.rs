//! Whether a field may be absent.

/// The field must be present.
#[derive(Debug)]
pub struct Required;

/// The field may be absent.
#[derive(Debug)]
pub struct Optional;

/// The field may be absent and has this default.
#[derive(Debug)]
pub struct Defaulted<T>(pub(in crate::config) T);

/// A presence that permits absence.
pub trait MayBeAbsent {}
impl MayBeAbsent for Optional {}
impl<T> MayBeAbsent for Defaulted<T> {}
