"""Runs Envoy on this machine, with the shipped configuration changed for a demo or a test."""

import http.client
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CLAIMS = ROOT / "envoy/demo"
START_SECONDS = 120  # long, as the benchmark's Envoy compiles a module for each of many listeners


def fail(message):
    sys.exit(f"error: {message}")


def conclude(wrong, good):
    """Prints what is wrong, or `good` if nothing is. Returns the status that the program should exit with."""
    print("\n".join(f"error: {what}" for what in wrong) or good)
    return 1 if wrong else 0


def run(command, text=None, **options):
    """Returns a command's standard output. Ends the program with its whole output if the command fails."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, errors="replace", **options)
    if done.returncode != 0:
        fail(f"`{' '.join(map(str, command))}` failed: {(done.stdout + done.stderr).strip()}")
    return done.stdout


def claim_port(port, variable):
    """Returns the port, or a free one for 0. Ends the program if the port is in use."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            reason = error.strerror.lower()
            fail(f"port `{port}` of 127.0.0.1 is not available: {reason}; choose another with `{variable}=`")
        return probe.getsockname()[1]


def free_ports(count):
    """Returns this many different free ports."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def render(port, admin_port, upstream_port, changes):
    """Returns the shipped configuration with these ports and changes: pairs of a text, which must occur exactly once,
    and its replacement.

    Envoy's --config-yaml cannot do this: it appends to lists, so it cannot change a listener.
    """
    text = (ROOT / "envoy/envoy.yaml").read_text()
    for shipped, ours in [
        ("port_value: 10000}", f"port_value: {port}}}"),
        ("port_value: 9901}", f"port_value: {admin_port}}}"),
        ("port_value: 8080}", f"port_value: {upstream_port}}}"),
        *changes,
    ]:
        if text.count(shipped) != 1:
            fail(f"envoy/envoy.yaml: `{shipped}` must occur exactly once, found {text.count(shipped)}")
        text = text.replace(shipped, ours)
    return text


class Envoy:
    """An Envoy process with this configuration file, for the length of a `with` block. Its log is `envoy.log` in the
    file's folder.

    The block begins when a request for `path` on `port` is answered with any status but 503. With the default path,
    `port` is the admin endpoint's. `started` is the time from launch until then, in seconds.
    """

    def __init__(self, binary, configuration, port, path="/ready", workers=2):
        self.port, self.path = port, path
        self.log = configuration.with_name("envoy.log")
        self.command = [binary, "-c", configuration, "--concurrency", str(workers)]
        self.command += ["--disable-hot-restart", "--log-level", "warn"]

    def __enter__(self):
        launched = time.monotonic()
        with open(self.log, "w") as log:
            # A new session, so Ctrl-C reaches only this program, which then stops Envoy.
            self.process = subprocess.Popen(self.command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            while not self.serves():
                if self.process.poll() is not None or time.monotonic() > launched + START_SECONDS:
                    print(self.log.read_text()[-4000:], file=sys.stderr)
                    fail(f"envoy did not start; the end of its log, {self.log}, is above")
                time.sleep(0.002)  # short, as the benchmark measures `started`
        except BaseException:
            stop(self.process)
            raise
        self.started = time.monotonic() - launched
        return self

    def __exit__(self, *_):
        stop(self.process)

    def serves(self):
        try:
            return ask(self.port, self.path) != 503
        except OSError:
            return False


def ask(port, path, token=None):
    """Sends a GET request on a new connection. Returns the status of the response."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path, headers={"authorization": f"Bearer {token}"} if token else {})
        return connection.getresponse().status
    finally:
        connection.close()


def stop(process):
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
