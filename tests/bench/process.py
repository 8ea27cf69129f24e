"""One Envoy with one worker: its listeners, its CPU and the heaps of its wasm machines."""

import json
from itertools import pairwise
from pathlib import Path

from listeners import http_filter
from local_envoy import Envoy, free_ports

# What a wasm memory may grow to; only V8 reserves more.
MOST = 4 << 30
# A path that every listener serves.
PATH = "/v1/areas/0"
MANAGER = "http_connection_manager"


class BenchEnvoy(Envoy):
    """One with one worker. `ports` has its listeners' ports by name."""

    def __init__(self, binary, listeners, work):
        names = [listener.name for listener in listeners]
        self.ports = dict(zip(names, free_ports(len(names)), strict=True))
        config = {
            # Statistics are worked on by the main thread, and its CPU is counted.
            "stats_flush_interval": "299s",
            "static_resources": {"listeners": [render(listener, self.ports[listener.name]) for listener in listeners]},
        }
        configuration = work / "envoy.json"
        configuration.write_text(json.dumps(config, indent=1))
        super().__init__(binary, configuration, next(iter(self.ports.values())), PATH, workers=1)

    def cpu(self):
        """Seconds on a CPU so far, of all threads."""
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

    def heap(self):
        """Bytes of the largest wasm memory, or None without one.

        Envoy has no statistic for it. V8 reserves gigabytes for each memory, so that a stray address faults, and makes
        the memory itself accessible at their beginning.
        """
        regions = []
        for line in Path(f"/proc/{self.process.pid}/maps").read_text().splitlines():
            span, access, *_ = line.split()
            begin, end = (int(address, 16) for address in span.split("-"))
            regions.append((begin, end, access))
        return max(
            (
                end - begin
                for (begin, end, access), (next_begin, next_end, next_access) in pairwise(regions)
                if access == "rw-p" and next_access == "---p" and end == next_begin and next_end - next_begin > MOST
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
                    # An upstream's price is not asked for.
                    "routes": [{"match": {"prefix": "/"}, "direct_response": ok}],
                }
            ]
        },
    }
    return {
        "name": listener.name,
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        # A port that another process has is then an error.
        "enable_reuse_port": False,
        "filter_chains": [{"filters": [{"name": f"envoy.filters.network.{MANAGER}", "typed_config": manager}]}],
    }
