"""The promised ratios, and the tables of results."""

from dataclasses import dataclass

FEW, MANY = 20_000, 200_000  # numbers of tokens after which the heap is measured


@dataclass
class Promise:
    name: str
    title: str
    value: object  # function of the result; returns None if a part of it was not measured
    must: float
    aim: float

    def verdict(self, value):
        if value is None:
            return "not measured"
        return "missed" if value > self.must else "kept" if value > self.aim else "aim reached"


def cost(name, than):
    """Ratio of the costs of two listeners, each without the cost of a listener that has no filter."""

    def value(result):
        costs = [result["listeners"].get(which, {}).get("over_none_us") for which in (name, than)]
        return None if None in costs or costs[1] <= 0 else costs[0] / costs[1]

    return value


def growth(result):
    heaps = result["heap"]["gate_new"]
    return heaps[MANY] / heaps[FEW]


PROMISES = [
    Promise("same_token", "same token again / native with cache", cost("gate_same", "native_cache_same"), 1.1, 0.8),
    Promise("in_turn", "3,000 tokens in turn / native", cost("gate_in_turn", "native_in_turn"), 0.25, 0.15),
    Promise("new", "every token new / native", cost("gate_new", "native_new"), 0.8, 0.65),
    Promise("no_mfa", "no proof of MFA / native with cache", cost("gate_no_mfa", "native_cache_no_mfa"), 1.1, 0.8),
    Promise("routes", "5,000 routes / 10 routes", cost("gate_routes_5000", "gate_routes_10"), 1.15, 1.05),
    Promise("heap", "heap after 200,000 tokens / after 20,000", growth, 1.05, 1.0),
    Promise("module_kb", "module size, KB", lambda result: result["module_kb"], 450, 350),
]


def ratios(result):
    return {p.name: {"value": p.value(result), "must": p.must, "aim": p.aim} for p in PROMISES}


def show(result):
    listeners, heaps = result["listeners"], result["heap"]
    table(
        ["listener", "CPU µs", "over none", "of rounds", "/ native", "/ cached", "requests/s", "heap KB"],
        [
            [
                name,
                f"{listener['cpu_us']:.1f}",
                f"{listener['over_none_us']:.1f}",
                f"{min(listener['over_none_rounds_us']):.1f}…{max(listener['over_none_rounds_us']):.1f}",
                number(cost(name, f"native_{listener['load']}")(result)),
                number(cost(name, f"native_cache_{listener['load']}")(result)),
                f"{listener['rps']:.0f}",
                " ".join(f"{size / 1024:.0f}" for size in heaps.get(name, {}).values()) or "–",
            ]
            for name, listener in listeners.items()
        ],
    )
    print("/ native, / cached: over none, divided by jwt_authn + rbac without and with jwt_cache under the same load")
    print(f"heap: at the start, after {FEW:,} requests{f', after {MANY:,}' if 'gate_new' in heaps else ''}\n")

    table(
        ["ratio", "value", "must", "aim", ""],
        [[p.title, number(p.value(result)), f"{p.must:g}", f"{p.aim:g}", p.verdict(p.value(result))] for p in PROMISES],
    )
    twice = {name: [listeners[which]["cpu_us"] for which in (name, f"{name}_again")] for name in ("none", "gate_same")}
    noise = ", ".join(f"{name} {abs(first - second):.1f} µs apart" for name, (first, second) in twice.items())
    print(f"noise, the same listener twice: {noise}")
    print("start to first answer: " + ", ".join(f"{name} {took:.0f} ms" for name, took in result["start_ms"].items()))


def number(value):
    return "–" if value is None else f"{value:.2f}"


def table(head, rows):
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for row in [head, *rows]:
        others = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("  ".join([row[0].ljust(widths[0]), *others]).rstrip())
    print()
