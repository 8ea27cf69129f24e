"""What the gate decides, and why."""

import queries as q
from panels import GREEN, PER_SECOND, RED, stacked

OUTCOME = {"allow": GREEN, "deny": RED}


def panels():
    return [
        stacked(
            "Requests by decision",
            "All requests that the gate decided.",
            [(q.rate(q.requests(), "decision"), "{{decision}}")],
            PER_SECOND,
            colors=OUTCOME,
        ),
        stacked(
            "Requests by route",
            "Of the gate's routes. (default) is what none claims, or what a route of Envoy decided; other is what came when there were too many series.",
            [(q.by_route(q.rate(q.requests(), "route")), "{{route}}")],
            PER_SECOND,
        ),
        stacked(
            "Requests by subject",
            "user: a user stands behind the token. app: an application alone. none: there was no verified token.",
            [(q.named(q.rate(q.requests(), "subject"), "subject", "none"), "{{subject}}")],
            PER_SECOND,
        ),
        stacked(
            "Denials by reason",
            "Why requests are denied; README.md lists the reasons and what each is answered with.",
            [(q.rate(q.DENIED, "reason"), "{{reason}}")],
            PER_SECOND,
        ),
        stacked(
            "Denials for want of MFA by route",
            "Where users are sent back to sign in again with MFA.",
            [(q.by_route(q.rate(q.WANT_OF_MFA, "route")), "{{route}}")],
            PER_SECOND,
        ),
        stacked(
            "Tokens that no honest client sends",
            "Bad signatures, unknown keys or issuers, malformed tokens. From few addresses, as the access log has them, somebody is trying; from everywhere, the issuer's keys may have changed unseen.",
            [(q.rate(q.FORGED, "reason"), "{{reason}}")],
            PER_SECOND,
        ),
    ]
