"""The key cache of examples/fastapi by a clock of the test's own, against a real key server. Prints ok, or fails."""

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
from clerk_edge.keys import KeySet
from clerk_edge.refusal import Refused
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm


def jwk(key_id: str) -> dict:
    return json.loads(OKPAlgorithm.to_jwk(Ed25519PrivateKey.generate().public_key())) | {"kid": key_id, "use": "sig", "alg": "EdDSA"}


class KeyServer(BaseHTTPRequestHandler):
    keys: list[dict] | None = []
    requests = 0

    def do_GET(self):
        type(self).requests += 1
        self.send_response(500 if self.keys is None else 200)
        self.end_headers()
        self.wfile.write(json.dumps({"keys": self.keys}).encode())

    def log_message(self, *_):
        pass


async def run(url: str, client: httpx.AsyncClient) -> None:
    now = 1000.0
    keys = KeySet(url, "EdDSA", client, clock=lambda: now)

    async def found(key_id, unlike=None):
        try:
            return await keys.find(key_id, unlike)
        except Refused as refused:
            return refused.code, refused.retry_after

    async def expect(code, requests, key_id="a", unlike=None):
        before = KeyServer.requests
        result = await found(key_id, unlike)
        # What goes on beside the request is waited for, too.
        if keys._beside:
            await keys._beside
        assert (isinstance(result, tuple) and result) == code, result
        assert KeyServer.requests - before == requests, KeyServer.requests - before
        return result

    # Without any key, tries back off: one second, two, four, and thirty at most.
    KeyServer.keys = None
    await expect(("keys-unavailable", 1), 1)
    await expect(("keys-unavailable", 1), 0)
    for pause in (1, 2, 4, 8, 16, 30, 30):
        now += pause - 0.5
        await expect(("keys-unavailable", 1), 0)
        now += 0.5
        await expect(("keys-unavailable", min(30, pause * 2)), 1)
    now += 30
    KeyServer.keys = [jwk("a")]
    first = await expect(False, 1)
    # A stranger's name makes one request in thirty seconds.
    await expect(("jwk-kid-mismatch", None), 0, "b")
    now += 29.5
    await expect(("jwk-kid-mismatch", None), 0, "b")
    now += 0.5
    await expect(("jwk-kid-mismatch", None), 1, "b")
    # A new key is found when it is named, and the same name may have become another key's.
    KeyServer.keys = [KeyServer.keys[0], jwk("b")]
    now += 30
    await expect(False, 1, "b")
    await expect(("jwk-kid-mismatch", None), 0, "a", first)
    now += 30
    await expect(("jwk-kid-mismatch", None), 1, "a", first)
    KeyServer.keys = [jwk("a")]
    now += 30
    other = await expect(False, 1, "a", first)
    assert other is not first
    await expect(("jwk-kid-mismatch", None), 0, "b")
    # Fresh for five minutes, then asked for beside requests; in an outage good for a day and no longer.
    now += 299.5
    await expect(False, 0)
    KeyServer.keys = None
    now += 0.5
    await expect(False, 1)
    await expect(False, 0)
    now += 3600
    await expect(False, 1)
    await expect(("keys-unavailable", 30), 0, "b")
    now += 24 * 3600 - 3600 - 300 - 0.5
    await expect(False, 1)
    now += 0.5
    result = await found("a")
    assert result[0] == "keys-unavailable", result


async def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), KeyServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    async with httpx.AsyncClient() as client:
        await run(f"http://127.0.0.1:{server.server_port}/keys", client)
    server.shutdown()


asyncio.run(main())
print("ok")
