"""What must hold of dashboard and rules. Each check returns what is wrong, and prints what it saw."""

import re

from dashboard import Dashboard, filled_in, legend_labels, series_name
from expressions import reasons, selectors
from local_envoy import ROOT

# The panels of what need not happen under this load.
STILL = {"Filters built anew", "Fetches of keys"}


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
                print(f"  {value:12.4g}  {series_name(legend, labels)}")
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


def check_trap(prometheus, counters):
    """Whether the alert and the panel ask for what Envoy counts when a filter traps."""
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
            wrong.append(f"{what} asks for none of {counters}")
    return wrong


def check_readme(prometheus):
    """The gate's metrics and the alerts that envoy/README.md does not tell of."""
    readme = (ROOT / "envoy/README.md").read_text()
    metrics = [name for name in prometheus.ask("label/__name__/values") if name.startswith("mfa_gate_")]
    rules = [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]
    alerts = [rule["name"] for rule in rules if rule["type"] == "alerting"]
    return [f"envoy/README.md says nothing of `{name}`" for name in metrics + alerts if f"`{name}`" not in readme]


def check_reasons(expressions):
    """The reasons asked for that the gate does not have."""
    known = re.findall(r'=> "([a-z-]+)"', (ROOT / "src/deny_reason.rs").read_text())
    asked = {reason for expression in expressions for reason in reasons(expression)}
    unknown = [reason for reason in sorted(asked) if not any(re.fullmatch(reason, one) for one in known)]
    return [f"`{reason}` is not a deny reason" for reason in unknown]
