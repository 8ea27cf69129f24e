//! gRPC, as callers see it.

use super::{on_tokio, stage};
use crate::grpc;

/// tonic is a real client: its status codes are what callers see.
// catalogue: J07
#[test]
fn denied_grpc_calls_are_unauthenticated_and_send_no_message() {
    let stage = stage();
    for listener in ["plain", "bare"] {
        let call = |token: Option<&str>| on_tokio(grpc::call(stage.envoy.address(listener), token, b"ping"));
        let before = stage.grpc.messages();
        for (token, code) in [
            (None, tonic::Code::Unauthenticated),
            (Some(stage.without_mfa.as_str()), tonic::Code::Unauthenticated),
            (Some(stage.bad.as_str()), tonic::Code::Unauthenticated),
        ] {
            let status = call(token).expect_err("a denial");
            assert_eq!(status.code(), code, "{status}");
            for reason in ["mfa", "signature", "token-missing"] {
                assert!(!status.message().contains(reason), "{status}");
            }
        }
        assert_eq!(stage.grpc.messages(), before, "a denied call's message got through");
        assert_eq!(call(Some(&stage.good)).expect("an answer"), b"ping");
        assert_eq!(stage.grpc.messages(), before + 1);
    }
}
