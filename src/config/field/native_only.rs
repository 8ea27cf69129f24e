//! Descriptions that only native code contains.

/// A part of a field's description that reading does not need. The wasm module does not contain it.
#[derive(Debug)]
pub struct NativeOnly<T> {
    #[cfg(not(target_family = "wasm"))]
    pub(super) value: T,
    #[cfg(target_family = "wasm")]
    value: std::marker::PhantomData<T>,
}

impl<T: Copy> NativeOnly<T> {
    #[cfg(not(target_family = "wasm"))]
    pub(in crate::config) const fn new(value: T) -> Self {
        Self { value }
    }

    #[cfg(target_family = "wasm")]
    pub(in crate::config) const fn new(_: T) -> Self {
        Self { value: std::marker::PhantomData }
    }
}
