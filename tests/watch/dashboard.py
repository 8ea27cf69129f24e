"""Reads the dashboard: the queries of its panels and variables, as Grafana would send them."""

import json
import re

from local_envoy import ROOT

FILE = ROOT / "envoy/grafana/dashboards/mfa-gate.json"


class Dashboard:
    def __init__(self):
        self.model = json.loads(FILE.read_text())

    def panels(self):
        """Returns the title of each panel, with pairs of PromQL and legend."""
        panels = [panel for panel in self.model["panels"] if panel["type"] != "row"]
        return [(panel["title"], [(one["expr"], one["legendFormat"]) for one in panel["targets"]]) for panel in panels]

    def bare(self):
        """Returns the panels without a description or a unit."""
        needed = {
            "a description": lambda p: p.get("description"),
            "a unit": lambda p: p["fieldConfig"]["defaults"].get("unit"),
        }
        panels = [panel for panel in self.model["panels"] if panel["type"] != "row"]
        lacks = [(panel["title"], what) for panel in panels for what, has in needed.items() if not has(panel)]
        return [f"{title}: {what} is missing" for title, what in lacks]

    def variables(self):
        """Returns the variables by name: the metric and the label whose values each offers."""
        found = {}
        for variable in self.model["templating"]["list"]:
            if variable["type"] == "query":
                query = variable["query"]["query"]
                found[variable["name"]] = re.fullmatch(r"label_values\((\w+(?:\{.*\})?), (\w+)\)", query).groups()
        return found


def filled_in(query, values):
    """Returns a query with its variables replaced."""
    for name, value in values.items():
        query = query.replace(f"${name}", value)
    assert "$" not in query, query
    return query


def legend_labels(legend):
    return re.findall(r"\{\{(\w+)\}\}", legend)


def series_name(legend, labels):
    """Returns a legend with the labels of a series filled in."""
    return re.sub(r"\{\{(\w+)\}\}", lambda label: labels.get(label[1], ""), legend)
