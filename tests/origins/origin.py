"""An origin in FastAPI: the layout of origins.mjs. Prints its port; the one argument is the folder of documents."""

import socket
import sys

import uvicorn
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from fastapi.staticfiles import StaticFiles

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


def says(resource: str):
    return lambda: PlainTextResponse(f"served:{resource}\n")


for path, resource in [
    ("/api/admin", "protected"),
    ("/api/tasks", "protected"),
    ("/api/public", "public"),
    ("/public", "public"),
]:
    app.get(path)(says(resource))
    app.get(path + "/{rest:path}")(says(resource))
app.get("/api/orders")(says("member"))
app.mount("/", StaticFiles(directory=sys.argv[1]))

listener = socket.socket()
listener.bind(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="critical")).run(sockets=[listener])
