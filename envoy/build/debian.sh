#!/usr/bin/env bash
# envoy/build/debian.sh PACKAGE...: installs those of the Debian packages that are missing.
# Versions are not pinned: Debian's archive has one signed version of each.
set -euo pipefail

missing=()
for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
if ! command -v apt-get >/dev/null || ! "${as_root[@]}" true 2>/dev/null; then
    echo "error: these Debian packages are missing, and installing them needs apt-get and root: \`${missing[*]}\`; install them, then try again" >&2
    exit 1
fi

echo "installing Debian packages: ${missing[*]}" >&2
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" >&2; }
apt update || true
apt install --no-install-recommends -y "${missing[@]}" || {
    echo "error: apt-get could not install \`${missing[*]}\`; see its message above" >&2
    exit 1
}
