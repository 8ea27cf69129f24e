"""The dashboard's queries: PromQL over the gate's metrics, filtered by the dashboard's variables.

A ratio is 0 if its numerator has no series, and absent if its denominator is 0.
"""

REQUESTS = "mfa_gate_requests_total"
TOKENS = "mfa_gate_verified_tokens_total"
EVERY = 'job=~"$job", instance=~"$instance"'
# Some requests have neither issuer nor route; the value of `All` matches them, too.
DECIDED = EVERY + ', issuer=~"$issuer", route=~"$route"'
KEYS = EVERY + ', issuer=~"$issuer"'
RATE = "$__rate_interval"
RANGE = "$__range"


def requests(labels=""):
    return f"{REQUESTS}{{{labels and labels + ', '}{DECIDED}}}"


def rate(metric, by=""):
    return f"sum{by and f' by ({by})'} (rate({metric}[{RATE}]))"


def count(metric, by=""):
    """What was counted in the dashboard's time range. A series that began within it began at its first request, which
    `increase` does not count.
    """
    return f"sum{by and f' by ({by})'} (({metric} unless {metric} offset {RANGE}) or increase({metric}[{RANGE}]))"


def part(some, whole):
    return f"({some} or 0 * {whole}) / ({whole} > 0)"


def number_of(some, whole):
    return f"{count(some)} or 0 * {count(whole)}"


def named(query, label, name):
    """Returns the query with `name` for series without this label."""
    return f'label_replace({query}, "{label}", "{name}", "{label}", "")'


def by_route(query):
    return named(query, "route", "(default)")


USERS = requests('subject="user"')
PROVEN = requests('subject="user", mfa="proven"')
UNPROVEN = requests('subject="user", mfa!="proven"')
DENIED = requests('decision="deny"')
WANT_OF_MFA = requests('reason=~"mfa-.*"')
BLIND = requests('reason="keys-unavailable"')
# What an honest client sends only by mistake.
FORGED = requests(
    'reason=~"signature-invalid|key-unknown|algorithm-not-allowed|issuer-untrusted|token-malformed|claim-malformed"'
)
