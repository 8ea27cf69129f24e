"""Runs Prometheus on this machine with the shipped configuration, and queries it."""

import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

from local_envoy import ROOT, fail, stop

FOLDER = ROOT / "envoy/prometheus"
# Shorter than in the shipped configuration, so that there are rates after seconds.
PACE = "500ms"


class Prometheus:
    """A Prometheus process, for the length of a `with` block."""

    def __init__(self, work, port, target):
        self.work, self.port = work, port
        text = (FOLDER / "prometheus.yaml").read_text()
        for shipped, ours in [
            ("scrape_interval: 5s", f"scrape_interval: {PACE}"),
            ("evaluation_interval: 5s", f"evaluation_interval: {PACE}"),
            ("rules.yaml", str(FOLDER / "rules.yaml")),
            ("gate:9901", target),
        ]:
            if shipped not in text:
                fail(f"envoy/prometheus/prometheus.yaml: `{shipped}` is missing")
            text = text.replace(shipped, ours)
        (work / "prometheus.yaml").write_text(text)

    def __enter__(self):
        log = open(self.work / "prometheus.log", "w")
        command = [
            "prometheus",
            f"--config.file={self.work / 'prometheus.yaml'}",
            f"--storage.tsdb.path={self.work / 'prometheus'}",
        ]
        command += [f"--web.listen-address=127.0.0.1:{self.port}"]
        self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            self.wait_for("response", self.ready)
        except BaseException:
            stop(self.process)
            raise
        return self

    def __exit__(self, *_):
        stop(self.process)

    def wait_for(self, what, is_so, patience=30):
        deadline = time.monotonic() + patience
        while not is_so():
            if self.process.poll() is not None or time.monotonic() > deadline:
                fail(f"prometheus: no {what} after {patience} s; its log is {self.work / 'prometheus.log'}")
            time.sleep(0.1)

    def ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=10):
                return True
        except OSError:
            return False

    def ask(self, path, **parameters):
        """Returns the data of an API response."""
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as response:
                return json.loads(response.read())["data"]
        except urllib.error.HTTPError as error:
            fail(f"prometheus: {path}: {parameters}: {error.read().decode()}")

    def query(self, expression):
        """Returns the series of a vector: labels and value, without those whose value is NaN."""
        series = [(one["metric"], float(one["value"][1])) for one in self.ask("query", query=expression)["result"]]
        return [(labels, value) for labels, value in series if value == value]
