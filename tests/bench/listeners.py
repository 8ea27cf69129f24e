"""The listeners that are measured: the filters of each, and its load."""

import json
from dataclasses import dataclass, field

from tokens import AUDIENCE, ISSUER

OPEN = {"good": 200, "no_mfa": 200, "bad_signature": 200, "missing": 200}
GATE = {"good": 200, "no_mfa": 401, "bad_signature": 401, "missing": 401}
NATIVE = {"good": 200, "no_mfa": 403, "bad_signature": 401, "missing": 401}


@dataclass
class Listener:
    name: str
    load: str  # a file of Tokens
    answers: dict  # expected status for each kind of token
    filters: list = field(default_factory=list)
    routes: int = 1  # the load requests this many paths in turn

    def status(self):
        """Expected status for the requests of the load."""
        return self.answers.get(self.load, self.answers["good"])


def listeners(jwks, gate, noop):
    """Returns the listeners in the order of their turns. `gate` and `noop` are paths of modules."""
    native = [jwt_authn(jwks), rbac()]
    cached = [jwt_authn(jwks, cache=1000), rbac()]

    def mfa_gate(name, verifier=None, **changes):
        return [wasm(name, gate, configuration(verifier or {"jwks": {"inline": jwks}}, **changes))]

    def behind_jwt_authn(name, forward):
        verifier = {"verified_by": {"metadata": PAYLOAD}}
        return [jwt_authn(jwks, cache=1000, forward=forward), *mfa_gate(name, verifier)]

    # Listeners that are compared follow each other, as the machine's speed drifts.
    return [
        Listener("none", "same", OPEN),
        Listener("none_again", "same", OPEN),
        Listener("noop", "same", OPEN, [wasm("noop", noop, {})]),
        Listener("native_same", "same", NATIVE, native),
        Listener("native_cache_same", "same", NATIVE, cached),
        Listener("gate_same", "same", GATE, mfa_gate("same")),
        Listener("gate_same_again", "same", GATE, mfa_gate("same_again")),
        Listener("native_cache_no_mfa", "no_mfa", NATIVE, cached),
        Listener("gate_no_mfa", "no_mfa", GATE, mfa_gate("no_mfa")),
        Listener("native_cache_in_turn", "in_turn", NATIVE, cached),
        Listener("native_in_turn", "in_turn", NATIVE, native),
        Listener("gate_in_turn", "in_turn", GATE, mfa_gate("in_turn")),
        Listener("native_new", "new", NATIVE, native),
        Listener("gate_new", "new", GATE, mfa_gate("new")),
        Listener("gate_pure", "new", GATE, mfa_gate("pure", host_crypto=False)),
        Listener("native_bad_signature", "bad_signature", NATIVE, native),
        Listener("gate_bad_signature", "bad_signature", GATE, mfa_gate("bad_signature")),
        Listener("gate_routes_10", "same", GATE, mfa_gate("routes_10", routes=10), routes=10),
        Listener("gate_routes_5000", "same", GATE, mfa_gate("routes_5000", routes=5000), routes=5000),
        # Sets the filter state for the access log; no access log writes it.
        Listener("gate_access_log", "same", GATE, mfa_gate("access_log", access_log={})),
        Listener("gate_metadata", "same", GATE, behind_jwt_authn("metadata", forward=False)),
        # The token is forwarded, so the gate must check that it is the one that jwt_authn verified.
        Listener("gate_metadata_forward", "same", GATE, behind_jwt_authn("metadata_forward", forward=True)),
    ]


def configuration(verifier, routes=1, **more):
    """Returns the gate's configuration, as close as possible to what the native filters do: no upstream headers."""
    return {
        "issuers": [{"issuer": ISSUER, "audiences": [AUDIENCE]} | verifier],
        "policies": {"mfa": {"amr": {"any_of": ["mfa"]}}},
        "routes": [{"name": f"area_{i}", "prefix": f"/v1/areas/{i}", "policy": "mfa"} for i in range(routes)],
        "default": "mfa",
    } | more


def wasm(name, module, configuration):
    vm = {
        # A separate VM, so that each listener has its own cache and heap.
        "vm_id": name,
        "runtime": "envoy.wasm.runtime.v8",
        "code": {"local": {"filename": str(module)}},
    }
    text = {"@type": "type.googleapis.com/google.protobuf.StringValue", "value": json.dumps(configuration)}
    return http_filter("wasm", "wasm.v3.Wasm", {"config": {"name": name, "vm_config": vm, "configuration": text}})


PAYLOAD = "jwt_payload"


def jwt_authn(jwks, cache=None, forward=True):
    provider = {
        "issuer": ISSUER,
        "audiences": [AUDIENCE],
        "local_jwks": {"inline_string": json.dumps(jwks)},
        "payload_in_metadata": PAYLOAD,
        "forward": forward,
    }
    if cache:
        provider["jwt_cache_config"] = {"jwt_cache_size": cache}
    rules = [{"match": {"prefix": "/"}, "requires": {"provider_name": "entra"}}]
    fields = {"providers": {"entra": provider}, "rules": rules}
    return http_filter("jwt_authn", "jwt_authn.v3.JwtAuthentication", fields)


def rbac():
    amr = {
        "filter": "envoy.filters.http.jwt_authn",
        "path": [{"key": PAYLOAD}, {"key": "amr"}],
        "value": {"list_match": {"one_of": {"string_match": {"exact": "mfa"}}}},
    }
    mfa = {"permissions": [{"any": True}], "principals": [{"metadata": amr}]}
    return http_filter("rbac", "rbac.v3.RBAC", {"rules": {"action": "ALLOW", "policies": {"mfa": mfa}}})


def http_filter(name, kind, fields):
    config = {"@type": f"type.googleapis.com/envoy.extensions.filters.http.{kind}"} | fields
    return {"name": f"envoy.filters.http.{name}", "typed_config": config}
