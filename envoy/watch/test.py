"""Watches a real Envoy with a real Prometheus: every query of the dashboard and every rule must have data.

PYTHONPATH=envoy python3 envoy/watch/test.py --envoy BINARY --mfa-gate BINARY

Envoy runs the shipped configuration with keys that are fetched, from a provider that fails at first. Prints each panel with
what it shows.
"""

import argparse
import os
import re
import shutil
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from dashboard import Dashboard, filled_in, legend_labels
from expressions import reasons, selectors
from load import API, Load, Tokens, ask, requests
from local_envoy import ROOT, claim_port, fail, render, run, start, stop
from prometheus import FOLDER, Prometheus
from upstream import Upstream

WORK = Path("target/watch")
SECONDS = 10  # of load before the dashboard is looked at
RATE = "8s"

# The panels of what need not happen under this load.
STILL = {"Filters built anew", "Fetches of keys"}

# Where the issuer's keys are, in the place of Entra's; in plain text, as it is on this machine.
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


class Provider(ThreadingHTTPServer):
    """Gives its key set, once it is `up`."""

    daemon_threads = True

    def __init__(self, jwks):
        self.jwks, self.up = jwks, False
        super().__init__(("127.0.0.1", 0), Keys)


class Keys(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response_only(200 if self.server.up else 503)
        self.send_header("content-length", str(len(self.server.jwks)))
        self.end_headers()
        self.wfile.write(self.server.jwks)

    def log_message(self, *_):
        pass


def serve(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


def blind(port, token, provider):
    """The provider fails, a token is refused for want of keys, and the provider recovers."""
    if ask(port, API, token) != 503:
        fail("a gate without keys must answer with 503")
    provider.up = True
    deadline = time.monotonic() + 30
    while ask(port, API, token) != 200:
        if time.monotonic() > deadline:
            fail("the gate has no keys 30 s after its provider recovered")
        time.sleep(0.2)


def check_panels(prometheus, dashboard, values):
    """What is wrong with the panels, each of which is printed with what it shows."""
    wrong = dashboard.bare()
    for title, queries in dashboard.panels():
        print(f"\n{title}")
        for query, legend in queries:
            series = prometheus.query(filled_in(query, values))
            if not series:
                wrong.append(f"{title}: its query returns nothing: {filled_in(query, values)}")
            elif title not in STILL and not any(value for _, value in series):
                wrong.append(f"{title}: its query finds nothing but 0: {filled_in(query, values)}")
            for labels, value in series:
                name = re.sub(r"\{\{(\w+)\}\}", lambda label: labels.get(label[1], ""), legend)
                print(f"  {value:12.4g}  {name}")
            for label in legend_labels(legend):
                if not all(labels.get(label) for labels, _ in series):
                    wrong.append(f"{title}: its legend has `{label}`, which its query does not always return")
    return wrong


def check_variables(prometheus, dashboard):
    """What is wrong, and the values that each variable offers."""
    wrong, offered = [], {}
    for name, (metric, label) in dashboard.variables().items():
        match = filled_in(metric, {"job": ".*"})
        offered[name] = prometheus.ask(f"label/{label}/values", **{"match[]": match})
        print(f"{name}: {', '.join(offered[name])}")
        if not offered[name]:
            wrong.append(f"the variable `{name}` offers nothing")
    return wrong, offered


def check_narrowed(prometheus, dashboard, values, offered):
    """What is wrong where one issuer and one route are chosen, as Grafana writes such choices."""
    chosen = {name: re.escape(offered[name][0]).replace("\\", "\\\\") for name in ["issuer", "route"]}
    title, [(query, _)] = dashboard.panels()[0]
    [(_, share)] = prometheus.query(filled_in(query, values | chosen)) or [({}, None)]
    print(f"\n{title} of {offered['issuer'][0]}, {offered['route'][0]}: {share}")
    return [] if share is not None else [f"{title}: its query returns nothing for one issuer and route"]


def check_rules(prometheus):
    """What is wrong with the rules as they stand in Prometheus."""
    wrong = []
    for group in prometheus.ask("rules")["groups"]:
        for rule in group["rules"]:
            if rule["health"] != "ok":
                wrong.append(f"rule {rule['name']}: {rule['health']}: {rule.get('lastError')}")
            parts = [rule["query"]] if rule["type"] == "recording" else selectors(rule["query"])
            if not parts:
                wrong.append(f"rule {rule['name']}: no metric is found in it")
            wrong += [f"rule {rule['name']}: there is no {part}" for part in parts if not prometheus.query(part)]
            print(f"  {rule.get('state', 'recorded'):9} {rule['name']}")
    return wrong


def check_reasons(expressions):
    """The reasons asked for that the gate does not have."""
    known = re.findall(r'=> "([a-z-]+)"', (ROOT / "src/deny_reason.rs").read_text())
    asked = {reason for expression in expressions for reason in reasons(expression)}
    return [f"`{reason}` is no deny reason" for reason in sorted(asked) if not any(re.fullmatch(reason, one) for one in known)]


def watch(prometheus, envoy_port, asked):
    dashboard = Dashboard()
    with Load(envoy_port, asked) as load:
        time.sleep(SECONDS)
        prometheus.wait_for("Envoy's metrics", lambda: prometheus.query("job:mfa_gate_coverage:ratio_rate1h"))
        wrong, offered = check_variables(prometheus, dashboard)
        every = {"job": "|".join(offered["job"]), "instance": "|".join(offered["instance"]), "issuer": ".*", "route": ".*"}
        values = every | {"__rate_interval": RATE, "__range": "1m"}
        wrong += check_panels(prometheus, dashboard, values)
        wrong += check_narrowed(prometheus, dashboard, values, offered)
        print("\nrules")
        wrong += check_rules(prometheus)
        wrong += load.wrong
    # It was blind at first.
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
    port, admin_port, prometheus_port = (claim_port(0, "PORT") for _ in range(3))
    changes = [("jwks: {inline: {keys: []}}", KEYS), ("\n  clusters:\n", CLUSTER.format(port=serve(provider)))]
    (WORK / "envoy.yaml").write_text(render(port, admin_port, serve(Upstream(0)), changes))
    envoy = start(options.envoy, WORK, admin_port)
    try:
        with Prometheus(WORK, prometheus_port, f"127.0.0.1:{admin_port}") as prometheus:
            asked = requests(tokens)
            prometheus.wait_for("a scrape", lambda: prometheus.query("up == 1"))
            blind(port, asked[0][1], provider)
            wrong, queries, answered = watch(prometheus, port, asked)
    finally:
        stop(envoy)
    print(f"\n{answered} requests; {queries} queries of panels")
    print("\n".join(f"error: {what}" for what in wrong) if wrong else "all panels and rules have data")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
