"""Starts the gate in a real Envoy in front of a small upstream, and sends it requests with curl.

python3 envoy/demo.py [--stay] --envoy BINARY --mfa-gate BINARY [--port N] [--admin-port N]

Exits with 1 if a response is not the expected one. With --stay it then serves until Ctrl-C. Port 0 picks a free port.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

from local_envoy import CLAIMS, ROOT, Envoy, claim_port, conclude, fail, render, run
from upstream import Upstream

WORK = Path("target/demo")  # relative to ROOT, as in the printed commands
API = "/v1/customers"
CHALLENGE = 'WWW-Authenticate: Bearer error="invalid_token"'


@dataclass
class Step:
    """A request and its expected response."""

    title: str
    path: str
    status: str
    headers: list = field(default_factory=list)
    token: str = ""
    options: str = ""
    reaches: bool = False  # whether the upstream receives the request
    received: list = field(default_factory=list)  # text that the upstream's echo of its headers must contain

    def command(self, port):
        parts = [f"curl -si http://127.0.0.1:{port}{self.path}", self.options]
        if self.token:
            parts.append(f'-H "Authorization: Bearer $(cat {WORK / self.token}.jwt)"')
        return " ".join(part for part in parts if part)


STEPS = [
    Step(
        "A user who has done MFA is let through",
        API,
        "HTTP/1.1 200 OK",
        token="mfa",
        reaches=True,
        received=[
            '"x-mfa-gate-decision": "allow"',
            '"x-mfa-gate-subject": "user"',
            '"x-mfa-gate-upn": "Adminagent.csp',
        ],
    ),
    Step(
        "The same user with a password alone is not",
        API,
        "HTTP/1.1 401 Unauthorized - MFA required",
        ["Request-Context: appId=cid-v1:03ce8ca8-8373-4021-8f25-d5dd45c7b12f", CHALLENGE],
        token="password",
    ),
    Step(
        "HTTP/2 has no reason phrase; the rest is the same",
        API,
        "HTTP/2 401",
        ["request-context: appId=cid-v1:03ce8ca8-8373-4021-8f25-d5dd45c7b12f", CHALLENGE.replace("WWW-A", "www-a")],
        token="password",
        options="--http2-prior-knowledge",
    ),
    Step(
        "An application alone passes where the API supports it",
        API,
        "HTTP/1.1 200 OK",
        token="app",
        reaches=True,
        received=['"x-mfa-gate-decision": "allow"', '"x-mfa-gate-subject": "app"'],
    ),
    Step("Nowhere else", "/v1/invoices", "HTTP/1.1 403 Forbidden", token="app"),
    Step(
        "No token",
        API,
        "HTTP/1.1 401 Unauthorized",
        ['www-authenticate: Bearer realm="mfa-gate"'],
    ),
    Step(
        "A public page is open, and what a client says in the gate's name is removed",
        "/health",
        "HTTP/1.1 200 OK",
        options='-H "x-mfa-gate-subject: forged"',
        reaches=True,
    ),
    Step(
        "Any valid token opens the dashboard's overview",
        "/dashboard/overview",
        "HTTP/1.1 200 OK",
        token="password",
        reaches=True,
    ),
    Step(
        "A helpdesk agent may see the customers",
        "/dashboard/customers",
        "HTTP/1.1 200 OK",
        token="helpdesk",
        reaches=True,
    ),
    Step(
        "but not the billing",
        "/dashboard/billing",
        "HTTP/1.1 403 Forbidden",
        ['www-authenticate: Bearer error="insufficient_scope"'],
        token="helpdesk",
    ),
]


def mint(binary):
    """Makes a new key and tokens. Returns the public key set."""
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True, mode=0o700)
    key, jwks = WORK / "key.jwk", WORK / "jwks.json"
    run([binary, "mint", "key", "--alg", "RS256", "--kid", "demo", "--out", key, "--jwks", jwks])
    for claims in sorted(CLAIMS.glob("*.json")):
        token = run([binary, "mint", "token", "--key", key, "--claims", claims, "--expires-in", "12h"])
        with open(os.open(WORK / f"{claims.stem}.jwt", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(token)
    return jwks.read_text().strip()


def shown():
    """The demo's commands in README.md, each with the response lines that it shows."""
    found, lines = {}, []
    for line in (ROOT / "README.md").read_text().splitlines():
        if line.startswith("$ curl -si http://127.0.0.1:10000"):
            lines = found[line[2:]] = []
        elif not line or line.startswith("```"):
            lines = []
        else:
            lines.append(line)
    return found


def ask(step, port, upstream):
    """Sends the request and prints the response. Returns what differs from the step or from README.md."""
    seen = upstream.seen
    command = step.command(port)
    print(f"\n# {step.title}\n$ {command}")
    asked = subprocess.run(["bash", "-c", command], stdout=subprocess.PIPE)
    answer = asked.stdout.decode(errors="replace").replace("\r\n", "\n")
    print(answer.rstrip())

    lines = answer.split("\n\n")[0].split("\n")
    wrong = []
    if lines[0].rstrip() != step.status:
        wrong.append(f"status line is `{lines[0]}`, expected `{step.status}`")
    wrong += [f"header `{header}` is missing" for header in step.headers if header not in lines[1:]]
    wrong += [f"the upstream did not receive `{text}`" for text in step.received if text not in answer]
    if "forged" in answer:
        wrong.append("a forged header reached the upstream")
    left = iter(answer.splitlines())
    # `in` continues after the line that it found last.
    wrong += [f"README.md shows `{line}`" for line in SHOWN.pop(step.command(10000), []) if line not in left]
    if (upstream.seen > seen) != step.reaches:
        wrong.append(f"the request {'did not reach' if step.reaches else 'reached'} the upstream")
    return [f"{step.title}: {what}" for what in wrong]


SHOWN = shown()


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--stay", action="store_true")
    parser.add_argument("--envoy", required=True)
    parser.add_argument("--mfa-gate", required=True)
    parser.add_argument("--port", type=int, default=10000)
    parser.add_argument("--admin-port", type=int, default=9901)
    options = parser.parse_args()

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job starts with SIGINT ignored
    os.chdir(ROOT)
    port = claim_port(options.port, "PORT")
    admin_port = claim_port(options.admin_port, "ADMIN_PORT")
    upstream = Upstream(0)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    keys = [("{keys: []}", " ".join(mint(options.mfa_gate).split()))]
    configuration = WORK / "envoy.yaml"
    configuration.write_text(render(port, admin_port, upstream.server_port, keys))
    try:
        with Envoy(options.envoy, configuration, admin_port) as envoy:
            print(f"the gate serves http://127.0.0.1:{port}, envoy's admin http://127.0.0.1:{admin_port}")
            wrong = [what for step in STEPS for what in ask(step, port, upstream)]
            wrong += [f"README.md: `{command}` is not part of the demo" for command in SHOWN]
            print()
            status = conclude(wrong, f"all {len(STEPS)} responses are as expected")
            if options.stay:
                print(f"\nserving until Ctrl-C; keys, tokens and envoy's log are in {WORK}", flush=True)
                envoy.process.wait()
                fail(f"envoy exited unexpectedly; see {envoy.log}")
            return status
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
