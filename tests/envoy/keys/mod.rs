//! Fetched keys, in a real Envoy with two workers and an HTTP server as the identity provider.

mod discovery;
mod flood;
mod neighbour;
mod provider;
mod rotation;
mod time;
mod waiting;
