"""The tokens of the load and the key set that verifies them, made once and kept.

Signing with an ordinary 2048-bit key takes Python 5 ms, and a quarter of an hour for 200,000 tokens. So the modulus is
the product of 160 small primes; modulo each of them, signing is a table look-up. Anybody could factor this modulus, but
nothing depends on that here. The verifier sees a 2048-bit modulus and the exponent 65537, at their usual cost.
"""

import base64
import hashlib
import json
import math
import multiprocessing
import random
import shutil
import time
from array import array
from pathlib import Path

DAY = 24 * 3600
LIFE = 30 * DAY
E = 65537
MODULUS_BYTES = 256
# PKCS #1 v1.5: the DER prefix of a DigestInfo with SHA-256; the digest follows it.
SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")

ISSUER = "https://sts.windows.net/df845f1a-7b35-40a2-ba78-6481de91f8ae/"
AUDIENCE = "https://api.partnercenter.microsoft.com"
KID = "bench"
CLAIMS = {
    "aud": AUDIENCE,
    "iss": ISSUER,
    "acr": "1",
    "appid": "23ec45a3-5127-4185-9eff-c8887839e6ab",
    "appidacr": "0",
    "ipaddr": "127.0.0.1",
    "name": "Adminagent CSP",
    "oid": "4988e250-5aee-482a-9136-6d269cb755c0",
    "scp": "user_impersonation",
    "tid": "df845f1a-7b35-40a2-ba78-6481de91f8ae",
    "unique_name": "Adminagent.csp@testtestpartner.onmicrosoft.com",
    "upn": "Adminagent.csp@testtestpartner.onmicrosoft.com",
    "ver": "1.0",
}

ALL = 200_000
SOME = 3_000  # lines of the other files: many, so that the load reads all files in the same way


class Tokens:
    """Files with one token a line; all lines have the same length.

    same: one good token, repeated. in_turn: SOME good tokens. new: ALL good tokens. no_mfa: one token without `mfa` in
    `amr`, repeated. bad_signature: SOME tokens, each with the signature of another.
    """

    def __init__(self, directory):
        self.directory = directory
        self.jwks = json.loads((directory / "kept.json").read_text())["jwks"]

    def file(self, name):
        return self.directory / f"{name}.txt"

    def first(self, name):
        with open(self.file(name)) as lines:
            return lines.readline().strip()

    def shape(self, name):
        """Returns the number of lines, and the bytes of each."""
        width = len(self.first(name)) + 1
        return self.file(name).stat().st_size // width, width


def tokens(directory):
    """Returns the kept tokens, if this program made them and they are valid for another day; else makes new ones."""
    directory = Path(directory)
    recipe = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    try:
        kept = json.loads((directory / "kept.json").read_text())
        if kept["recipe"] == recipe and kept["exp"] > time.time() + DAY:
            return Tokens(directory)
    except FileNotFoundError:
        pass
    print(f"signing {ALL:,} tokens, once; they are kept in {directory}", flush=True)
    part = directory.with_suffix(".part")
    for old in (part, directory):
        shutil.rmtree(old, ignore_errors=True)
    part.mkdir(parents=True)
    exp = int(time.time()) + LIFE
    make(part, exp, recipe)
    part.rename(directory)
    return Tokens(directory)


def make(directory, exp, recipe):
    key = Key()
    with (
        multiprocessing.Pool(initializer=hand_over, initargs=(key, exp)) as pool,
        open(directory / "new.txt", "w") as file,
    ):
        file.writelines(pool.imap(good, range(ALL), chunksize=500))
    hand_over(key, exp)
    lines = [good(number) for number in range(SOME)]
    bodies, signatures = zip(*(line.rsplit(".", 1) for line in lines), strict=True)
    (directory / "in_turn.txt").write_text("".join(lines))
    (directory / "same.txt").write_text(lines[0] * SOME)
    (directory / "no_mfa.txt").write_text(token(0, ["pwd", "rsa"]) * SOME)
    swapped = zip(bodies, signatures[1:] + signatures[:1], strict=True)
    (directory / "bad_signature.txt").write_text("".join(f"{body}.{signature}" for body, signature in swapped))
    (directory / "kept.json").write_text(json.dumps({"recipe": recipe, "exp": exp, "jwks": key.jwks()}))


def hand_over(key, exp):
    """Gives each process its key."""
    global KEY, EXP
    KEY, EXP = key, exp


def good(number):
    return token(number, ["pwd", "mfa"])


def token(number, amr):
    """Returns a line with a token: another one for each number, all of the same length."""
    issued = EXP - LIFE
    claims = CLAIMS | {"iat": issued, "nbf": issued, "exp": EXP, "amr": amr, "uti": f"{number:012}"}
    body = f"{segment({'typ': 'JWT', 'alg': 'RS256', 'kid': KID})}.{segment(claims)}"
    return f"{body}.{base64url(KEY.sign(body.encode()))}\n"


def segment(value):
    return base64url(json.dumps(value, separators=(",", ":")).encode())


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    def __init__(self):
        primes = [n for n in range(6001, 8192, 2) if all(n % d for d in range(3, 91, 2))]
        self.n = 0
        while self.n.bit_length() != 8 * MODULUS_BYTES:
            chosen = random.sample(primes, 160)
            self.n = math.prod(chosen)
        # For the Chinese remainder theorem: each prime, the E-th root of every remainder, and the weight of that root.
        self.parts = [(p, roots(p), self.n // p * pow(self.n // p, -1, p)) for p in chosen]

    def sign(self, data):
        digest = SHA256 + hashlib.sha256(data).digest()
        padded = int.from_bytes(b"\x00\x01".ljust(MODULUS_BYTES - len(digest) - 1, b"\xff") + b"\x00" + digest, "big")
        signature = sum(roots[padded % p] * weight for p, roots, weight in self.parts) % self.n
        return signature.to_bytes(MODULUS_BYTES, "big")

    def jwks(self):
        n, e = base64url(self.n.to_bytes(MODULUS_BYTES, "big")), base64url(E.to_bytes(3, "big"))
        return {"keys": [{"kty": "RSA", "kid": KID, "alg": "RS256", "use": "sig", "n": n, "e": e}]}


def roots(prime):
    table = array("H", bytes(2 * prime))
    for root in range(prime):
        table[pow(root, E, prime)] = root
    return table
