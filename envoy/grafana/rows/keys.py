"""How the issuers' keys fare."""

import queries as q
from panels import COUNT, GREEN, RED, SECONDS, YELLOW, lines, stacked


def panels():
    gauge = "{metric}{{{labels}}}".format
    expiry = gauge(metric="mfa_gate_keys_expiry_timestamp_seconds", labels=q.KEYS)
    fetched = gauge(metric="mfa_gate_keys_fetched_timestamp_seconds", labels=q.KEYS)
    held = gauge(metric="mfa_gate_keys", labels=q.KEYS)
    fetches = gauge(metric="mfa_gate_key_fetches_total", labels=q.KEYS)
    return [
        lines(
            "Time until keys expire",
            "How long the keys in use are still good if they cannot be fetched again; at 0 every token of the issuer is answered with 503.",
            [(f"min by (issuer) ({expiry} - time())", "{{issuer}}")],
            SECONDS,
            width=6,
            steps=[(None, RED), (3600, YELLOW), (14400, GREEN)],
        ),
        lines(
            "Age of keys",
            "Since the keys in use were fetched. It rises to the refresh interval and falls again; one that only rises cannot be fetched.",
            [(f"max by (issuer) (time() - {fetched})", "{{issuer}}")],
            SECONDS,
            width=6,
        ),
        lines(
            "Keys held",
            "Usable keys in the issuer's set. 0 means that none was ever fetched.",
            [(f"min by (issuer) ({held})", "{{issuer}}")],
            COUNT,
            width=6,
            steps=[(None, RED), (1, GREEN)],
        ),
        stacked(
            "Fetches of keys",
            "Answers that were taken, and those that were not (no answer, another status than 200, no usable key); Envoy's log says why.",
            [(f"sum by (issuer, result) (increase({fetches}[{q.RATE}]))", "{{result}}: {{issuer}}")],
            COUNT,
            width=6,
        ),
    ]
