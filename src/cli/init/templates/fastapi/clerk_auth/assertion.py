"""The check of a gateway's assertion: this gateway signed it, for this server, for this request, just now."""

from fastapi import Request

from .auth import Auth
from .keys import Keys
from .refusal import Refused
from .token import check_algorithm, claims_of, header_of

HEADER = "x-clerk-edge-assertion"
TYPE = "clerk-edge-assertion+jwt"
ISSUER = "clerk-edge"
REQUIRED = ["iss", "aud", "iat", "exp", "jti", "htm", "htu"]


class Assertions:
    """Tells who sends the requests that a gateway forwards.

    keys: the gateway's, at https://…/.well-known/clerk-edge/jwks.json.
    audience: this server's https://host:port as the gateway's route has it.
    """

    def __init__(self, keys: Keys, audience: str) -> None:
        if not audience.startswith(("https://", "http://")) or audience.count("/") != 2:
            raise ValueError("expected this server's https://host:port in CLERK_EDGE_AUDIENCE")
        self.keys, self.audience = keys, audience

    async def authenticate(self, request: Request) -> Auth | None:
        """The session; None for an anonymous request. Raises Refused for a bad assertion, and for a webhook's."""
        assertions = request.headers.getlist(HEADER)
        if not assertions:
            raise Refused("credentials-missing")
        if len(assertions) > 1:
            raise Refused("token-invalid")
        header = header_of(assertions[0])
        if header.get("typ") != TYPE:
            raise Refused("token-type-mismatch")
        check_algorithm(header, self.keys.algorithm)
        claims = await claims_of(assertions[0], header, self.keys, REQUIRED, ISSUER, self.audience)
        # The path as it came; the scope's other path is decoded.
        path = request.scope["raw_path"].decode("latin-1")
        if claims["htm"] != request.method or claims["htu"] != self.audience + path:
            raise Refused("token-invalid-audience")
        if "webhook" in claims:
            raise Refused("token-type-mismatch")
        return Auth.of(claims) if "sub" in claims or "sid" in claims else None
