"""Takes the tokens of a Pipit server in a FastAPI service, and X-Internal-Auth beside them while clients move.

Copy this file into the service. It needs fastapi and PyJWT with cryptography (Debian: python3-fastapi python3-jwt
python3-cryptography). PyJWT's own PyJWKClient is not used: it asks the server anew for every key id that it does not
know, so anyone can make the service flood the server with made-up tokens, and it forgets its keys when an answer fails.

    auth = PipitAuth(issuer="https://pipit.example", internal_key=os.environ.get("INTERNAL_AUTH_KEY"))

    @app.get("/notes")
    def notes(caller: Caller = Depends(auth.requires("api:read"))):
        return notes_of(caller.subject)

To count how people sign in, with prometheus_client:

    requests = Counter("service_auth_requests_total", "Requests by how they said who they are.", ["method", "outcome"])
    auth = PipitAuth(..., count=lambda method, outcome: requests.labels(method, outcome).inc())
"""

import hashlib
import hmac
import json
import re
import threading
import time
import urllib.request
from dataclasses import dataclass, field

import jwt
from fastapi import HTTPException, Request

ALGORITHMS = ("RS256", "ES256")
MAX_TOKEN_CHARS = 8192
SKEW_SECONDS = 90
FETCH_TIMEOUT_SECONDS = 2
# Without any key nothing can be served, so the server is asked more often.
FIRST_KEYS_COOLDOWN_SECONDS = 1

REFUSALS = {
    "TOKEN_MISSING": (401, None, "Send an access token: Authorization: Bearer <token>."),
    "TOKEN_INVALID": (401, "invalid_token", "The access token is not valid here. Sign in again."),
    "TOKEN_EXPIRED": (401, "invalid_token", "The access token has expired. Refresh it, or sign in again."),
    "NOT_ALLOWED": (403, "insufficient_scope", "The access token does not have the scope that this needs."),
    "SERVER_UNREACHABLE": (503, None, "The keys of the sign-in server cannot be read. Try again soon."),
}


@dataclass(frozen=True)
class Caller:
    method: str  # "bearer" or "internal"
    subject: str  # id of the account; of a service, its client id
    client_id: str
    scopes: tuple
    claims: dict = field(default_factory=dict, repr=False)

    @property
    def is_service(self):
        return self.subject == self.client_id


class Refusal(HTTPException):
    """FastAPI answers it by itself, as {"detail": {"code", "message"}}."""

    def __init__(self, code, scopes=()):
        status, error, message = REFUSALS[code]
        self.code = code
        # RFC 6750 section 3: without a token there is no error in it.
        parts = ['realm="pipit"']
        if error:
            parts += [f'error="{error}"', f'error_description="{message}"']
        if scopes:
            parts += [f'scope="{" ".join(scopes)}"']
        headers = {"Retry-After": "5"} if status == 503 else {"WWW-Authenticate": "Bearer " + ", ".join(parts)}
        super().__init__(status, {"code": code, "message": message}, headers)


