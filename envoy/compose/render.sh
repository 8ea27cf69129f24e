#!/usr/bin/env bash
# envoy/compose/render.sh CONFIGURATION: prints the shipped Envoy configuration, changed for docker-compose.yaml: other
# addresses, and instead of Entra the local provider, whose keys are found by discovery.
set -euo pipefail
here=$(dirname "$0")
text=$(<"$1")

# Each text must occur exactly once; otherwise CONFIGURATION is not the one that this script was written for.
replace() {
    local from=$1 to=$2 rest=${text#*"$1"}
    if [ "$rest" = "$text" ] || [[ $rest == *"$from"* ]]; then
        echo "error: $0: \`$from\` is not there once" >&2
        exit 1
    fi
    text=${text/"$from"/"$to"}
}

replace 'address: 127.0.0.1, port_value: 10000' 'address: 0.0.0.0, port_value: 10000'
# Prometheus scrapes it within the compose network; the port is not published.
replace 'address: 127.0.0.1, port_value: 9901' 'address: 0.0.0.0, port_value: 9901'
replace 'filename: target/mfa_gate.wasm' 'filename: /etc/mfa-gate/mfa_gate.wasm'
replace 'issuer: https://sts.windows.net/{tid}/' 'issuer: https://idp.example'
replace 'tenants: [df845f1a-7b35-40a2-ba78-6481de91f8ae]' ''
replace 'jwks: {inline: {keys: []}}' 'discovery: {uri: https://idp.example/.well-known/openid-configuration, cluster: provider}'
replace 'app_only: entra' 'app_only: rfc9068'
replace 'address: 127.0.0.1, port_value: 8080' 'address: upstream, port_value: 8080'
replace '  - name: upstream
' '  - name: upstream
    type: STRICT_DNS
'
replace '
  clusters:
' "
  clusters:
$(<"$here/provider-cluster.yaml")
"
echo "$text"
