"""Packs the filter as an OCI image, without a daemon: one layer that holds only `plugin.wasm`.

python3 envoy/build/image.py MODULE VERSION ARCHIVE

Istio and Envoy Gateway fetch it from a registry ("compat" variant of the Wasm image specification). ARCHIVE is an OCI
image layout as a tar file; `skopeo copy oci-archive:ARCHIVE docker://REGISTRY/IMAGE:TAG` uploads it unchanged.
Prints the image's digest. The same module gives the same digest: the image has no time, owner or name of this machine.
"""

import gzip
import hashlib
import io
import json
import sys
import tarfile
from pathlib import Path


def pack(files):
    """A tar file with these names and contents."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in files:
            entry = tarfile.TarInfo(name)  # owner 0, time 0
            entry.mode = 0o644
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def compress(content):
    buffer = io.BytesIO()
    # Not gzip.compress: its header differs between Python versions.
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as file:
        file.write(content)
    return buffer.getvalue()


def encode(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def digest(content):
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def build(module, version):
    """The files of the OCI layout, and the image's digest."""
    tar = pack([("plugin.wasm", module)])
    layer = compress(tar)
    config = encode(
        {
            # Go's names, as the specification requires.
            "architecture": "wasm",
            "os": "wasip1",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [digest(tar)]},
        }
    )
    blobs = {}

    def descriptor(media_type, content, **more):
        blobs[f"blobs/sha256/{digest(content).removeprefix('sha256:')}"] = content
        return {"mediaType": media_type, "digest": digest(content), "size": len(content), **more}

    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor("application/vnd.oci.image.config.v1+json", config),
        "layers": [descriptor("application/vnd.oci.image.layer.v1.tar+gzip", layer)],
        "annotations": {
            "org.opencontainers.image.title": "mfa-gate",
            "org.opencontainers.image.version": version,
            "org.opencontainers.image.licenses": "Apache-2.0",
        },
    }
    image = descriptor(
        manifest["mediaType"], encode(manifest), annotations={"org.opencontainers.image.ref.name": version}
    )
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [image]}
    files = [
        ("oci-layout", encode({"imageLayoutVersion": "1.0.0"})),
        ("index.json", encode(index)),
        *sorted(blobs.items()),
    ]
    return files, image["digest"]


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__.strip())
    module, version, archive = Path(sys.argv[1]).read_bytes(), sys.argv[2], Path(sys.argv[3])
    if not module.startswith(b"\0asm"):
        sys.exit(f"error: `{sys.argv[1]}` is not a wasm module")
    files, image = build(module, version)
    archive.write_bytes(pack(files))
    print(image)


if __name__ == "__main__":
    main()
