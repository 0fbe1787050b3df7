"""The keys of one issuer: fetched when a token needs them, kept, and asked for once in a while at most.

No stranger's tokens turn into requests at the key server: there is one try in 30 seconds, whatever comes of it. Without
any key, tries back off from one second to thirty. Nothing here blocks the event loop.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

import httpx2
import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from .refusal import Refused

# Seconds: until keys are asked for again beside a request; before one; and until they are no more used when that fails.
FRESH, REVALIDATED, STALE = 300, 3600, 24 * 3600
BETWEEN_TRIES = 30
TIMEOUT = 5
DOCUMENT_BYTES = 64 * 1024
KEYS = 32
KEY_TYPES = {"RS256": "RSA", "EdDSA": "OKP"}
PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}

Fetch = Callable[[str], Awaitable[bytes]]


class Keys(Protocol):
    """Where the keys for one algorithm come from."""

    algorithm: str

    async def find(self, key_id: str, unlike: jwt.PyJWK | None = None) -> jwt.PyJWK:
        """The key of this name; `unlike` is one whose signature it was not, so that only another will do.

        Raises Refused: jwk-kid-mismatch where there is none, and keys-unavailable where that cannot be known.
        """


async def fetch(url: str) -> bytes:
    """A document of bounded length."""
    document = bytearray()
    async with httpx2.AsyncClient() as client, client.stream("GET", url, follow_redirects=False) as answer:
        if answer.status_code != 200:
            raise ValueError(f"the key server answers {answer.status_code}")
        async for chunk in answer.aiter_bytes():
            document += chunk
            if len(document) > DOCUMENT_BYTES:
                raise ValueError("the key set is too long")
    return bytes(document)


class KeySet:
    """The keys at an address, for one algorithm."""

    def __init__(
        self, url: str, algorithm: str, fetch: Fetch = fetch, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.url, self.algorithm = url, algorithm
        self._fetch, self._clock = fetch, clock
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._failures = 0
        self._one_at_a_time = asyncio.Lock()
        self._beside: asyncio.Task[None] | None = None

    async def find(self, key_id: str, unlike: jwt.PyJWK | None = None) -> jwt.PyJWK:
        key = self._known(key_id, unlike)
        if key is not None and self._age() < REVALIDATED:
            if self._age() >= FRESH and self._may_try():
                self._beside = asyncio.create_task(self._refresh())
            return key
        async with self._one_at_a_time:
            # Whoever waited here finds what the one before has fetched.
            if self._may_try() and (self._known(key_id, unlike) is None or self._age() >= REVALIDATED):
                await self._refresh()
        key = self._known(key_id, unlike)
        if key is not None:
            return key
        if self._failures > 0 or self._age() >= STALE:
            raise Refused("keys-unavailable", retry_after=max(1, round(self._tried_at + self._pause() - self._clock())))
        raise Refused("jwk-kid-mismatch")

    def _known(self, key_id: str, unlike: jwt.PyJWK | None) -> jwt.PyJWK | None:
        key = self._keys.get(key_id) if self._age() < STALE else None
        return None if key is not None and key is unlike else key

    def _age(self) -> float:
        return self._clock() - self._fetched_at

    def _pause(self) -> float:
        if self._age() < STALE:
            return BETWEEN_TRIES
        return float(min(BETWEEN_TRIES, 2 ** max(0, min(self._failures, 9) - 1)))

    def _may_try(self) -> bool:
        return self._clock() - self._tried_at >= self._pause()

    async def _refresh(self) -> None:
        self._tried_at = self._clock()
        try:
            async with asyncio.timeout(TIMEOUT):
                keys = usable(await self._fetch(self.url), self.algorithm)
        except (httpx2.HTTPError, OSError, ValueError, RecursionError):
            self._failures += 1
            return
        # A key that is still the same stays the same object, which `unlike` compares.
        held = self._keys
        same = {name for name, key in keys.items() if name in held and is_same(held[name], key)}
        self._keys = {name: held[name] if name in same else key for name, key in keys.items()}
        self._fetched_at, self._failures = self._tried_at, 0


class GivenKey:
    """The one key of an instance, of whatever name: nothing is fetched, and a rotation needs a new one."""

    algorithm = "RS256"

    def __init__(self, pem: str) -> None:
        # In an environment variable, the ends of lines are often written out.
        key = load_pem_public_key(pem.replace("\\n", "\n").encode())
        if not isinstance(key, RSAPublicKey) or not is_long_enough(key):
            raise ValueError("expected an RSA public key of 2048 bits or more in CLERK_JWT_KEY")
        self._key = jwt.PyJWK(jwt.algorithms.RSAAlgorithm.to_jwk(key, as_dict=True), "RS256")

    async def find(self, key_id: str, unlike: jwt.PyJWK | None = None) -> jwt.PyJWK:
        if unlike is not None:
            raise Refused("jwk-kid-mismatch")
        return self._key


def usable(document: bytes, algorithm: str) -> dict[str, jwt.PyJWK]:
    """The usable keys of a key set (RFC 7517) by name; at least one, or ValueError."""
    entries = json.loads(document)
    entries = entries.get("keys") if isinstance(entries, dict) else None
    if not isinstance(entries, list) or len(entries) > KEYS:
        raise ValueError("not a key set")
    keys: dict[str, jwt.PyJWK] = {}
    ambiguous: set[str] = set()
    for name, key in filter(None, (_read(entry, algorithm) for entry in entries)):
        # A name must be exactly one key's.
        if name in keys and not is_same(keys[name], key):
            ambiguous.add(name)
        keys.setdefault(name, key)
    keys = {name: key for name, key in keys.items() if name not in ambiguous}
    if not keys:
        raise ValueError("no usable key")
    return keys


def is_same(one: jwt.PyJWK, other: jwt.PyJWK) -> bool:
    return bool(one.key == other.key)


def is_long_enough(key: RSAPublicKey) -> bool:
    return 2048 <= key.key_size <= 4096


def _read(entry: object, algorithm: str) -> tuple[str, jwt.PyJWK] | None:
    if not isinstance(entry, dict) or not PRIVATE.isdisjoint(entry):
        return None
    key_id, operations = entry.get("kid"), entry.get("key_ops", ["verify"])
    is_for_signatures = entry.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations
    is_kind = entry.get("kty") == KEY_TYPES[algorithm] and entry.get("alg", algorithm) == algorithm
    if not isinstance(key_id, str) or not 0 < len(key_id) <= 256 or not is_for_signatures or not is_kind:
        return None
    try:
        key = jwt.PyJWK(entry, algorithm)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, UnsupportedAlgorithm):
        return None
    if isinstance(key.key, RSAPublicKey) and not is_long_enough(key.key):
        return None
    return key_id, key
