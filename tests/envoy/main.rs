//! The shipped module: its imports and image, and its behaviour in a real Envoy.

mod clock;
mod configurations;
mod corpora;
mod grpc;
mod heap;
mod idp;
mod image;
mod jwt_authn;
mod keys;
mod manifests;
mod module;
mod observability;
mod protocols;
#[path = "../support/proxy/mod.rs"]
mod proxy;
mod signatures;
mod stage;
#[path = "../support/mod.rs"]
mod support;
mod tracing;
mod xds;
