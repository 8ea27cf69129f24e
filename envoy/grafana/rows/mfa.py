"""Who comes with multi-factor authentication, and who does not."""

import queries as q
from panels import (
    BLUE,
    COUNT,
    COVERAGE,
    GREEN,
    NONE_WANTED,
    PER_SECOND,
    PLAIN,
    RED,
    SHARE,
    YELLOW,
    bars,
    lines,
    number,
    stacked,
)

MFA = {"proven": GREEN, "missing": RED, "unknowable": YELLOW}


def panels():
    coverage = q.part(q.rate(q.PROVEN), q.rate(q.USERS))
    coverage_of_routes = q.part(q.count(q.PROVEN, "route"), q.count(q.USERS, "route"))
    return [
        number(
            "MFA coverage",
            "Of the users' requests with a verified token, how many prove multi-factor authentication. Applications alone are not in it.",
            q.part(q.count(q.PROVEN), q.count(q.USERS)),
            SHARE,
            COVERAGE,
        ),
        number(
            "Users' requests",
            "Requests with a verified token of a user.",
            q.count(q.USERS),
            COUNT,
            PLAIN,
        ),
        number(
            "Without proof",
            "Users' requests whose token does not prove MFA, let in (where the route does not ask for it) or not.",
            q.number_of(q.UNPROVEN, q.USERS),
            COUNT,
            NONE_WANTED,
        ),
        number(
            "Denied for want of MFA",
            "Requests that were answered with the challenge to come back with MFA.",
            q.number_of(q.WANT_OF_MFA, q.requests()),
            COUNT,
            PLAIN,
        ),
        number(
            "Denied in all",
            "Denied requests in parts of all, whatever the reason.",
            q.part(q.count(q.DENIED), q.count(q.requests())),
            SHARE,
            PLAIN,
        ),
        number(
            "By applications alone",
            "Of the requests with a verified token, those of an application without a user, of whom no MFA can be asked. It should not grow as coverage does.",
            q.part(q.count(q.requests('subject="app"')), q.count(q.requests('subject!=""'))),
            SHARE,
            PLAIN,
        ),
        number(
            "Refused for lack of keys",
            "Requests answered with 503 as the issuer's keys were never fetched, or are past their expiry. Must be 0.",
            q.number_of(q.BLIND, q.requests()),
            COUNT,
            NONE_WANTED,
        ),
        number(
            "Alerts",
            "Alerts of prometheus/rules.yaml that fire now.",
            'count(ALERTS{alertname=~"Mfa.*", alertstate="firing", job=~"$job"}) or vector(0)',
            COUNT,
            NONE_WANTED,
        ),
        lines(
            "MFA coverage over time",
            "Of the users' requests with a verified token, how many prove MFA. A fall means that a client signs in another way, or that a policy of the issuer was relaxed.",
            [(coverage, "coverage")],
            SHARE,
            steps=COVERAGE,
            colors={"coverage": BLUE},
        ),
        stacked(
            "Users' requests by proof of MFA",
            "proven: the token proves it. missing: it does not. unknowable: a token of a kind that cannot, such as Entra's v2.0.",
            [(q.rate(q.USERS, "mfa"), "{{mfa}}")],
            PER_SECOND,
            colors=MFA,
        ),
        bars(
            "MFA coverage by route",
            "Where users come without MFA. (default) is what no route of the gate claims.",
            f"sort({q.by_route(coverage_of_routes)})",
            "{{route}}",
            SHARE,
            COVERAGE,
        ),
    ]
