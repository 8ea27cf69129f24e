"""What the dashboard asks: the queries of its panels and variables, as Grafana would send them."""

import json
import re

from local_envoy import ROOT

FILE = ROOT / "envoy/grafana/dashboards/mfa-gate.json"


class Dashboard:
    def __init__(self):
        self.model = json.loads(FILE.read_text())

    def panels(self):
        """Title, and pairs of PromQL and legend."""
        panels = [panel for panel in self.model["panels"] if panel["type"] != "row"]
        return [(panel["title"], [(one["expr"], one["legendFormat"]) for one in panel["targets"]]) for panel in panels]

    def bare(self):
        """The panels that lack what helps to read them."""
        needed = {
            "a description": lambda p: p.get("description"),
            "a unit": lambda p: p["fieldConfig"]["defaults"].get("unit"),
        }
        panels = [panel for panel in self.model["panels"] if panel["type"] != "row"]
        lacks = [(panel["title"], what) for panel in panels for what, has in needed.items() if not has(panel)]
        return [f"{title}: {what} is missing" for title, what in lacks]

    def variables(self):
        """By name, the metric and the label whose values are offered."""
        found = {}
        for variable in self.model["templating"]["list"]:
            if variable["type"] == "query":
                query = variable["query"]["query"]
                found[variable["name"]] = re.fullmatch(r"label_values\((\w+(?:\{.*\})?), (\w+)\)", query).groups()
        return found


def filled_in(query, values):
    """A query with values in the place of variables."""
    for name, value in values.items():
        query = query.replace(f"${name}", value)
    assert "$" not in query, query
    return query


def legend_labels(legend):
    return re.findall(r"\{\{(\w+)\}\}", legend)


def series_name(legend, labels):
    """A legend with a series' labels filled in."""
    return re.sub(r"\{\{(\w+)\}\}", lambda label: labels.get(label[1], ""), legend)
