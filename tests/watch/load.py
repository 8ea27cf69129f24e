"""The requests under which the dashboard is tested: every route, users with and without proof, applications, and tokens
that are denied, each for a different reason.
"""

import json
import threading
import time

from local_envoy import CLAIMS, ask, run

API = "/v1/customers"
PAUSE = 0.05  # between rounds: a few hundred requests per second, enough for every rate


class Tokens:
    """Tokens signed with keys that are made for this run."""

    def __init__(self, binary, work):
        self.binary, self.work = binary, work
        self.key, self.jwks = self.make_key("watched")
        self.stranger, _ = self.make_key("stranger")
        # With the `kid` of the good key, so that only the signature is wrong.
        impostor = json.loads(self.stranger.read_text()) | {"kid": "watched"}
        self.impostor = work / "impostor.jwk"
        self.impostor.write_text(json.dumps(impostor))

    def make_key(self, name):
        key, jwks = self.work / f"{name}.jwk", self.work / f"{name}.jwks"
        run([self.binary, "mint", "key", "--alg", "ES256", "--kid", name, "--out", key, "--jwks", jwks])
        return key, jwks

    def mint(self, claims, key=None, changes=None, without=()):
        """Returns a token with these claims of the demo, changed."""
        claims = json.loads((CLAIMS / f"{claims}.json").read_text()) | (changes or {})
        claims = {name: value for name, value in claims.items() if name not in without}
        command = [self.binary, "mint", "token", "--key", key or self.key, "--claims", "-"]
        return run(command, json.dumps(claims)).strip()


def requests(tokens):
    """Returns the requests of a round: path, token or None, and expected status."""
    mfa, password, helpdesk, app = (tokens.mint(name) for name in ["mfa", "password", "helpdesk", "app"])
    return [
        *[(API, mfa, 200)] * 6,
        *[(API, tokens.mint("mfa", changes={"uti": str(number)}), 200) for number in range(4)],
        (API, app, 200),
        (API, password, 401),
        ("/v1/invoices", mfa, 200),
        ("/v1/invoices", app, 403),
        ("/v1/invoices", password, 401),
        ("/dashboard/overview", password, 200),
        ("/dashboard/overview", mfa, 200),
        ("/dashboard/service-health", mfa, 200),
        ("/dashboard/customers", helpdesk, 200),
        ("/dashboard/support/customer-requests", helpdesk, 200),
        ("/dashboard/billing", helpdesk, 403),
        ("/dashboard/billing", password, 401),
        ("/health", None, 200),
        (API, None, 401),
        (API, "a.b.c", 401),
        (API, tokens.mint("mfa", key=tokens.stranger), 401),
        (API, tokens.mint("mfa", key=tokens.impostor), 401),
        (API, tokens.mint("mfa", changes={"exp": 1}), 401),
        (API, tokens.mint("mfa", changes={"aud": "https://another.example"}), 401),
        (API, tokens.mint("mfa", changes={"ver": "2.0"}, without=["amr"]), 401),
    ]


class Load:
    """Sends round after round while the `with` block runs. `wrong` has the unexpected responses."""

    def __init__(self, port, asked):
        self.port, self.asked = port, asked
        self.answered = 0
        self.wrong = []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.go_on, daemon=True)

    def go_on(self):
        while not self.ended.is_set() and not self.wrong:
            for path, token, expected in self.asked:
                status = ask(self.port, path, token)
                self.answered += 1
                if status != expected:
                    self.wrong.append(f"`{path}` was answered with {status}, expected {expected}")
            time.sleep(PAUSE)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()
