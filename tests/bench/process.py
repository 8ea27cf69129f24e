"""The Envoy under test: its listeners, its CPU time and the heaps of its wasm VMs."""

import json
from itertools import pairwise
from pathlib import Path

from listeners import http_filter
from local_envoy import Envoy, free_ports

# Maximum size of a wasm memory. Only V8 reserves more address space than that.
MAX_MEMORY = 4 << 30
# A path that every listener serves.
PATH = "/v1/areas/0"
MANAGER = "http_connection_manager"


class BenchEnvoy(Envoy):
    """An Envoy with one worker. `ports` has the port of each listener by name."""

    def __init__(self, binary, listeners, work):
        names = [listener.name for listener in listeners]
        self.ports = dict(zip(names, free_ports(len(names)), strict=True))
        config = {
            # Rare, as the main thread flushes statistics, and its CPU time is counted.
            "stats_flush_interval": "299s",
            "static_resources": {"listeners": [render(listener, self.ports[listener.name]) for listener in listeners]},
        }
        configuration = work / "envoy.json"
        configuration.write_text(json.dumps(config, indent=1))
        super().__init__(binary, configuration, next(iter(self.ports.values())), PATH, workers=1)

    def cpu(self):
        """Returns the CPU time of all threads so far, in seconds."""
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

    def heap(self):
        """Returns the size of the largest wasm memory in bytes, or None if there is none.

        Envoy has no statistic for it. V8 reserves gigabytes of address space for each memory, so that an access beyond
        its end faults; only the memory itself, at the start of that space, is accessible.
        """
        regions = []
        for line in Path(f"/proc/{self.process.pid}/maps").read_text().splitlines():
            span, access, *_ = line.split()
            begin, end = (int(address, 16) for address in span.split("-"))
            regions.append((begin, end, access))
        return max(
            (
                end - begin
                for (begin, end, access), (reserved, reserved_end, reserved_access) in pairwise(regions)
                if (access, reserved_access) == ("rw-p", "---p") and end == reserved
                if reserved_end - reserved > MAX_MEMORY
            ),
            default=None,
        )


def render(listener, port):
    ok = {"status": 200, "body": {"inline_string": "ok"}}
    manager = {
        "@type": f"type.googleapis.com/envoy.extensions.filters.network.{MANAGER}.v3.HttpConnectionManager",
        "stat_prefix": listener.name,
        "http_filters": [*listener.filters, http_filter("router", "router.v3.Router", {})],
        "route_config": {
            "virtual_hosts": [
                {
                    "name": "all",
                    "domains": ["*"],
                    # No upstream: its cost is not measured.
                    "routes": [{"match": {"prefix": "/"}, "direct_response": ok}],
                }
            ]
        },
    }
    return {
        "name": listener.name,
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        # So that a port in use is an error.
        "enable_reuse_port": False,
        "filter_chains": [{"filters": [{"name": f"envoy.filters.network.{MANAGER}", "typed_config": manager}]}],
    }
