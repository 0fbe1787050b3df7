"""Requests that are not let through: a problem document (RFC 9457) with a stable code, and a challenge (RFC 6750)."""

import uuid

from fastapi import HTTPException, Request
from fastapi.responses import JSONResponse

REALM = 'Bearer realm="api"'

# Of each code: its status, the error of its challenge (RFC 6750 section 3.1), and what is said to the caller. Nothing
# of the request or of the caller's rights is.
REFUSALS: dict[str, tuple[int, str | None, str]] = {
    "credentials-missing": (401, None, "A bearer token is needed"),
    "credentials-malformed": (401, "invalid_token", "The Authorization header is not a bearer token"),
    "credentials-ambiguous": (400, "invalid_request", "There is more than one Authorization value"),
    "token-invalid": (401, "invalid_token", "The token is malformed"),
    "token-invalid-algorithm": (401, "invalid_token", "The token's algorithm is not accepted"),
    "token-type-mismatch": (401, "invalid_token", "The token is not a session token"),
    "jwk-kid-mismatch": (401, "invalid_token", "The token's key is not known"),
    "token-invalid-signature": (401, "invalid_token", "The token's signature is not valid"),
    "token-invalid-issuer": (401, "invalid_token", "The token's issuer is not accepted"),
    "token-invalid-audience": (401, "invalid_token", "The token is for another audience"),
    "token-invalid-authorized-parties": (401, "invalid_token", "The token is for another origin"),
    "token-invalid-subject": (401, "invalid_token", "The token's subject is not a user"),
    "token-expired": (401, "invalid_token", "The token has expired"),
    "token-not-active-yet": (401, "invalid_token", "The token is not active yet"),
    "token-iat-in-the-future": (401, "invalid_token", "The token was issued in the future"),
    "session-pending": (401, "invalid_token", "The session has tasks to complete"),
    "insufficient-role": (403, "insufficient_scope", "A role is missing"),
    "insufficient-permission": (403, "insufficient_scope", "A permission is missing"),
    "webhook-invalid": (400, None, "The delivery is not signed as it must be"),
    "body-too-large": (413, None, "The body is too long"),
    "keys-unavailable": (503, None, "The signing keys cannot be had at the moment"),
}


class Refused(HTTPException):
    """The answer to a request that is not let through."""

    def __init__(self, code: str, retry_after: int | None = None):
        status, error, title = REFUSALS[code]
        headers = {"Cache-Control": "no-store"}
        if error is not None:
            headers["WWW-Authenticate"] = f'{REALM}, error="{error}", error_description="{title}"'
        elif status == 401:
            headers["WWW-Authenticate"] = REALM
        if retry_after is not None:
            headers["Retry-After"] = str(retry_after)
        super().__init__(status, title, headers)
        self.code, self.retry_after = code, retry_after


async def answer_refused(_request: Request, error: Exception) -> JSONResponse:
    """The answer as a problem document; `protect` makes it the application's way to answer."""
    if not isinstance(error, Refused):
        raise error
    problem = {
        "type": f"urn:clerk-edge:problem:{error.code}",
        "title": error.detail,
        "status": error.status_code,
        "code": error.code,
        "requestId": uuid.uuid4().hex,
    }
    return JSONResponse(problem, error.status_code, error.headers, media_type="application/problem+json")
