"""One call that prepares an application: authenticator, refusals, CORS before all, and answers that nobody shares."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .assertion import HEADER, Assertions
from .dependencies import Authenticator
from .keys import GivenKey, Keys, KeySet
from .refusal import Refused, answer_refused
from .session import SessionTokens, issuer_of
from .settings import Settings
from .webhook import Webhooks


def protect(app: FastAPI, settings: Settings | None = None, authenticator: Authenticator | None = None) -> None:
    """Prepares an application. Raises ValueError for a mistake in the settings."""
    settings = settings or Settings()
    app.state.authenticator = authenticator or authenticator_of(settings)
    app.state.webhooks = Webhooks(settings.clerk_webhook_signing_secret)
    app.add_exception_handler(Refused, answer_refused)
    app.add_middleware(PrivateAnswers)
    # The last one added sees a request first: a preflight has no token, and pages must be able to read refusals.
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.clerk_authorized_parties.split(),
        allow_methods=["DELETE", "GET", "PATCH", "POST", "PUT"],
        allow_headers=["Authorization", "Content-Type"],
        expose_headers=["Retry-After", "WWW-Authenticate"],
    )


def authenticator_of(settings: Settings) -> Authenticator:
    """Assertions alone where a gateway has keys, so that nobody goes around it; elsewhere Clerk's tokens."""
    if settings.clerk_edge_keys_url:
        return Assertions(KeySet(settings.clerk_edge_keys_url, "EdDSA"), settings.clerk_edge_audience)
    issuer = issuer_of(settings.clerk_publishable_key)
    keys: Keys = KeySet(f"{issuer}/.well-known/jwks.json", "RS256")
    if settings.clerk_jwt_key:
        keys = GivenKey(settings.clerk_jwt_key)
    return SessionTokens(keys, issuer, settings.clerk_authorized_parties.split())


class PrivateAnswers:
    """Marks what depends on the caller, so that no cache hands it to another one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        state = scope.setdefault("state", {})

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start" and state.get("is_private"):
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "private, no-store")
                headers.add_vary_header(f"Authorization, {HEADER}")
            await send(message)

        await self.app(scope, receive, send_marked)
