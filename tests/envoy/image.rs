//! The filter's OCI image, packed by `envoy/build/image.py` and read by skopeo in place of a gateway.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::proxy::artifacts::module;
use crate::support::repository;

/// The output of a program. Panics if it fails.
fn run(program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program).args(arguments).output().unwrap_or_else(|error| {
        panic!("`{program}` cannot be run: {error}; `make test` installs it");
    });
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// Packs an image. Returns the digest that the script prints.
fn pack(module: &Path, archive: &Path) -> String {
    let script = repository("envoy/build/image.py");
    let out = run("python3", &[text(&script), text(module), "1.2.3", text(archive)]);
    String::from_utf8(out).expect("text").trim_end().to_owned()
}

/// `sha256:…` of bytes, by an independent program.
fn digest(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    let hash: String = sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hash}")
}

#[test]
fn packing_the_same_module_gives_the_same_image() {
    let module = module().unwrap_or_else(|error| panic!("{error}"));
    let folder = TempDir::new().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let first = pack(&module, &path("a.tar"));
    // A copy has another name and another modification time.
    std::fs::copy(&module, path("copy.wasm")).expect("a copy");
    let second = pack(&path("copy.wasm"), &path("b.tar"));
    assert_eq!(first, second);
    assert!(std::fs::read(path("a.tar")).expect("an archive") == std::fs::read(path("b.tar")).expect("an archive"));
}

#[test]
fn skopeo_finds_the_module_in_the_image() {
    let module = module().unwrap_or_else(|error| panic!("{error}"));
    let folder = TempDir::new().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let printed = pack(&module, &path("image.tar"));
    let archive = format!("oci-archive:{}", text(&path("image.tar")));

    // Istio compares the `sha256` of a WasmPlugin with this digest.
    let raw = run("skopeo", &["inspect", "--raw", &archive]);
    assert_eq!(digest(&raw), printed);
    let manifest: Value = serde_json::from_slice(&raw).expect("JSON");
    assert_eq!(manifest["mediaType"], "application/vnd.oci.image.manifest.v1+json");
    assert_eq!(manifest["config"]["mediaType"], "application/vnd.oci.image.config.v1+json");
    assert_eq!(manifest["annotations"]["org.opencontainers.image.version"], "1.2.3");
    let layers = manifest["layers"].as_array().expect("layers");
    assert_eq!(layers.len(), 1);
    assert_eq!(layers[0]["mediaType"], "application/vnd.oci.image.layer.v1.tar+gzip");

    // skopeo verifies every digest and size.
    run("skopeo", &["copy", "--quiet", "--insecure-policy", &archive, &format!("dir:{}", text(&path("copied")))]);
    let blob = |descriptor: &Value| {
        path("copied")
            .join(descriptor["digest"].as_str().and_then(|digest| digest.strip_prefix("sha256:")).expect("sha256"))
    };
    let layer = blob(&layers[0]);
    assert_eq!(run("tar", &["-tzf", text(&layer)]), b"plugin.wasm\n");
    assert!(run("tar", &["-xzOf", text(&layer), "plugin.wasm"]) == std::fs::read(&module).expect("the module"));

    let config: Value =
        serde_json::from_slice(&std::fs::read(blob(&manifest["config"])).expect("a config")).expect("JSON");
    let unpacked = run("sh", &["-c", "gzip -dc <\"$0\"", text(&layer)]);
    assert_eq!(config["rootfs"]["diff_ids"], serde_json::json!([digest(&unpacked)]));
}

#[test]
fn a_file_that_is_not_a_module_is_not_packed() {
    let script = repository("envoy/build/image.py");
    let output = Command::new("python3")
        .args([text(&script), "Cargo.toml", "1.2.3", "/dev/null"])
        .current_dir(repository("."))
        .output()
        .expect("python3");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "error: `Cargo.toml` is not a wasm module\n");
}
