"""An API behind clerk-edge that believes the gateway's signature alone: it answers with what it was told of the caller."""

import os
import socket
import sys

import jwt
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request

from assertion import AssertionCheck

check = AssertionCheck(os.environ["KEYS_URL"], os.environ["AUDIENCE"])


def of(sender: str):
    """A dependency: the claims of the request's assertion, or 401. It may wait for the keys, so it is not async."""

    def claims(request: Request) -> dict:
        assertion = request.headers.get("x-clerk-edge-assertion", "")
        path = request.scope["raw_path"].decode("ascii")
        try:
            return check(assertion, request.method, path, sender)
        except jwt.PyJWTError as error:
            print(repr(error), file=sys.stderr)
            is_outage = isinstance(error, jwt.PyJWKClientConnectionError)
            raise HTTPException(503 if is_outage else 401) from error

    return claims


app = FastAPI(openapi_url=None)


@app.post("/webhooks/clerk")
def webhook(claims: dict = Depends(of("webhook"))) -> dict:
    return claims


@app.api_route("/public/{rest:path}", methods=["GET", "POST"])
def public(claims: dict = Depends(of("anyone"))) -> dict:
    return claims


@app.api_route("/{rest:path}", methods=["GET", "POST", "DELETE"])
def everything_else(claims: dict = Depends(of("user"))) -> dict:
    return claims


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", int(os.environ.get("PORT", "8790"))))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
