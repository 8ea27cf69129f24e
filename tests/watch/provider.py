"""The issuer's key server, which fails until the test sets `up`."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Provider(ThreadingHTTPServer):
    """Serves its key set once `up` is true; answers 503 before."""

    daemon_threads = True

    def __init__(self, jwks):
        self.jwks, self.up = jwks, False
        super().__init__(("127.0.0.1", 0), Keys)


class Keys(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response_only(200 if self.server.up else 503)
        self.send_header("content-length", str(len(self.server.jwks)))
        self.end_headers()
        self.wfile.write(self.server.jwks)

    def log_message(self, *_):
        pass
