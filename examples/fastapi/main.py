"""An API in FastAPI behind clerk-edge, or, without it, behind Clerk's own tokens."""

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
import uvicorn
from fastapi import Depends, FastAPI, Request

from clerk_edge.assertion import Assertions
from clerk_edge.auth import Auth
from clerk_edge.dependencies import (
    EXCEPTION_HANDLERS,
    Authenticator,
    optional_auth,
    require_any_role,
    require_auth,
    require_organization,
    require_permission,
    require_role,
)
from clerk_edge.keys import KeySet
from clerk_edge.refusal import Refused
from clerk_edge.session import SessionTokens, issuer_of


def authenticator(client: httpx.AsyncClient) -> Authenticator:
    """Behind the gateway where KEYS_URL says where its keys are; never both, so that nobody goes around the gateway."""
    if keys_url := os.environ.get("KEYS_URL"):
        return Assertions(KeySet(keys_url, "EdDSA", client), os.environ["AUDIENCE"])
    issuer = issuer_of(os.environ["CLERK_PUBLISHABLE_KEY"])
    keys = KeySet(f"{issuer}/.well-known/jwks.json", "RS256", client)
    return SessionTokens(keys, issuer, os.environ["CLERK_AUTHORIZED_PARTIES"].split())


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with httpx.AsyncClient() as client:
        app.state.authenticator = authenticator(client)
        yield


app = FastAPI(lifespan=lifespan, exception_handlers=EXCEPTION_HANDLERS, openapi_url=None)
SignedIn = Annotated[Auth, Depends(require_auth)]


@app.get("/me")
@app.post("/me")
async def me(auth: SignedIn) -> dict:
    return {"userId": auth.user_id, "organization": auth.organization}


@app.options("/me", status_code=204)
async def options(request: Request, auth: Annotated[Auth | None, Depends(optional_auth)]) -> None:
    """A preflight carries no credentials by its nature; it is answered, and allows nothing."""
    is_preflight = {"origin", "access-control-request-method"} <= set(request.headers)
    if auth is None and not is_preflight:
        raise Refused("credentials-missing")


@app.get("/maybe")
async def maybe(auth: Annotated[Auth | None, Depends(optional_auth)]) -> dict:
    return {"userId": auth and auth.user_id}


@app.get("/admin")
async def admin(auth: Annotated[Auth, Depends(require_role("admin"))]) -> dict:
    return {"userId": auth.user_id}


@app.get("/staff")
async def staff(auth: Annotated[Auth, Depends(require_any_role("admin", "billing"))]) -> dict:
    return {"userId": auth.user_id}


@app.get("/invoices")
async def invoices(auth: Annotated[Auth, Depends(require_permission("org:invoices:read"))]) -> dict:
    return {"userId": auth.user_id}


@app.get("/organization")
async def organization(auth: Annotated[Auth, Depends(require_organization())]) -> dict:
    return {"userId": auth.user_id}


@app.get("/orgs/{organization_id}")
async def one_organization(
    auth: Annotated[Auth, Depends(require_organization(lambda request: request.path_params["organization_id"]))],
) -> dict:
    return {"userId": auth.user_id}


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", int(os.environ.get("PORT", "8790"))))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
