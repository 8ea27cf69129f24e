"""The service behind the gate in the demo: it responds with the method, path and gate headers that it received.

python3 envoy/upstream.py PORT [ADDRESS]
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        received = {
            "method": self.command,
            "path": self.path,
            "headers": {
                name.lower(): value
                for name, value in self.headers.items()
                if name.lower().replace("_", "-").startswith("x-mfa-gate-")
            },
        }
        self.server.seen += 1
        body = (json.dumps({"upstream received": received}, indent=2) + "\n").encode()
        self.send_response_only(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def log_message(self, *_):
        pass


class Upstream(ThreadingHTTPServer):
    """Counts the requests that it received. Port 0 picks a free port."""

    daemon_threads = True

    def __init__(self, port, address="127.0.0.1"):
        self.seen = 0
        super().__init__((address, port), Echo)

    def handle_error(self, request, client_address):
        # Envoy keeps connections open, and resets them when it exits.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or not sys.argv[1].isdigit():
        sys.exit(__doc__.strip())
    Upstream(int(sys.argv[1]), *sys.argv[2:]).serve_forever()
