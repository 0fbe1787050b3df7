"""An untrusted token becomes its header, and, once its signature is good, its claims."""

import base64
import json
import re
from collections.abc import Sequence
from typing import Any

import jwt

from .keys import Keys
from .refusal import Refused

FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
TOKEN_BYTES = 16 * 1024
SKEW_SECONDS = 5
# The range of a date; beyond it a token would hold for ever.
TIME_SECONDS = 8_640_000_000_000


def header_of(token: str) -> dict[str, Any]:
    """The header of a token that has the form of one, with each name once and without `crit` (RFC 7515)."""
    if len(token) > TOKEN_BYTES or not FORM.fullmatch(token):
        raise Refused("token-invalid")
    header = _object(token.split(".", 1)[0])
    if "crit" in header:
        raise Refused("token-invalid")
    return header


def check_algorithm(header: dict[str, Any], algorithm: str) -> None:
    if header.get("alg") != algorithm:
        raise Refused("token-invalid-algorithm")


async def claims_of(
    token: str,
    header: dict[str, Any],
    keys: Keys,
    require: Sequence[str],
    issuer: str,
    audience: str | None = None,
) -> dict[str, Any]:
    """The claims of a token that the named key signed and that holds now."""
    key_id = header.get("kid")
    if not isinstance(key_id, str):
        raise Refused("jwk-kid-mismatch" if key_id is None else "token-invalid")
    key = await keys.find(key_id)
    try:
        return _decode(token, key, keys.algorithm, require, issuer, audience)
    except jwt.InvalidSignatureError:
        # Clerk's `kid` may stay the same over a rotation, so the key may be an old one.
        key = await _another(keys, key_id, key)
    try:
        return _decode(token, key, keys.algorithm, require, issuer, audience)
    except jwt.InvalidSignatureError as error:
        raise Refused("token-invalid-signature") from error


async def _another(keys: Keys, key_id: str, unlike: jwt.PyJWK) -> jwt.PyJWK:
    try:
        return await keys.find(key_id, unlike)
    except Refused as refused:
        code = "token-invalid-signature" if refused.code == "jwk-kid-mismatch" else refused.code
        raise Refused(code, refused.retry_after) from None


def _decode(
    token: str, key: jwt.PyJWK, algorithm: str, require: Sequence[str], issuer: str, audience: str | None
) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            leeway=SKEW_SECONDS,
            issuer=issuer,
            audience=audience,
            options={"require": list(require), "verify_aud": audience is not None, "strict_aud": audience is not None},
        )
    except jwt.InvalidSignatureError:
        raise
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
        # What else goes wrong goes wrong with this token's own bytes.
        raise Refused(_code(error)) from error
    # PyJWT takes the last of two claims of one name, and reads "1" and true as times.
    _object(token.split(".")[1])
    if not all(_is_time(claims[name]) for name in ("exp", "nbf", "iat") if name in claims):
        raise Refused("token-invalid")
    return claims


def _object(part: str) -> dict[str, Any]:
    """A part of a token as a JSON object that has each of its names once."""
    try:
        read = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)), object_pairs_hook=_each_name_once)
    except (ValueError, RecursionError) as error:
        raise Refused("token-invalid") from error
    if not isinstance(read, dict):
        raise Refused("token-invalid")
    return read


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a repeated name")
    return members


def _is_time(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -TIME_SECONDS <= value <= TIME_SECONDS


def _code(error: Exception) -> str:
    if isinstance(error, jwt.MissingRequiredClaimError):
        missing = {"iss": "token-invalid-issuer", "aud": "token-invalid-audience", "sub": "token-invalid-subject"}
        return missing.get(error.claim, "token-invalid")
    if isinstance(error, jwt.ImmatureSignatureError):
        return "token-iat-in-the-future" if "iat" in str(error) else "token-not-active-yet"
    kinds = {
        jwt.ExpiredSignatureError: "token-expired",
        jwt.InvalidIssuerError: "token-invalid-issuer",
        jwt.InvalidAudienceError: "token-invalid-audience",
        jwt.InvalidAlgorithmError: "token-invalid-algorithm",
    }
    return next((code for kind, code in kinds.items() if isinstance(error, kind)), "token-invalid")
