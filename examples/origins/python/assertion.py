"""Checks the assertion that clerk-edge puts on each request. All it needs is PyJWT with cryptography."""

import jwt

# What must not be there, and what must, in an assertion of each kind of sender.
SENDERS = {
    "user": lambda claims: isinstance(claims.get("sub"), str) and "webhook" not in claims,
    "anyone": lambda claims: "webhook" not in claims,
    "webhook": lambda claims: "sub" not in claims and "webhook" in claims,
}


class AssertionCheck:
    """The check of one server.

    keys_url: where the gateway publishes its keys, https://…/.well-known/clerk-edge/jwks.json.
    audience: this server's https://host:port as the gateway's route has it.
    """

    def __init__(self, keys_url: str, audience: str):
        self.keys = jwt.PyJWKClient(keys_url, lifespan=300, timeout=5)
        self.audience = audience

    def __call__(self, assertion: str, method: str, path: str, sender: str = "user") -> dict:
        """The claims of a good assertion of this request, of a sender of this kind.

        path: as it came, without the query. Raises jwt.PyJWTError, of which jwt.PyJWKClientConnectionError says that
        the keys cannot be had, and nothing about the request.
        """
        decoded = jwt.decode_complete(
            assertion,
            self.keys.get_signing_key_from_jwt(assertion),
            algorithms=["EdDSA"],
            issuer="clerk-edge",
            audience=self.audience,
            leeway=5,
            options={"require": ["exp", "iat", "jti"]},
        )
        claims = decoded["payload"]
        if decoded["header"].get("typ") != "clerk-edge-assertion+jwt":
            raise jwt.InvalidTokenError("unexpected typ")
        if claims.get("htm") != method or claims.get("htu") != self.audience + path:
            raise jwt.InvalidTokenError("the assertion is for another request")
        if not SENDERS[sender](claims):
            raise jwt.InvalidTokenError("the assertion is of another kind of sender")
        return claims
