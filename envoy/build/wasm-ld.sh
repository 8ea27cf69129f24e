#!/usr/bin/env bash
# envoy/build/wasm-ld.sh ARGUMENT...: runs the linker with fewer exports.
# The SDK exports every callback, and Envoy calls each exported one on every request. This removes the exports that the
# filter does not use, and with them their code.
set -euo pipefail

unused='proxy_on_(done|log|response_headers|response_body|response_trailers|new_connection|downstream_data|downstream_connection_close|upstream_data|upstream_connection_close|queue_ready|grpc_receive_initial_metadata|grpc_receive|grpc_receive_trailing_metadata|grpc_close|foreign_function)'

arguments=()
for argument in "$@"; do
    if [[ $argument =~ ^(--export=)?$unused$ ]]; then
        # `--export NAME` is two arguments; the first is already in the list.
        [ "${BASH_REMATCH[1]}" ] || unset 'arguments[-1]'
    else
        arguments+=("$argument")
    fi
done
exec "$MFA_GATE_WASM_LD" "${arguments[@]}"
