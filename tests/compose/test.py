"""Runs all of docker-compose.yaml and the commands that envoy/deployment.md shows for it, without pulling an image.

PYTHONPATH=envoy python3 tests/compose/test.py --envoy BINARY --node FOLDER --module MODULE

Images built from this machine's files stand in for the official ones (stand_ins.py). They run in a Docker daemon that
the test starts in new namespaces: its networks, mounts and processes end with it. Needs root, and installs the Debian
packages that are missing. Where no daemon may be started, it says so and ends with 0.
"""

import argparse
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

import stand_ins
from local_envoy import ROOT, conclude, fail, run

COMPOSE = ROOT / "envoy/docker-compose.yaml"
SECTION = "## Docker Compose"
NAMESPACES = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
INSIDE = "--inside"


def base_images():
    """Returns the official images in the compose file and the Dockerfiles, except Grafana's, which has a profile."""
    images = set()
    for path in [COMPOSE, ROOT / "envoy/Dockerfile", ROOT / "envoy/oidc-provider/Dockerfile"]:
        images |= set(re.findall(r"^(?:FROM| +image:) (\S+:\S+)", path.read_text(), re.MULTILINE))
    return sorted(image for image in images if not image.startswith("grafana/"))


def steps():
    """Returns the commands of the README's section, each with the lines that its output must contain in this order."""
    section = (ROOT / "envoy/deployment.md").read_text().split(f"\n{SECTION}\n")[1].split("\n## ")[0]
    found = []
    for block in re.findall(r"```console\n(.*?)```", section, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def succeeds(command):
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


class Daemon:
    """A Docker daemon that shares no files with another."""

    def __init__(self, folder):
        self.folder = folder
        self.socket = f"unix://{folder}/socket"
        (folder / "daemon.json").write_text("{}")
        self.process = None

    def start(self):
        """Starts the daemon. Returns whether it runs."""
        command = ["dockerd", "--config-file", self.folder / "daemon.json", "--data-root", self.folder / "data"]
        command += ["--exec-root", self.folder / "exec", "--pidfile", self.folder / "pid", "--host", self.socket]
        with open(self.folder / "log", "w") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            if succeeds([*self.docker(), "info"]):
                return True
            time.sleep(0.2)
        return False

    def why_not(self):
        lines = (self.folder / "log").read_text().strip().splitlines()
        return lines[-1] if lines else "it printed nothing"

    def docker(self):
        return ["docker", "--host", self.socket]

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


def install():
    """Installs missing packages. Debian's Docker conflicts with other Docker packages, so a present Docker is used."""
    packages = ["prometheus", "iproute2", "python3", "make", "gcc", "libc6-dev", "ca-certificates"]
    if not shutil.which("dockerd"):
        packages.append("docker.io")
    if not has_compose_v2() and not shutil.which("docker-compose"):
        packages.append("docker-compose")
    subprocess.run([ROOT / "envoy/build/debian.sh", *packages], check=True)


def has_compose_v2():
    return bool(shutil.which("docker")) and succeeds(["docker", "compose", "version"])


def compose():
    """Returns the command of the Compose version that is installed."""
    return [*(["docker", "compose"] if has_compose_v2() else ["docker-compose"]), "--file", COMPOSE]


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.read()
    except OSError:
        return None


def wait_for(what, check, patience=90):
    deadline = time.monotonic() + patience
    while not check():
        if time.monotonic() > deadline:
            fail(f"{what}: not within {patience} s")
        time.sleep(0.3)


def ask():
    """Runs the README's commands in one shell. Returns what is wrong."""
    wrong = []
    expected = steps()
    asking = [(command, lines) for command, lines in expected if lines]
    if len(asking) < 5:
        fail(f"envoy/deployment.md: `{SECTION}` has {len(asking)} commands with an answer, expected at least five")
    script = "".join(f"printf '\\n\\001\\n'\n{command}\n" for command, _ in expected)
    done = subprocess.run(["bash", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    parts = done.stdout.decode(errors="replace").replace("\r\n", "\n").split("\n\001\n")[1:]
    for (command, lines), part in zip(expected, parts, strict=True):
        print(f"$ {command}\n{part.rstrip()}\n" if lines else f"$ {command}")
        left = iter(part.splitlines())
        # `in` continues after the line that it found last.
        wrong += [f"`{command}`: `{line}` is missing, or out of order" for line in lines if line not in left]
    return wrong


def prometheus(query):
    found = answers(f"http://127.0.0.1:9090/api/v1/query?query={urllib.parse.quote(query)}")
    result = json.loads(found)["data"]["result"] if found else []
    return float(result[0]["value"][1]) if result else 0.0


def rules_are_well():
    found = answers("http://127.0.0.1:9090/api/v1/rules")
    rules = [rule for group in json.loads(found)["data"]["groups"] for rule in group["rules"]] if found else []
    return bool(rules) and all(rule["health"] == "ok" for rule in rules)


def denial_logged():
    """Returns the gate's fields in the access-log line of the request that was denied for lack of MFA."""
    log = run([*compose(), "logs", "--no-color", "gate"])
    lines = [line[line.index("{") :] for line in log.splitlines() if "mfa_gate{mfa-missing}" in line]
    return json.loads(lines[0])["mfa_gate"]["value"] if lines else {}


def check_image(docker, module):
    """The default image of envoy/Dockerfile has one layer that holds only the module. Returns what is wrong."""
    run([*docker, "build", "--file", ROOT / "envoy/Dockerfile", "--tag", "mfa-gate:test", ROOT])
    saved = subprocess.run([*docker, "save", "mfa-gate:test"], check=True, stdout=subprocess.PIPE).stdout
    with tarfile.open(fileobj=io.BytesIO(saved)) as image:
        [manifest] = json.load(image.extractfile("manifest.json"))
        if len(manifest["Layers"]) != 1:
            return [f"the image has {len(manifest['Layers'])} layers, expected one"]
        with tarfile.open(fileobj=image.extractfile(manifest["Layers"][0])) as layer:
            if layer.getnames() != ["plugin.wasm"]:
                return [f"the image holds {layer.getnames()}, expected only `plugin.wasm`"]
            packed = layer.extractfile("plugin.wasm").read()
    print(f"built in the builder stage: {hashlib.sha256(packed).hexdigest()}")
    if packed != module.read_bytes():
        return [f"the module built in the builder stage differs from `{module}`"]
    return []


def inside(options):
    """Runs in the new namespaces: everything that needs the daemon."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    folder = Path(options.folder)
    daemon = Daemon(folder)
    if not daemon.start():
        print(f"note: docker-compose.yaml was not run: no Docker daemon can be started here: {daemon.why_not()}")
        return 0
    # BuildKit's builder would look for the base images in their registry.
    os.environ.update(DOCKER_HOST=daemon.socket, DOCKER_BUILDKIT="0", COMPOSE_DOCKER_CLI_BUILD="0")
    os.environ["COMPOSE_PROJECT_NAME"] = "mfa-gate"
    try:
        images = base_images()
        print(f"stand-ins for {', '.join(images)}", flush=True)
        stand_ins.make(daemon.docker(), folder / "overlay", images)
        print("building", flush=True)
        run([*compose(), "build"])
        run([*compose(), "up", "--detach"])
        wait_for("the gate", lambda: answers("http://127.0.0.1:10000/health"))
        wait_for("the provider", lambda: answers("http://127.0.0.1:9000/.well-known/openid-configuration"))
        wrong = ask()
        wait_for("prometheus has Envoy's metrics", lambda: prometheus('up{job="gate"}') == 1.0)
        labels = 'reason="mfa-missing",route="customers_api",policy="mfa_or_app",issuer="https://idp.example"'
        denied = f'mfa_gate_requests_total{{{labels},subject="user"}}'
        wait_for("prometheus has the denial under its labels", lambda: prometheus(denied) == 1)
        wait_for("prometheus evaluates the rules", rules_are_well)
        logged = {"decision": "deny", "reason": "mfa-missing"}.items()
        wait_for("the access log has the denial", lambda: logged <= denial_logged().items())
        if answers("http://127.0.0.1:9901/ready"):
            wrong.append("Envoy's admin endpoint is published")
        wrong += check_image(daemon.docker(), Path(options.module))
        return report(wrong)
    finally:
        command = [*compose(), "down", "--volumes", "--timeout", "5"]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        daemon.stop()


def report(wrong):
    if wrong:
        subprocess.run([*compose(), "logs", "--no-color", "--tail", "40"])
    return conclude(wrong, "docker-compose.yaml runs, and the README's commands print what it shows")


def obstacle():
    """Returns why no daemon may be started here, or None if one may."""
    if os.geteuid() != 0:
        return "root is required"
    tried = subprocess.run([*NAMESPACES, "true"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return tried.stderr.strip() if tried.returncode != 0 else None


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--envoy", required=True)
    parser.add_argument("--node", required=True)
    parser.add_argument("--module", required=True)
    parser.add_argument(INSIDE, dest="folder")
    options = parser.parse_args()
    os.chdir(ROOT)
    if options.folder:
        return inside(options)
    if why_not := obstacle():
        print(f"note: docker-compose.yaml was not run: no Docker daemon may be started here: {why_not}")
        return 0
    install()
    with tempfile.TemporaryDirectory() as folder:
        overlay = Path(folder) / "overlay"
        stand_ins.prepare(overlay, Path(options.envoy), Path(options.node), ROOT / "envoy/oidc-provider")
        return subprocess.run([*NAMESPACES, sys.executable, "-B", *sys.argv, INSIDE, folder]).returncode


if __name__ == "__main__":
    sys.exit(main())
