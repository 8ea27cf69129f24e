"""Writes dashboards/mfa-gate.json.

python3 envoy/grafana/dashboard.py [--check]

With --check it writes nothing, and exits with 1 if the file differs from what it would write. Needs the library that
requirements.txt pins; `make dashboard` fetches it.
"""

import itertools
import json
import sys
from pathlib import Path

from grafana_foundation_sdk.builders.dashboard import Dashboard, DatasourceVariable, QueryVariable, Row
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

import queries as q
from panels import SOURCE
from rows import cost, decisions, keys, mfa

FILE = Path(__file__).resolve().parent / "dashboards/mfa-gate.json"
# Matches series without the label, too.
ANY = ".*"


def variable(name, label, metric, description):
    """Makes a variable that selects one, several or all values of a label."""
    narrowed = "" if name == "job" else '{job=~"$job"}'
    query = f"label_values({metric}{narrowed}, {name})"
    return (
        QueryVariable(name)
        .label(label)
        .description(description)
        .datasource(SOURCE)
        .query({"query": query, "refId": name})
        .definition(query)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .current(VariableOption(selected=True, text=["All"], value=["$__all"]))
    )


def dashboard():
    issuer = variable("issuer", "Issuer", q.REQUESTS, "Of the token; all has requests without a verified one too")
    route = variable("route", "Route", q.REQUESTS, "Of the gate; all has requests of no route too")
    built = (
        Dashboard("MFA gate")
        .uid("mfa-gate")
        .description(
            "Who comes with multi-factor authentication and who does not, what the gate decides, and how it fares."
        )
        .tags(["mfa-gate", "envoy"])
        .time("now-6h", "now")
        .refresh("30s")
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(DatasourceVariable("datasource").label("Data source").type("prometheus"))
        .with_variable(variable("job", "Job", q.TOKENS, "As Prometheus scrapes Envoy"))
        .with_variable(variable("instance", "Instance", q.TOKENS, "One Envoy"))
        .with_variable(issuer.all_value(ANY))
        .with_variable(route.all_value(ANY))
    )
    ids = itertools.count(1)
    for title, row in [("MFA", mfa), ("Decisions", decisions), ("Keys", keys), ("Cost", cost)]:
        built.with_row(Row(title).id(next(ids)))
        for panel in row.panels():
            built.with_panel(panel.id(next(ids)))
    return json.dumps(built.build(), cls=JSONEncoder, indent=2, sort_keys=True) + "\n"


def main(arguments):
    if arguments not in ([], ["--check"]):
        sys.exit(__doc__.strip())
    made = dashboard()
    if not arguments:
        FILE.write_text(made)
    elif made != FILE.read_text():
        sys.exit(
            "error: envoy/grafana/dashboards/mfa-gate.json differs from what dashboard.py writes; run `make dashboard`"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
