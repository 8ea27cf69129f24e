//! `explain` as its users meet it: what it prints, to the letter, and the code it exits with.

mod curl;
mod keys;
mod log;
mod places;
mod steps;
mod stops;
