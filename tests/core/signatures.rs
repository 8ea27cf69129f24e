//! Valid and faulty signatures, verified by the core.

use crate::support::faults::RsaKey;
use crate::support::native::gate;
use crate::support::signatures::{judge, signatures, trusting};

// catalogue: D01 D02 D03 D04 D05 D06 D12
#[test]
fn only_valid_signatures_are_accepted() {
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
