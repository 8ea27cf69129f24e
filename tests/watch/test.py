"""Runs a real Prometheus that scrapes a real Envoy: every query of the dashboard and every rule must have data.

PYTHONPATH=envoy python3 tests/watch/test.py --envoy BINARY --mfa-gate BINARY

Envoy runs the shipped configuration, with keys that it fetches from a provider that fails at first. Prints the data of
each panel.
"""

import argparse
import os
import shutil
import sys
import threading
import time
from pathlib import Path

from checks import check_narrowed, check_panels, check_readme, check_reasons, check_rules, check_trap, check_variables
from dashboard import Dashboard
from load import API, Load, Tokens, requests
from local_envoy import ROOT, Envoy, ask, conclude, fail, free_ports, render, run
from prometheus import FOLDER, Prometheus
from provider import Provider
from trap import counters
from upstream import Upstream

WORK = Path("target/watch")
SECONDS = 10  # of load before the dashboard is checked
RATE = "8s"

# The cluster of the issuer's keys, instead of Entra's; without TLS, as it is on this machine.
CLUSTER = """
  clusters:
  - name: entra
    connect_timeout: 2s
    load_assignment:
      cluster_name: entra
      endpoints:
      - lb_endpoints:
        - endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}}}
"""
KEYS = "jwks: {uri: https://login.microsoftonline.com/common/discovery/keys, cluster: entra}"


def serve(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


def blind(port, token, provider):
    """The provider fails, a token is denied for lack of keys, and the provider recovers."""
    if ask(port, API, token) != 503:
        fail("a gate without keys must answer with 503")
    provider.up = True
    deadline = time.monotonic() + 30
    while ask(port, API, token) != 200:
        if time.monotonic() > deadline:
            fail("the gate has no keys 30 s after its provider recovered")
        time.sleep(0.2)


def watch(prometheus, envoy_port, asked):
    dashboard = Dashboard()
    with Load(envoy_port, asked) as load:
        time.sleep(SECONDS)
        prometheus.wait_for("recorded coverage", lambda: prometheus.query("job:mfa_gate_coverage:ratio_rate1h"))
        wrong, offered = check_variables(prometheus, dashboard)
        every = {name: "|".join(offered[name]) for name in ["job", "instance"]} | {"issuer": ".*", "route": ".*"}
        values = every | {"__rate_interval": RATE, "__range": "1m"}
        wrong += check_panels(prometheus, dashboard, values)
        wrong += check_narrowed(prometheus, dashboard, values, offered)
        print("\nrules")
        wrong += check_rules(prometheus)
        wrong += check_readme(prometheus)
        wrong += load.wrong
    # The gate had no keys at first.
    if not prometheus.query('ALERTS{alertname="MfaGateKeysUnavailable", alertstate="firing"}'):
        wrong.append("the alert MfaGateKeysUnavailable does not fire")
    expressions = [query for _, queries in dashboard.panels() for query, _ in queries]
    wrong += check_reasons(
        expressions + [rule["query"] for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]
    )
    return wrong, len(expressions), load.answered


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--envoy", required=True)
    parser.add_argument("--mfa-gate", required=True)
    options = parser.parse_args()
    os.chdir(ROOT)
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True, mode=0o700)
    run(["promtool", "check", "rules", FOLDER / "rules.yaml"])
    run(["promtool", "test", "rules", FOLDER / "rules.test.yaml"])

    tokens = Tokens(options.mfa_gate, WORK)
    provider = Provider(tokens.jwks.read_bytes())
    port, admin_port, prometheus_port = free_ports(3)
    changes = [("jwks: {inline: {keys: []}}", KEYS), ("\n  clusters:\n", CLUSTER.format(port=serve(provider)))]
    upstream_port = serve(Upstream(0))
    configuration = WORK / "envoy.yaml"
    configuration.write_text(render(port, admin_port, upstream_port, changes))
    with (
        Envoy(options.envoy, configuration, admin_port),
        Prometheus(WORK, prometheus_port, f"127.0.0.1:{admin_port}") as prometheus,
    ):
        asked = requests(tokens)
        prometheus.wait_for("scrape", lambda: prometheus.query("up == 1"))
        blind(port, asked[0][1], provider)
        wrong, queries, answered = watch(prometheus, port, asked)
        wrong += check_trap(prometheus, counters(options.envoy, WORK / "trap", upstream_port))
    print(f"\n{answered} requests; {queries} queries of panels")
    return conclude(wrong, "all panels and rules have data")


if __name__ == "__main__":
    sys.exit(main())
