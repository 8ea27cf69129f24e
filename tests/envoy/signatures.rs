//! Valid and faulty signatures: the core, the filter with the host's crypto and the filter without it agree on each.

use serde_json::json;

use crate::idp::Idp;
use crate::stage::Stage;
use crate::support::faults::RsaKey;
use crate::support::native::gate;
use crate::support::signatures::{judge, signatures, trusting};

// catalogue: D01 D02 D03 D04 D05 D06 D12
#[test]
fn all_verifiers_agree_on_every_signature() {
    let by_hand = RsaKey::new();
    let by_host = trusting(&by_hand);
    let mut by_itself = by_host.clone();
    by_itself["host_crypto"] = json!(false);
    let gate = gate(&by_host);
    let stage = Stage::new(Idp::start().address, &[("host", by_host), ("itself", by_itself)]);
    let log = String::from_utf8_lossy(&stage.envoy.log_from(0)).into_owned();
    for who in ["RSA PKCS#1 and ECDSA by the host", "all in the module"] {
        assert!(log.contains(&format!("mfa-gate verifies {who}")), "no log line for {who}");
    }
    let mut wrong = Vec::new();
    for (what, token, worth) in signatures(&by_hand) {
        let native = judge(&gate, &token);
        for listener in ["host", "itself"] {
            let (status, details) = stage.ask(listener, &token);
            let agrees = status == native.0 && (status == 200 || details == native.1);
            if !agrees || status != worth.status() {
                wrong.push(format!("{what}: {listener} {status} {details}, natively {native:?}, {worth:?}: {token}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    stage.assert_no_trap();
}
