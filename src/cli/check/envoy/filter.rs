//! An occurrence of the gate's filter.

use crate::check::cursor::At;

/// One of the gate's filters.
pub(super) struct Filter<'d> {
    /// The item of the filter chain.
    pub item: At<'d>,
    /// The message of the Wasm filter.
    pub wasm: At<'d>,
    /// The chain that contains it; `None` in a patch without one.
    pub chain: Option<Chain<'d>>,
}

/// A chain of HTTP filters, and the position of the gate in it.
pub(super) struct Chain<'d> {
    /// The filters of the chain.
    pub filters: Vec<At<'d>>,
    /// Position of the gate.
    pub index: usize,
}
