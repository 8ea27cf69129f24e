"""What Envoy counts when a filter traps: in the shipped configuration, a filter that always traps replaces the gate."""

import re
import time
import urllib.request
from pathlib import Path

from load import API
from local_envoy import Envoy, ask, free_ports, render, run

WAT = Path(__file__).resolve().parent / "trap.wat"
COUNTED = re.compile(r"^(\w*vm_reload\w*)\{.*\} ([1-9]\d*)$", re.MULTILINE)


def counters(binary, work, upstream_port):
    """Returns the names of Envoy's reload counters that a trap increases."""
    work.mkdir()
    run(["wasm-as", WAT, "-o", work / "trap.wasm"])
    port, admin_port = free_ports(2)
    configuration = work / "envoy.yaml"
    trap = ("target/mfa_gate.wasm", str(work / "trap.wasm"))
    configuration.write_text(render(port, admin_port, upstream_port, [trap]))
    with Envoy(binary, configuration, admin_port):
        found = []
        deadline = time.monotonic() + 20
        # The request after a trap makes Envoy reload the filter, unless it has just reloaded it.
        while not any("success" in name for name in found) and time.monotonic() < deadline:
            assert ask(port, API) == 503
            with urllib.request.urlopen(f"http://127.0.0.1:{admin_port}/stats/prometheus", timeout=10) as answer:
                found = [name for name, _ in COUNTED.findall(answer.read().decode())]
            time.sleep(0.1)
        return found
