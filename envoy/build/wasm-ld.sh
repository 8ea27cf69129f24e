#!/usr/bin/env bash
# envoy/build/wasm-ld.sh ARGUMENT...: the linker, with fewer exports.
# The SDK exports every callback there is, and Envoy calls each that is exported, on every request, for nothing. Those
# that the filter has no use for are left out, and with them the code behind.
set -euo pipefail

unused='proxy_on_(done|log|response_headers|response_body|response_trailers|new_connection|downstream_data|downstream_connection_close|upstream_data|upstream_connection_close|queue_ready|grpc_receive_initial_metadata|grpc_receive|grpc_receive_trailing_metadata|grpc_close|foreign_function)'

arguments=()
for argument in "$@"; do
    if [[ $argument =~ ^(--export=)?$unused$ ]]; then
        # Written as two arguments, the first is behind us already.
        [ "${BASH_REMATCH[1]}" ] || unset 'arguments[-1]'
    else
        arguments+=("$argument")
    fi
done
exec "$MFA_GATE_WASM_LD" "${arguments[@]}"
