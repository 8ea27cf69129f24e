#!/usr/bin/env bash
# envoy/build/reproducible.sh MODULE: builds the module once more, from a copy of the sources in another place and with a cargo
# home of its own, and fails unless it is the same to the byte.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
module=$(realpath "$1")

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
copy="$place/another place"
mkdir "$copy" "$place/cargo"
tar -C "$root" --exclude=./target --exclude=./.envoy --exclude=./.git -cf - . | tar -C "$copy" -xf -
# Where its registry is told, if it is told.
cp "${CARGO_HOME:-$HOME/.cargo}"/config{,.toml} "$place/cargo/" 2>/dev/null || true

env -u CARGO_TARGET_DIR CARGO_HOME="$place/cargo" make --no-print-directory -C "$copy" wasm
cmp "$module" "$copy/target/mfa_gate.wasm" || {
    echo "error: \`$module\` is not what its sources give in another place; is it older than they are?" >&2
    exit 1
}
echo "built twice: $(sha256sum <"$module" | cut -d' ' -f1)"