class PipitAuth:
    """One per process, for it holds the server's keys. Its dependencies run in FastAPI's threads, so none blocks the loop."""

    def __init__(
        self,
        issuer,
        audience="pipit",
        jwks_url=None,
        internal_key=None,
        internal_scopes=("api:read", "api:write"),
        count=lambda method, outcome: None,
        keys_max_age=600,
        keys_max_blind=86400,
        cooldown=30,
    ):
        self.issuer, self.audience = issuer, audience
        # Absent or empty: the header is ignored.
        self.internal_key, self.internal_scopes = internal_key or "", tuple(internal_scopes)
        self.count = count
        self.keys = Keys(
            jwks_url or issuer.rstrip("/") + "/.well-known/jwks.json", keys_max_age, keys_max_blind, cooldown
        )

    def requires(self, *scopes):
        """A dependency that gives the Caller, if they have all the scopes."""

        def caller_of(request: Request) -> Caller:
            authorization = request.headers.get("authorization")
            given = request.headers.get("x-internal-auth")
            # A token that is there decides alone: with a bad one a good key is worth nothing.
            method = "bearer" if authorization else "internal" if given and self.internal_key else "none"
            try:
                if method == "none":
                    raise Refusal("TOKEN_MISSING")
                caller = self._by_token(authorization) if method == "bearer" else self._by_key(given)
                if not set(scopes) <= set(caller.scopes):
                    raise Refusal("NOT_ALLOWED", scopes)
            except Refusal as refusal:
                self.count(method, refusal.code)
                raise
            self.count(method, "accepted")
            return caller

        return caller_of

    def _by_token(self, authorization):
        found = re.fullmatch(r"bearer +([\w.-]+) *", authorization, re.IGNORECASE | re.ASCII)
        if not found or len(found[1]) > MAX_TOKEN_CHARS:
            raise Refusal("TOKEN_INVALID")
        try:
            header = jwt.get_unverified_header(found[1])
            if header.get("typ") != "at+jwt" or "crit" in header or not isinstance(header.get("kid"), str):
                raise Refusal("TOKEN_INVALID")
            key, algorithm = self.keys.get(header["kid"])
            claims = jwt.decode(
                found[1],
                key,
                algorithms=[algorithm],
                issuer=self.issuer,
                audience=self.audience,
                leeway=SKEW_SECONDS,
                options={"require": ["exp", "iat", "nbf", "jti", "sub", "iss", "aud"]},
            )
        except jwt.ExpiredSignatureError:
            raise Refusal("TOKEN_EXPIRED") from None
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise Refusal("TOKEN_INVALID") from None
        subject, client_id, scope = (claims.get(name) for name in ("sub", "client_id", "scope"))
        texts = isinstance(client_id, str) and isinstance(scope, str) and isinstance(subject, str) and subject
        if claims.get("type") != "access" or not texts:
            raise Refusal("TOKEN_INVALID")
        return Caller("bearer", subject, client_id, tuple(scope.split()), claims)

    def _by_key(self, given):
        # Hashes of one length: neither the content nor the length of the key shows in the time that it takes.
        digests = [hashlib.sha256(text.encode()).digest() for text in (given, self.internal_key)]
        if not hmac.compare_digest(*digests):
            raise Refusal("TOKEN_INVALID")
        return Caller("internal", "internal", "internal", self.internal_scopes)


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """Keys from elsewhere are those of somebody else."""

    def redirect_request(self, *_):
        return None


straight = urllib.request.build_opener(NoRedirects)


class Keys:
    """The server's keys: read once, again when they are old or one is unknown, never more often than the cooldown."""

    def __init__(self, url, max_age, max_blind, cooldown):
        self.url, self.max_age, self.max_blind, self.cooldown = url, max_age, max_blind, cooldown
        self.known = {}
        self.read_at = self.tried_at = float("-inf")
        self.lock = threading.Lock()

    def get(self, kid):
        if self._is_wanted(kid):
            # Of many threads one asks; the others wait for what it learns.
            with self.lock:
                pause = self.cooldown if self.known else min(FIRST_KEYS_COOLDOWN_SECONDS, self.cooldown)
                if self._is_wanted(kid) and time.monotonic() - self.tried_at >= pause:
                    self._read()
        if not self.known or time.monotonic() - self.read_at >= self.max_blind:
            raise Refusal("SERVER_UNREACHABLE")
        if kid not in self.known:
            raise Refusal("TOKEN_INVALID")
        return self.known[kid]

    def _is_wanted(self, kid):
        return kid not in self.known or time.monotonic() - self.read_at >= self.max_age

    def _read(self):
        self.tried_at = time.monotonic()
        try:
            with straight.open(self.url, timeout=FETCH_TIMEOUT_SECONDS) as answer:
                found = json.load(answer)["keys"]
            ours = [each for each in found if each.get("alg") in ALGORITHMS and "kid" in each]
            known = {each["kid"]: (jwt.PyJWK(each).key, each["alg"]) for each in ours}
        except Exception:  # Whatever was wrong with it, the keys of before go on.
            return
        if known:
            self.known, self.read_at = known, time.monotonic()
