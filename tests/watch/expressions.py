"""The metrics that an expression of PromQL stands on."""

import re

METRIC = re.compile(
    r"(?<![\w.])((?:mfa_gate|envoy|job|job_route)[\w:]*|up)?(\{[^}]*\})"
    r"|(?<![\w.\"])((?:mfa_gate_|envoy_|job:|job_route:)[\w:]*|up\b(?= ))(?!\{)"
)
LABEL = re.compile(r'(\w+)(?:=~|!~|!=|=)"([^"]*)"')


def selectors(expression):
    """What must have series for the expression to mean anything: each metric with all the labels that it is asked for,
    whatever their values. An alert's own values are of what must not happen.
    """
    found = set()
    for name, braces, bare in METRIC.findall(expression):
        labels = dict(LABEL.findall(braces))
        if "__name__" in labels:
            found.add(f'{{__name__=~"{labels["__name__"]}"}}')
        else:
            wanted = ",".join(f'{label}!=""' for label in sorted(labels))
            found.add(f"{name or bare}{{{wanted}}}")
    return sorted(found)


def reasons(expression):
    """The deny reasons that it asks for; patterns as they stand."""
    return [reason for label, value in LABEL.findall(expression) if label == "reason" for reason in value.split("|")]
