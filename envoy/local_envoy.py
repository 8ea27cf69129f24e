"""An Envoy of this machine that runs the shipped configuration, changed where a demo or a test has to."""

import http.client
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CLAIMS = ROOT / "envoy/demo"


def fail(message):
    sys.exit(f"error: {message}")


def run(command, text=None):
    """What a command says on its output."""
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        fail(f"`{' '.join(map(str, command))}` failed: {done.stderr.strip()}")
    return done.stdout


def claim_port(port, variable):
    """The port itself, or a free one for 0; ends the program if another process has it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            fail(f"port `{port}` of 127.0.0.1 cannot be had: {error.strerror.lower()}; choose another with `{variable}=`")
        return probe.getsockname()[1]


def free_ports(count):
    """So many, each another."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def render(port, admin_port, upstream_port, changes):
    """The shipped configuration with these ports and changes: pairs of what stands there once and what takes its place.

    Envoy's own --config-yaml cannot do it: it appends to lists, and so cannot change a listener.
    """
    text = (ROOT / "envoy/envoy.yaml").read_text()
    for shipped, ours in [
        ("port_value: 10000}", f"port_value: {port}}}"),
        ("port_value: 9901}", f"port_value: {admin_port}}}"),
        ("port_value: 8080}", f"port_value: {upstream_port}}}"),
        *changes,
    ]:
        if text.count(shipped) != 1:
            fail(f"envoy/envoy.yaml: `{shipped}` must be there once, found {text.count(shipped)}")
        text = text.replace(shipped, ours)
    return text


def start(binary, work, admin_port):
    """Envoy with the configuration at `envoy.yaml` of a folder, ready to serve; its log is `envoy.log` there."""
    log = open(work / "envoy.log", "w")
    envoy = subprocess.Popen(
        [binary, "-c", work / "envoy.yaml", "--disable-hot-restart", "--concurrency", "2", "--log-level", "warn"],
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # Ctrl-C is for us; we then stop Envoy
    )
    deadline = time.monotonic() + 60
    while not ready(admin_port):
        if envoy.poll() is not None or time.monotonic() > deadline:
            stop(envoy)
            print((work / "envoy.log").read_text(), file=sys.stderr)
            fail("envoy did not start; its log is above")
        time.sleep(0.05)
    return envoy


def ready(admin_port):
    connection = http.client.HTTPConnection("127.0.0.1", admin_port, timeout=1)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def stop(process):
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
