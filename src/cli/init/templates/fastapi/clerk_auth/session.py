"""The check of Clerk's own session token, for a server that clients reach without the gateway."""

import base64
import ipaddress
import re
from typing import Any

from fastapi import Request

from .auth import Auth
from .keys import Keys
from .refusal import Refused
from .token import check_algorithm, claims_of, header_of

# Of session tokens, and of instances that stamp every token alike.
CATEGORIES = ("cl_B7d4PD111AAA", "cl_I7d4PD111III")
ANOTHER_TYPE = ("at+jwt", "application/at+jwt")
OPAQUE = ("mt_", "oat_", "ak_")
BEARER = re.compile(r"bearer +([!-~]+)", re.ASCII | re.IGNORECASE)


def issuer_of(publishable_key: str) -> str:
    """The issuer of a Clerk instance, which its publishable key names."""
    encoded = re.fullmatch(r"pk_(?:test|live)_([A-Za-z0-9+/]+)=*", publishable_key)
    if encoded is None:
        raise ValueError("expected a publishable key in CLERK_PUBLISHABLE_KEY, which starts with pk_test_ or pk_live_")
    host = base64.b64decode(encoded[1] + "=" * (-len(encoded[1]) % 4)).decode("ascii")
    if not re.fullmatch(r"[a-z0-9.:-]+\$", host):
        raise ValueError("expected a publishable key with a host in it")
    return f"{'http' if _is_this_machine(host) else 'https'}://{host.removesuffix('$')}"


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.removesuffix("$").rpartition(":")[0]).is_loopback
    except ValueError:
        return False


class SessionTokens:
    """Tells who sends requests by their bearer tokens. Cookies are not looked at: they need proof of the same site."""

    def __init__(self, keys: Keys, issuer: str, authorized_parties: list[str]) -> None:
        if not authorized_parties:
            raise ValueError("expected the origins that tokens may be made for in CLERK_AUTHORIZED_PARTIES")
        self.keys, self.issuer, self.authorized_parties = keys, issuer, authorized_parties

    async def authenticate(self, request: Request) -> Auth | None:
        """The session; None for a request without credentials. Raises Refused for bad ones."""
        values = request.headers.getlist("authorization")
        if not values:
            return None
        if len(values) > 1:
            raise Refused("credentials-ambiguous")
        bearer = BEARER.fullmatch(values[0].strip(" \t"))
        if bearer is None:
            raise Refused("credentials-malformed")
        return await self.verify(bearer[1])

    async def verify(self, token: str) -> Auth:
        """The session of a token, wherever it came from."""
        if token.startswith(OPAQUE):
            raise Refused("token-type-mismatch")
        header = header_of(token)
        _check_type(header)
        check_algorithm(header, self.keys.algorithm)
        _check_category(header)
        claims = await claims_of(token, header, self.keys, ["iss", "exp", "sub"], self.issuer)
        auth = Auth.of(claims)
        party = claims.get("azp")
        if not isinstance(party, str) or party not in self.authorized_parties:
            raise Refused("token-invalid-authorized-parties")
        status = claims.get("sts", "active")
        if status != "active":
            raise Refused("session-pending" if status == "pending" else "token-invalid")
        return auth


def _check_type(header: dict[str, Any]) -> None:
    typ = header.get("typ", "JWT")
    if typ in ANOTHER_TYPE:
        raise Refused("token-type-mismatch")
    if typ != "JWT":
        raise Refused("token-invalid")


def _check_category(header: dict[str, Any]) -> None:
    category = header.get("cat", CATEGORIES[0])
    if not isinstance(category, str):
        raise Refused("token-invalid")
    if category not in CATEGORIES:
        raise Refused("token-type-mismatch")
