//! Signatures right and wrong, verified by the core itself.

use crate::support::faults::RsaKey;
use crate::support::native::gate;
use crate::support::signatures::{judge, signatures, trusting};

// catalogue: D01 D02 D03 D04 D05 D06 D12
#[test]
fn right_signatures_pass_and_faulty_ones_do_not() {
    let by_hand = RsaKey::new();
    let gate = gate(&trusting(&by_hand));
    let mut wrong = Vec::new();
    for (what, token, worth) in signatures(&by_hand) {
        let (status, details) = judge(&gate, &token);
        if status != worth.status() {
            wrong.push(format!("{what}: {status} {details}, {worth:?}: {token}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
