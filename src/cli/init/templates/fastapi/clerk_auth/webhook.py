"""Clerk's webhooks: whether a delivery was signed with a secret of ours, just now, over these very bytes.

The scheme is Svix's: HMAC-SHA256 over `id.timestamp.body`. So the body is read as it came, before anything parses it.
"""

import base64
import hmac
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Request

from .refusal import Refused

TOLERANCE_SECONDS = 300
BODY_BYTES = 1024 * 1024
SIGNATURES = 16
# Visible ASCII without a comma, which would be two values in one, and without a dot, which separates what is signed.
ID = re.compile(r"[!-+\-/-~]{1,256}", re.ASCII)
NUMBER = re.compile(r"[1-9][0-9]{0,14}", re.ASCII)


@dataclass(frozen=True)
class Delivery:
    """A delivery that Clerk signed. Svix repeats what was not answered 2xx: do what an id asks for once."""

    id: str
    body: bytes

    def event(self) -> dict[str, Any]:
        """What happened: `type` and `data`. Raises Refused for a body that is no JSON object."""
        try:
            event = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise Refused("webhook-invalid") from error
        if not isinstance(event, dict):
            raise Refused("webhook-invalid")
        return event


class Webhooks:
    """Checks deliveries with one or more secrets, separated by spaces."""

    def __init__(self, secrets: str, clock: Callable[[], float] = time.time) -> None:
        self._secrets = [_secret(text) for text in secrets.split()]
        self._clock = clock

    def verify(self, headers: dict[str, list[str]], body: bytes) -> Delivery:
        """The delivery. Raises Refused for anything that is not one."""
        values = [headers.get(f"svix-{name}", []) for name in ("id", "timestamp", "signature")]
        if any(len(value) != 1 for value in values):
            raise Refused("webhook-invalid")
        delivery_id, timestamp, signatures = (value[0] for value in values)
        if not ID.fullmatch(delivery_id) or not NUMBER.fullmatch(timestamp):
            raise Refused("webhook-invalid")
        if abs(self._clock() - int(timestamp)) > TOLERANCE_SECONDS:
            raise Refused("webhook-invalid")
        signed = b".".join([delivery_id.encode(), timestamp.encode(), body])
        given = [text.encode("latin-1") for text in signatures.split(" ")[:SIGNATURES] if text.startswith("v1,")]
        expected = [_sign(secret, signed) for secret in self._secrets]
        # Every pair is compared, each in constant time.
        if not any([hmac.compare_digest(one, other) for one in given for other in expected]):
            raise Refused("webhook-invalid")
        return Delivery(delivery_id, body)


async def clerk_webhook(request: Request) -> Delivery:
    """The dependency of a route that takes Clerk's webhooks. Such a route must take no body of its own."""
    webhooks: Webhooks = request.app.state.webhooks
    headers: dict[str, list[str]] = {}
    for name, value in request.headers.items():
        headers.setdefault(name, []).append(value)
    return webhooks.verify(headers, await _bounded_body(request))


async def _bounded_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES:
            raise Refused("body-too-large")
    return bytes(body)


def _sign(secret: bytes, signed: bytes) -> bytes:
    return b"v1," + base64.b64encode(hmac.digest(secret, signed, "sha256"))


def _secret(text: str) -> bytes:
    try:
        secret = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except ValueError:
        secret = b""
    if not secret:
        raise ValueError("expected signing secrets in CLERK_WEBHOOK_SIGNING_SECRET: whsec_ and base64 each")
    return secret
