//! Another plugin in the same Envoy that overwrites the shared data of the gate.

use std::fmt::Write as _;

use serde_json::json;

use crate::idp::{Idp, Reply};
use crate::proxy::envoy::Setup;
use crate::proxy::listener::Listener;
use crate::stage::{Stage, eventually, fetched, listener};
use crate::support::tokens::{ISSUER, good, jwk, jwks, now, token};

/// A module that writes these values under these names at every tick.
fn module(shared: &[(String, Vec<u8>)]) -> Vec<u8> {
    let (mut data, mut calls, mut at) = (String::new(), String::new(), 1024);
    let mut place = |bytes: &[u8]| {
        let text: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
        writeln!(data, "(data (i32.const {at}) \"{text}\")").expect("text");
        at += bytes.len();
        format!("(i32.const {}) (i32.const {})", at - bytes.len(), bytes.len())
    };
    for (name, value) in shared {
        let (name, value) = (place(name.as_bytes()), place(value));
        writeln!(calls, "(drop (call $set {name} {value} (i32.const 0)))").expect("text");
    }
    let text = format!(
        r#"(module
            (import "env" "proxy_set_tick_period_milliseconds" (func $tick (param i32) (result i32)))
            (import "env" "proxy_set_shared_data" (func $set (param i32 i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 2)
            {data}
            (func (export "proxy_abi_version_0_2_1"))
            (func (export "proxy_on_memory_allocate") (param i32) (result i32) (i32.const 65536))
            (func (export "proxy_on_context_create") (param i32 i32))
            (func (export "proxy_on_vm_start") (param i32 i32) (result i32) (i32.const 1))
            (func (export "proxy_on_configure") (param i32 i32) (result i32)
                (drop (call $tick (i32.const 20)))
                (i32.const 1))
            (func (export "proxy_on_tick") (param i32) {calls}))"#
    );
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

/// A shared record of keys: the time of the fetch, the end of freshness, and the key set.
fn record(set: &str) -> Vec<u8> {
    let [fetched, fresh_until] = [now() + 3600, now() + 7200].map(|seconds| (seconds * 1000).to_le_bytes());
    [&fetched, &fresh_until, set.as_bytes()].concat()
}

// catalogue: F17
#[test]
fn malformed_shared_data_of_another_plugin_is_ignored() {
    let theirs = json!({"keys": [jwk("stranger_p256", "a")]}).to_string();
    let left = [
        ("apart", record(&theirs)),
        ("theirs", record(&theirs)),
        ("nothing", Vec::new()),
        ("short", b"short".to_vec()),
        ("garbage", record("garbage")),
        ("empty", record(r#"{"keys":[]}"#)),
        ("symmetric", record(r#"{"keys":[{"kty":"oct","kid":"a","k":"AAAA"}]}"#)),
    ];
    let idp = Idp::start();
    let mut shared = Vec::new();
    let mut listeners = Vec::new();
    for (name, value) in left {
        let path = format!("/{name}");
        idp.set(&path, Reply::ok(jwks(&["a"])));
        let place = format!("idp|{}{path}|Exact({ISSUER:?})", ISSUER.trim_start_matches("https://"));
        shared.push((format!("mfa_gate.keys.{place}"), value));
        if name == "short" {
            shared.push((format!("mfa_gate.lease.{place}"), b"short".to_vec()));
        }
        let vm_id = if name == "apart" { "its own" } else { "shared" };
        let plugin = json!({"vm_config": {"vm_id": vm_id}});
        listeners.push(Listener { plugin, ..listener(name, &fetched(&path, &json!({}))) });
    }
    let file = tempfile::NamedTempFile::new().expect("a file for the module");
    std::fs::write(file.path(), module(&shared)).expect("writing the module");
    let vm = json!({"vm_id": "shared", "code": {"local": {"filename": file.path()}}});
    let neighbour = Listener { plugin: json!({"name": "neighbour", "vm_config": vm}), ..listener("other", &json!({})) };
    listeners.push(neighbour);
    let setup = Setup { workers: 2, others: &[("idp", idp.address)], ..Setup::default() };
    let stage = Stage::with(setup, &listeners);

    let forged = || token("stranger_p256", "a", &json!({}));
    // Plugins with the same `vm_id` share data, as documented. This also shows that the names above are correct.
    eventually("the other's keys", || stage.ask_all("theirs", &vec![forged(); 20]) == [200; 20]);
    for Listener { name, .. } in &listeners {
        if ["theirs", "other"].contains(&name.as_str()) {
            continue;
        }
        stage.wait_for_keys(name, "a");
        let answers: Vec<_> = (0..12).map(|_| stage.ask(name, &forged())).collect();
        assert!(answers.iter().all(|answer| answer.1 == "mfa_gate{signature-invalid}"), "{name}: {answers:?}");
        assert_eq!(stage.ask_all(name, &vec![good("a"); 20]), [200; 20], "{name}");
    }
    stage.assert_no_trap();
}
