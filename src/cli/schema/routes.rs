//! `routes`.

use std::collections::BTreeSet;

use schemars::JsonSchema;

use super::texts::Text;

/// Which requests meet which policy.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("oneOf" = [{"required": ["path"]}, {"required": ["prefix"]}]))]
pub struct Route {
    /// The route's name in logs and metrics: letters, digits, `_`, `-`.
    #[schemars(regex(pattern = r"^[A-Za-z0-9_-]{1,64}$"))]
    name: String,
    /// This path alone, as an upstream reads it. This or `prefix`.
    #[schemars(regex(pattern = r"^/$|^(/(?!\.{1,2}(/|$))[^/%\\;?#\x00-\x1f\x7f-\x9f]+)+/?$"))]
    path: Option<String>,
    /// This path and all below, by whole segments: `/admin` is not `/administrator`; `/` is every path. This or `path`.
    #[schemars(regex(pattern = r"^/$|^(/(?!\.{1,2}(/|$))[^/%\\;?#\x00-\x1f\x7f-\x9f]+)+$"))]
    prefix: Option<String>,
    /// For these methods alone, such as `GET`, which covers HEAD.
    #[schemars(length(min = 1))]
    methods: Option<BTreeSet<Method>>,
    /// For these hosts alone: `api.example.com` or `*.example.com`, lower case, without port.
    #[schemars(length(min = 1))]
    hosts: Option<BTreeSet<Host>>,
    /// What the route demands: one of `policies`, `public` or `signed_in`.
    policy: Text,
}

/// A method in upper case.
#[derive(JsonSchema)]
struct Method(#[schemars(regex(pattern = r"^[A-Z-]+$"))] String);

/// A host, or all hosts below one.
#[derive(JsonSchema)]
struct Host(#[schemars(regex(pattern = r"^(\*\.)?([a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f.]*:[0-9a-f:.]*\])$"))] String);

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum PathCase {
    /// As written and with case folded.
    Both,
    /// As written: the upstream heeds case.
    Exact,
}
