"""What the gate costs."""

import queries as q
from panels import BLUE, BYTES, COUNT, HITS, NONE_WANTED, PER_SECOND, SHARE, lines, stacked


def panels():
    tokens = f"{q.TOKENS}{{{q.EVERY}}}"
    cached = f'{q.TOKENS}{{source="cache", {q.EVERY}}}'
    buckets = f'envoy_http_downstream_rq_time_bucket{{envoy_http_conn_manager_prefix!="admin", {q.EVERY}}}'
    by_manager = "le, envoy_http_conn_manager_prefix"
    return [
        lines(
            "Cache hits",
            "Of the verified tokens, how many were remembered; the others cost a signature each. Low where every request has a token of its own, or the cache is too small (cache.max_entries).",
            [(q.part(q.rate(cached), q.rate(tokens)), "hits")],
            SHARE,
            steps=HITS,
            colors={"hits": BLUE},
        ),
        stacked(
            "Verified tokens by source",
            "cache: remembered. signature: verified anew. metadata: jwt_authn vouches for it.",
            [(q.rate(tokens, "source"), "{{source}}")],
            PER_SECOND,
        ),
        lines(
            "Time of requests, the upstream's included",
            "As Envoy measures it, for each connection manager.",
            [
                (
                    f"histogram_quantile({quantile}, {q.rate(buckets, by_manager)})",
                    f"p{percent} {{{{envoy_http_conn_manager_prefix}}}}",
                )
                for quantile, percent in [(0.5, 50), (0.99, 99)]
            ],
            "ms",
        ),
        lines(
            "Filters built anew",
            "After a trap, within the rate interval: the filter of a worker is built anew, and its requests are answered with 503 meanwhile. Must be 0: please report it.",
            [
                (
                    f'sum by (instance) (increase({{__name__=~"envoy_wasm_.*mfa_gate_vm_reload_success", {q.EVERY}}}[{q.RATE}]))',
                    "{{instance}}",
                )
            ],
            COUNT,
            steps=NONE_WANTED,
        ),
        lines(
            "Wasm machines",
            "Running: one for each worker, the main thread and the configuration. More after each change of the configuration, until the old ones are gone.",
            [(f"envoy_wasm_envoy_wasm_runtime_v8_active{{{q.EVERY}}}", "{{instance}}")],
            COUNT,
        ),
        lines(
            "Memory",
            "What Envoy has allocated. V8's memory, and so what the gate's cache holds, is not in it.",
            [(f"envoy_server_memory_allocated{{{q.EVERY}}}", "{{instance}}")],
            BYTES,
        ),
    ]
