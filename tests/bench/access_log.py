"""Generates an access log in the format of the shipped configuration; the same arguments give the same log.

python3 tests/bench/access_log.py LINES > access.log
"""

import json
import random
import sys
from datetime import datetime, timedelta

APPS = (
    "Billing sync",
    "Partner portal",
    "Order desk",
    "Customer import",
    "Usage export",
    "Support console",
    None,
    "Reseller shop",
)
ROUTES = (
    ("customers", "/v1/customers"),
    ("orders", "/v1/customers/{}/orders"),
    ("billing", "/v1/invoices"),
    (None, "/v1/profiles/{}"),
)
REASONS = (
    "token-missing",
    "token-missing",
    "token-expired",
    "token-expired",
    "signature-invalid",
    "audience-mismatch",
    "key-unknown",
    "token-malformed",
)
DAYS = 60


def lines(count, seed=1):
    """Generates this many lines over two months, in which the tenants roll out MFA."""
    chance = random.Random(seed)

    def uuid():
        a, b, c, d, e = (chance.getrandbits(bits) for bits in (32, 16, 12, 12, 48))
        return f"{a:08x}-{b:04x}-4{c:03x}-8{d:03x}-{e:012x}"

    tenants = [uuid() for _ in range(3)]
    apps = [(uuid(), name) for name in APPS]
    # The last member is the day from which the user does MFA; some never do.
    users = [
        (tenants[chance.randrange(3)], uuid(), f"user{number}@example.com", chance.choice((-1, 10, 20, 30, 45, 90)))
        for number in range(400)
    ]
    start = datetime(2026, 9, 27)
    for number in range(count):
        passed = DAYS * number / count
        time = (start + timedelta(days=passed)).isoformat(timespec="milliseconds") + "Z"
        word = {"decision": "allow", "policy": "mfa"}
        route, path = chance.choice(ROUTES)
        if route:
            word["route"] = route
        kind = chance.random()
        if kind < 0.05:
            word.update(decision="deny", reason=chance.choice(REASONS))
        else:
            tenant, user, upn, since = users[int(len(users) * chance.random() ** 2)]
            place = int(len(apps) * chance.random() ** 1.5)
            app, name = apps[place]
            issuer = f"https://sts.windows.net/{tenant}/"
            word.update(issuer=issuer, tenant=tenant, app=app, app_name=name, key="9f86d081")
            if kind < 0.15:
                word.update(subject="app", user=user, upn=None)
            else:
                mfa = "proven" if passed > since + 3 * place else "unknowable" if place == 3 else "missing"
                word.update(subject="user", mfa=mfa, user=user, upn=upn)
                if mfa != "proven" and route != "billing":
                    word.update(decision="deny", reason=f"mfa-{mfa}")
        line = {
            "time": time,
            "request_id": uuid(),
            "correlation_id": None if chance.random() < 0.5 else uuid(),
            "address": f"203.0.113.{chance.randrange(256)}",
            "method": chance.choice(("GET", "GET", "GET", "POST")),
            "path": path.format(chance.randrange(100_000)),
            "protocol": "HTTP/1.1",
            "status": 200 if word["decision"] == "allow" else 401,
            "details": "via_upstream" if word["decision"] == "allow" else f"mfa_gate{{{word['reason']}}}",
            "duration_ms": chance.randrange(100),
            "mfa_gate": {"@type": "type.googleapis.com/google.protobuf.Struct", "value": word},
        }
        yield json.dumps(line, separators=(",", ":")) + "\n"


if __name__ == "__main__":
    sys.stdout.writelines(lines(int(sys.argv[1])))
