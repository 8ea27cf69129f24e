"""Compares the speed of `mfa-gate report` with jq on the same log.

PYTHONPATH=envoy python3 tests/bench/report.py --mfa-gate BINARY [--lines N] [--rounds N]

Both count per application and day, in turns. Exits with 1 if their counts differ.
"""

import argparse
import itertools
import json
import os
import statistics
import subprocess
import time

from access_log import lines
from local_envoy import ROOT, fail, run

LOG = ROOT / "target/bench/access.log"

# The fastest way in jq: one pass, one object of counts, no line kept in memory.
FILTER = """
reduce inputs as $line ({};
  ($line.mfa_gate.value // {}) as $word
  | if $word.subject == "user"
    then .[$line.time[:10] + " " + $word.app]
      |= [(.[0] // 0) + (if $word.mfa == "proven" then 1 else 0 end), (.[1] // 0) + 1]
    else . end)
"""


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--mfa-gate", required=True, type=os.path.abspath)
    parser.add_argument("--lines", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    LOG.parent.mkdir(parents=True, exist_ok=True)
    with LOG.open("w") as log:
        log.writelines(lines(options.lines))
    size = LOG.stat().st_size
    report = [options.mfa_gate, "report", "--by", "app-day", "--format", "json", LOG]
    commands = {
        "jq": ["jq", "-nc", FILTER, LOG],
        "report": report,
        "report, one processor": ["taskset", "-c", str(min(os.sched_getaffinity(0))), *report],
    }
    took = {name: [] for name in commands}
    counts = {}
    processors = os.sched_getaffinity(0)
    jq = run(["jq", "--version"]).strip()
    print(f"{options.lines:,} lines, {size / 1e6:.0f} MB, {len(processors)} processors; {jq}")
    # The first round, which is not counted, reads the log into the page cache.
    for number, (name, command) in itertools.product(range(options.rounds + 1), commands.items()):
        started = time.perf_counter()
        answer = subprocess.check_output(command)
        if number:
            took[name].append(time.perf_counter() - started)
        counts[name] = from_jq(json.loads(answer)) if name == "jq" else from_report(json.loads(answer))
        if counts[name] != counts["jq"]:
            fail(f"{name}: the counts differ from those of jq")
    requests = sum(total for _, total in counts["jq"].values())
    print(f"the counts are equal: {len(counts['jq'])} applications' days, {requests:,} requests")
    for name, seconds in took.items():
        median = statistics.median(seconds)
        print(f"{name:22} {median:7.2f} s ({min(seconds):.2f} to {max(seconds):.2f})  {size / median / 1e6:6.0f} MB/s")
    for name in ("report", "report, one processor"):
        ratios = [jq / ours for jq, ours in zip(took["jq"], took[name], strict=True)]
        print(f"{name}: {statistics.median(ratios):.1f} times as fast as jq ({min(ratios):.1f} to {max(ratios):.1f})")


def from_jq(answer):
    return {tuple(key.split(" ")): tuple(counts) for key, counts in answer.items()}


def from_report(rows):
    return {
        (row["LoginDate"], row["ApplicationId"]): (row["MfaCompliantRequestCount"], row["TotalRequestCount"])
        for row in rows
    }


if __name__ == "__main__":
    main()
