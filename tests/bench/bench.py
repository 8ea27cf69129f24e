"""Measures the CPU time that a request costs Envoy, for the gate and for Envoy's own filters.

PYTHONPATH=envoy python3 tests/bench/bench.py --envoy BINARY --gate MODULE --noop MODULE [--rounds N] [--seconds N]

Prints tables, and writes target/bench.json. Exits with 1 if a response is not the expected one; a missed ratio is only
reported.
"""

import argparse
import json
import os
import statistics

import tables
from listeners import listeners
from load import Load
from local_envoy import ROOT, ask
from process import PATH, BenchEnvoy
from tokens import tokens

WORK = ROOT / "target/bench"
STARTS = 5


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    for name in ("envoy", "gate", "noop"):
        parser.add_argument(f"--{name}", required=True, type=os.path.abspath)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=1, help="length of each listener's turn in a round")
    options = parser.parse_args()

    WORK.mkdir(parents=True, exist_ok=True)
    made = tokens(WORK / "tokens")
    every = listeners(made.jwks, options.gate, options.noop)
    result = {"listeners": measure(options, made, every)}
    by_name = {listener.name: listener for listener in every}
    gates = [listener for listener in every if listener.name.startswith("gate_")]
    result["heap"] = {listener.name: heap(options, made, listener) for listener in gates}
    result["start_ms"] = starts(options, [by_name[name] for name in ("none", "noop", "gate_same", "gate_routes_5000")])
    result["module_kb"] = os.path.getsize(options.gate) / 1000
    result["ratios"] = tables.ratios(result)
    (WORK.parent / "bench.json").write_text(json.dumps(result, indent=1) + "\n")
    tables.show(result)


def measure(options, made, every):
    """Returns the CPU time per request of each listener, in microseconds: medians over rounds of turns."""
    costs = {listener.name: [] for listener in every}
    rates = {listener.name: [] for listener in every}
    with BenchEnvoy(options.envoy, every, WORK) as envoy:
        loads = [Load(made, listener, envoy.ports[listener.name]) for listener in every]
        check(made, loads)
        for number in range(options.rounds + 1):
            warming = "warming up: caches, and V8's second compiler"
            print(f"round {number} of {options.rounds}" if number else warming, flush=True)
            for load in loads:
                before = envoy.cpu()
                answered, seconds = load.run(options.seconds)
                spent = envoy.cpu() - before
                if number:
                    costs[load.listener.name].append(spent / answered * 1e6)
                    rates[load.listener.name].append(answered / seconds)
        check(made, loads)
    # Compared within each round, as the machine's speed drifts between rounds.
    base = [statistics.mean(twice) for twice in zip(costs["none"], costs["none_again"], strict=True)]
    overs = {name: [cost - none for cost, none in zip(costs[name], base, strict=True)] for name in costs}
    return {
        listener.name: {
            "load": listener.load,
            "cpu_us": statistics.median(costs[listener.name]),
            "over_none_us": statistics.median(overs[listener.name]),
            "over_none_rounds_us": overs[listener.name],
            "rps": statistics.median(rates[listener.name]),
        }
        for listener in every
    }


def check(made, loads):
    """Ends the program if a listener does not give its expected answers."""
    samples = {
        "good": made.first("same"),
        "no_mfa": made.first("no_mfa"),
        "bad_signature": made.first("bad_signature"),
        "missing": None,
    }
    wrong = []
    for load in loads:
        for kind, expected in load.listener.answers.items():
            answer = ask(load.port, PATH, samples[kind])
            if answer != expected:
                wrong.append(f"error: {load.listener.name}: {kind}: answered {answer}, expected {expected}")
    if wrong:
        raise SystemExit("\n".join(wrong))


def heap(options, made, listener):
    """Returns the wasm heap in bytes by the minimum number of requests before it. The Envoy has only this listener."""
    heaps = {}
    print(f"heap of {listener.name}", flush=True)
    with BenchEnvoy(options.envoy, [listener], WORK) as envoy:
        load = Load(made, listener, envoy.ports[listener.name])
        answered = 0
        for until in (0, tables.FEW, tables.MANY) if listener.name == "gate_new" else (0, tables.FEW):
            while answered < until:
                answered += load.run(seconds=1)[0]
            heaps[until] = envoy.heap()
        check(made, [load])
    return heaps


def starts(options, some):
    """Returns milliseconds from launch to first response, for one listener per Envoy: medians over STARTS launches."""
    times = {listener.name: [] for listener in some}
    for _ in range(STARTS):
        for listener in some:
            with BenchEnvoy(options.envoy, [listener], WORK) as envoy:
                times[listener.name].append(envoy.started * 1000)
    return {name: statistics.median(took) for name, took in times.items()}


if __name__ == "__main__":
    main()
