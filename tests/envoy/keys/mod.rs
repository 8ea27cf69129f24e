//! Fetched keys, through a real Envoy with two workers and a real HTTP server as the identity provider.

mod discovery;
mod flood;
mod neighbour;
mod provider;
mod rotation;
mod time;
mod waiting;
