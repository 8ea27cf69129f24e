#!/usr/bin/env bash
# envoy/build/wasm-cargo.sh SUBCOMMAND ARGUMENT...: runs cargo for wasm32-wasip1 with the first toolchain that is
# available: the current one, the current one with the target added by rustup, or Debian's packages.
set -euo pipefail
here=$(dirname "$0")
subcommand=$1
shift

root=$(cd "$here/../.." && pwd)

export CARGO_TARGET_WASM32_WASIP1_LINKER=$root/envoy/build/wasm-ld.sh

# Panic messages contain the paths of source files. Without this they would depend on where the module is built.
rustflags=("--remap-path-prefix=$root=/mfa-gate" "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo")

# The host does most of the hashing, so the module's own SHA-2 may be slow: the compact implementation is smaller.
rustflags+=(--cfg 'sha2_backend="soft"' --cfg 'sha2_backend_soft="compact"')

run_cargo() {
    # The separator of CARGO_ENCODED_RUSTFLAGS keeps paths with spaces intact.
    CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f' && echo "${rustflags[*]}")
    export CARGO_ENCODED_RUSTFLAGS
    exec cargo "$@"
}

has_target() {
    local libraries
    libraries=$(rustc --print target-libdir --target wasm32-wasip1 2>/dev/null) &&
        compgen -G "$libraries/libstd-*.rlib" >/dev/null
}

add_target() {
    command -v rustup >/dev/null && timeout 180 rustup target add wasm32-wasip1 >&2
}

has_debian() {
    [ -x /usr/bin/wasm-ld-19 ] && [ -d /usr/lib/rustlib/src/rust/library ] && [ -d /usr/lib/wasm32-wasi ]
}

# With Debian's packages installed, rustup is not tried: each run would wait for a server that could not be reached.
if has_target || { ! has_debian && add_target && has_target; }; then
    host=$(rustc -vV | sed -n 's/^host: //p')
    MFA_GATE_WASM_LD=$(rustc --print sysroot)/lib/rustlib/$host/bin/rust-lld
    export MFA_GATE_WASM_LD
    run_cargo "$subcommand" --target wasm32-wasip1 "$@"
fi

# Debian has no compiled std for wasip1, but everything needed to build it.
packages=(rustc-web cargo-web rust-web-src lld-19 wasi-libc)
[ "$subcommand" != clippy ] || packages+=(rust-web-clippy)
echo "no wasm32-wasip1 from rustup; using Debian's \`${packages[*]}\`" >&2
"$here/debian.sh" "${packages[@]}" || {
    echo "or run \`rustup target add wasm32-wasip1\` where rustup's server can be reached" >&2
    exit 1
}
export PATH="/usr/bin:$PATH" RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1
export MFA_GATE_WASM_LD=wasm-ld-19
rustflags+=(-C link-self-contained=no -L /usr/lib/wasm32-wasi)
run_cargo "$subcommand" -Z build-std=std,panic_abort --target wasm32-wasip1 "$@"
