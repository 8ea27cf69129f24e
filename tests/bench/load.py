"""Puts load on a listener with wrk."""

import json
import subprocess
import sys
from pathlib import Path

from local_envoy import fail

SCRIPT = Path(__file__).with_name("load.lua")
CONNECTIONS = 8


class Load:
    """Each run continues with the token after the last one sent."""

    def __init__(self, tokens, listener, port):
        self.listener, self.port = listener, port
        self.file = tokens.file(listener.load)
        self.lines, _ = tokens.shape(listener.load)
        self.next = 0

    def run(self, seconds):
        """Returns the number of responses, and the seconds that they took."""
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", SCRIPT, f"http://127.0.0.1:{self.port}"]
        command += ["--", self.file, str(self.next), str(self.listener.routes)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            counts = json.loads(done.stdout.splitlines()[-1])
        except (IndexError, ValueError):
            print(done.stdout, file=sys.stderr)
            fail(f"{self.listener.name}: wrk printed no result; its output is above")
        refused = counts["answered"] if self.listener.status() >= 400 else 0
        if not counts["answered"] or counts["broken"] or counts["refused"] != refused:
            fail(f"{self.listener.name}: expected {refused} refused requests and no failures, wrk counted {counts}")
        self.next = (self.next + counts["sent"]) % self.lines
        return counts["answered"], counts["seconds"]
