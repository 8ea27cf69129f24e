"""Finds the metrics that a PromQL expression uses."""

import re

METRIC = re.compile(
    r"(?<![\w.])((?:mfa_gate|envoy|job|job_route)[\w:]*|up)?(\{[^}]*\})"
    r"|(?<![\w.\"])((?:mfa_gate_|envoy_|job:|job_route:)[\w:]*|up\b(?= ))(?!\{)"
)
LABEL = re.compile(r'(\w+)(?:=~|!~|!=|=)"([^"]*)"')


def selectors(expression):
    """Returns what must have series if the expression is to work: each metric, with the labels that it is filtered by.
    Their values are left out, as those of an alert describe what should not happen.
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
    """Returns the deny reasons that an expression filters by. They may be regular expressions."""
    return [reason for label, value in LABEL.findall(expression) if label == "reason" for reason in value.split("|")]
