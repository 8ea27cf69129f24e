"""A listener's load, by wrk."""

import json
import subprocess
import sys
from pathlib import Path

from local_envoy import fail

SCRIPT = Path(__file__).with_name("load.lua")
CONNECTIONS = 8


class Load:
    """Goes on with the tokens where it left off."""

    def __init__(self, tokens, listener, port):
        self.listener, self.port = listener, port
        self.file = tokens.file(listener.load)
        self.lines, _ = tokens.shape(listener.load)
        self.next = 0

    def run(self, seconds):
        """Returns how many requests were answered, and in how many seconds."""
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", SCRIPT, f"http://127.0.0.1:{self.port}"]
        command += ["--", self.file, str(self.next), str(self.listener.routes)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            told = json.loads(done.stdout.splitlines()[-1])
        except (IndexError, ValueError):
            print(done.stdout, file=sys.stderr)
            fail(f"{self.listener.name}: wrk did not say what it did; its output is above")
        refused = told["answered"] if self.listener.status() >= 400 else 0
        if not told["answered"] or told["broken"] or told["refused"] != refused:
            fail(f"{self.listener.name}: expected {refused} refusals and nothing broken, wrk saw {told}")
        self.next = (self.next + told["sent"]) % self.lines
        return told["answered"], told["seconds"]
