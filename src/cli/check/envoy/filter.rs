//! The gate's filter as it was found.

use crate::check::cursor::At;

/// One of the gate's filters.
pub struct Filter<'d> {
    /// What the filter chain holds.
    pub item: At<'d>,
    /// The message of the Wasm filter.
    pub wasm: At<'d>,
    /// Its chain.
    pub chain: Option<Chain<'d>>,
}

/// A chain of HTTP filters, and the position of the gate in it.
pub struct Chain<'d> {
    /// The filters of the chain.
    pub filters: Vec<At<'d>>,
    /// Position of the gate.
    pub index: usize,
}
