"""Checks of the dashboard and the rules. Each returns what is wrong, and prints what it found."""

import re

from dashboard import Dashboard, filled_in, legend_labels, series_name
from expressions import reasons, selectors
from local_envoy import ROOT

# Panels of events that need not happen under this load.
MAY_BE_ZERO = {"Filters built anew", "Fetches of keys"}


def check_panels(prometheus, dashboard, values):
    """Every panel has a description, a unit and data."""
    wrong = dashboard.bare()
    for title, queries in dashboard.panels():
        print(f"\n{title}")
        for query, legend in queries:
            series = prometheus.query(filled_in(query, values))
            if not series:
                wrong.append(f"{title}: its query returns nothing: {filled_in(query, values)}")
            elif title not in MAY_BE_ZERO and not any(value for _, value in series):
                wrong.append(f"{title}: its query finds only 0: {filled_in(query, values)}")
            for labels, value in series:
                print(f"  {value:12.4g}  {series_name(legend, labels)}")
            for label in legend_labels(legend):
                if not all(labels.get(label) for labels, _ in series):
                    wrong.append(f"{title}: its legend uses `{label}`, which its query does not always return")
    return wrong


def check_variables(prometheus, dashboard):
    """Every variable offers values. Returns them, too."""
    wrong, offered = [], {}
    for name, (metric, label) in dashboard.variables().items():
        match = filled_in(metric, {"job": ".*"})
        offered[name] = prometheus.ask(f"label/{label}/values", **{"match[]": match})
        print(f"{name}: {', '.join(offered[name])}")
        if not offered[name]:
            wrong.append(f"the variable `{name}` offers nothing")
    return wrong, offered


def check_narrowed(prometheus, dashboard, values, offered):
    """The first panel has data for one issuer and one route, selected as Grafana writes selections."""
    chosen = {name: re.escape(offered[name][0]).replace("\\", "\\\\") for name in ["issuer", "route"]}
    title, [(query, _)] = dashboard.panels()[0]
    [(_, share)] = prometheus.query(filled_in(query, values | chosen)) or [({}, None)]
    print(f"\n{title} of {offered['issuer'][0]}, {offered['route'][0]}: {share}")
    return [] if share is not None else [f"{title}: its query returns nothing for one issuer and route"]


def check_rules(prometheus):
    """Prometheus evaluates every rule, and every metric that a rule uses has series."""
    wrong = []
    for group in prometheus.ask("rules")["groups"]:
        for rule in group["rules"]:
            if rule["health"] != "ok":
                wrong.append(f"rule {rule['name']}: {rule['health']}: {rule.get('lastError')}")
            parts = [rule["query"]] if rule["type"] == "recording" else selectors(rule["query"])
            if not parts:
                wrong.append(f"rule {rule['name']}: no metric was found in its expression")
            wrong += [f"rule {rule['name']}: {part} has no series" for part in parts if not prometheus.query(part)]
            print(f"  {rule.get('state', 'recorded'):9} {rule['name']}")
    return wrong


def check_trap(prometheus, counters):
    """The alert and the panel on traps query what Envoy counts when a filter traps."""
    print(f"a trap is counted as {', '.join(counters)}")
    [alert] = [
        rule["query"]
        for group in prometheus.ask("rules")["groups"]
        for rule in group["rules"]
        if rule["name"] == "MfaGateTrapped"
    ]
    [panel] = [queries for title, queries in Dashboard().panels() if title == "Filters built anew"]
    wrong = []
    for what, query in [("the alert MfaGateTrapped", alert), ("the panel `Filters built anew`", panel[0][0])]:
        patterns = re.findall(r'__name__=~"([^"]*)"', query)
        if not any(re.fullmatch(pattern, name) for pattern in patterns for name in counters):
            wrong.append(f"{what} queries none of {counters}")
    return wrong


def check_readme(prometheus):
    """envoy/monitoring.md describes every metric of the gate and every alert."""
    readme = (ROOT / "envoy/monitoring.md").read_text()
    metrics = [name for name in prometheus.ask("label/__name__/values") if name.startswith("mfa_gate_")]
    rules = [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]
    alerts = [rule["name"] for rule in rules if rule["type"] == "alerting"]
    return [f"envoy/monitoring.md does not mention `{name}`" for name in metrics + alerts if f"`{name}`" not in readme]


def check_reasons(expressions):
    """The deny reasons in the expressions exist."""
    known = re.findall(r'=> "([a-z-]+)"', (ROOT / "src/deny_reason.rs").read_text())
    asked = {reason for expression in expressions for reason in reasons(expression)}
    unknown = [reason for reason in sorted(asked) if not any(re.fullmatch(reason, one) for one in known)]
    return [f"`{reason}` is not a deny reason" for reason in unknown]
