#!/usr/bin/env bash
# envoy/build/release.sh DIRECTORY IMAGE MODULE ARCHIVE COMMAND: writes everything that a release publishes to
# DIRECTORY. The manifests name the image IMAGE, with its tag. Needs cargo-cyclonedx on the PATH.
set -euo pipefail
here=$(dirname "$0")
root=$(cd "$here/../.." && pwd)
directory=$1 image=$2 module=$3 archive=$4 command=$5

rm -rf "$directory"
mkdir -p "$directory"
host=$(rustc -vV | sed -n 's/^host: //p')

install -m 644 "$module" "$directory/mfa_gate.wasm"
install -m 644 "$archive" "$directory/mfa-gate.oci.tar"
install -m 755 "$command" "$directory/mfa-gate-$host"

"$command" man --out "$directory/man"
mkdir "$directory/completions"
for shell in bash elvish fish powershell zsh; do
    "$command" completions "$shell" >"$directory/completions/mfa-gate.$shell"
done

# Leaves out the date and path of this build, so the same sources give the same bill of materials.
sbom() {
    local target=$1 file=$2
    SOURCE_DATE_EPOCH=0 cargo cyclonedx --quiet --format json --spec-version 1.5 --target "$target" --override-filename "$file"
    sed "s|path+file://$root|path+file:///mfa-gate|g" "$file.json" >"$directory/$file.json"
    rm "$file.json"
}
sbom wasm32-wasip1 mfa_gate.wasm.cdx
sbom "$host" "mfa-gate-$host.cdx"

digest=$(skopeo inspect --raw "oci-archive:$archive" | sha256sum | cut -d' ' -f1)
echo "sha256:$digest" >"$directory/mfa-gate.oci.digest"
for manifest in "$root"/envoy/{istio,gateway}/*.yaml; do
    to="$directory/${manifest#"$root"/envoy/}"
    mkdir -p "$(dirname "$to")"
    # That comment is wrong once the digest is filled in.
    sed -e "/# No image has this digest/d" -e "s|registry.example/mfa-gate:[0-9.]*|$image|" -e "s/\"0\{64\}\"/\"$digest\"/" "$manifest" >"$to"
done

"$command" schema >"$directory/mfa-gate.schema.json"

cd "$directory"
for file in mfa_gate.wasm mfa-gate.oci.tar "mfa-gate-$host"; do
    sha256sum "$file" >"$file.sha256"
done
find . -type f -printf '%P\n' | LC_ALL=C sort | xargs sha256sum
