//! The command line as its users meet it: what it prints, where, and the code it exits with. And the documents, which show
//! some of that.

mod check;
mod closed_pipes;
mod command;
mod documents;
mod explain;
mod generated_log;
mod manual;
mod policy_test;
mod report;
mod schema;
#[path = "../support/mod.rs"]
mod support;
mod usage;
