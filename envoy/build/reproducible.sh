#!/usr/bin/env bash
# envoy/build/reproducible.sh MODULE: builds the module again, from a copy of the sources in another folder and with
# another cargo home, and fails unless both modules have the same bytes.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
module=$(realpath "$1")

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
copy="$place/another place"
mkdir "$copy" "$place/cargo"
tar -C "$root" --exclude=./target --exclude=./.envoy --exclude=./.git -cf - . | tar -C "$copy" -xf -
# Cargo's settings may name the registry to use.
cp "${CARGO_HOME:-$HOME/.cargo}"/config{,.toml} "$place/cargo/" 2>/dev/null || true

env -u CARGO_TARGET_DIR CARGO_HOME="$place/cargo" make --no-print-directory -C "$copy" wasm
cmp "$module" "$copy/target/mfa_gate.wasm" || {
    echo "error: \`$module\` differs from a build of its sources in another folder; is it older than the sources?" >&2
    exit 1
}
echo "both builds are the same: $(sha256sum <"$module" | cut -d' ' -f1)"
