"""What is let through and what is not, with a key made for these tests."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from {{ import }} import Settings, protect
from {{ import }}.keys import KeySet
from {{ import }}.routes import router
from {{ import }}.session import SessionTokens

ISSUER = "https://clerk.example.com"
FRONT_END = "https://app.example.com"
SECRET = b"a secret for the tests alone"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ANOTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class KeyServer:
    """Answers with the public key, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked, self.is_down = 0, False

    async def fetch(self, _url: str) -> bytes:
        self.asked += 1
        if self.is_down:
            raise OSError("down")
        jwk = jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
        return json.dumps({"keys": [{**jwk, "kid": "ins_1", "use": "sig", "alg": "RS256"}]}).encode()


@pytest.fixture
def key_server() -> KeyServer:
    return KeyServer()


@pytest.fixture
def client(key_server: KeyServer) -> Iterator[TestClient]:
    keys = KeySet(f"{ISSUER}/.well-known/jwks.json", "RS256", key_server.fetch)
    settings = Settings(
        clerk_authorized_parties=FRONT_END,
        clerk_webhook_signing_secret=f"whsec_{base64.b64encode(SECRET).decode()}",
    )
    app = FastAPI()
    protect(app, settings, SessionTokens(keys, ISSUER, [FRONT_END]))
    app.include_router(router)
    with TestClient(app) as client:
        yield client


def token(
    key: rsa.RSAPrivateKey = KEY,
    headers: dict[str, Any] | None = None,
    algorithm: str = "RS256",
    **claims: Any,
) -> str:
    now = int(time.time())
    payload = {
        "iss": ISSUER,
        "sub": "user_1",
        "sid": "sess_1",
        "azp": FRONT_END,
        "iat": now,
        "nbf": now - 10,
        "exp": now + 60,
        "sts": "active",
        "v": 2,
        **claims,
    }
    given = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(given, key, algorithm, {"kid": "ins_1", "cat": "cl_B7d4PD111AAA", **(headers or {})})


def ask(client: TestClient, path: str, token: str | None = None, **headers: str) -> Response:
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return client.get(path, headers=headers)


def test_anyone_is_let_through_to_a_public_route(client: TestClient) -> None:
    assert ask(client, "/api/health").status_code == 200


def test_a_request_without_a_token_is_challenged(client: TestClient) -> None:
    answer = ask(client, "/api/protected")
    assert (answer.status_code, answer.json()["code"]) == (401, "credentials-missing")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == 'Bearer realm="api"'


def test_a_user_is_known_to_the_route(client: TestClient) -> None:
    answer = ask(client, "/api/protected", token())
    assert (answer.status_code, answer.json()) == (200, {"userId": "user_1"})
    assert answer.headers["cache-control"] == "private, no-store"
    assert "authorization" in answer.headers["vary"].lower()


now = int(time.time())


@pytest.mark.parametrize(
    ("code", "claims"),
    [
        ("token-expired", {"exp": now - 60}),
        ("token-invalid", {"exp": None}),
        ("token-not-active-yet", {"nbf": now + 600}),
        ("token-iat-in-the-future", {"iat": now + 600}),
        ("token-invalid-issuer", {"iss": "https://another.example.com"}),
        ("token-invalid-issuer", {"iss": None}),
        ("token-invalid-authorized-parties", {"azp": "https://evil.example.com"}),
        ("token-invalid-authorized-parties", {"azp": None}),
        ("token-invalid-subject", {"sub": None}),
        ("token-invalid-subject", {"sub": "root"}),
        ("token-type-mismatch", {"sub": "mch_1"}),
        ("token-type-mismatch", {"sid": None}),
        ("session-pending", {"sts": "pending"}),
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(client: TestClient, code: str, claims: dict[str, Any]) -> None:
    answer = ask(client, "/api/protected", token(**claims))
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize(
    ("code", "headers"),
    [
        ("token-type-mismatch", {"cat": "cl_B7d4PD222AAA"}),
        ("token-type-mismatch", {"typ": "at+jwt"}),
        ("jwk-kid-mismatch", {"kid": "ins_2"}),
        ("token-invalid", {"crit": ["exp"]}),
    ],
)
def test_a_token_with_a_wrong_header_is_refused(client: TestClient, code: str, headers: dict[str, Any]) -> None:
    answer = ask(client, "/api/protected", token(headers=headers))
    assert (answer.status_code, answer.json()["code"]) == (401, code)


def test_a_forged_token_is_refused(client: TestClient) -> None:
    def code(forged: str) -> Any:
        answer = ask(client, "/api/protected", forged)
        assert answer.status_code == 401
        return answer.json()["code"]

    head, body, signature = token().split(".")
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none","kid":"ins_1"}').decode().rstrip("=")
    assert code(token(ANOTHER_KEY)) == "token-invalid-signature"
    assert code(f"{head}.{token(sub='user_2').split('.')[1]}.{signature}") == "token-invalid-signature"
    assert code(f"{unsigned}.{body}.{signature}") == "token-invalid-algorithm"
    assert code(token(algorithm="RS512")) == "token-invalid-algorithm"
    assert code("a.b.c") == "token-invalid"
    assert code("null") == "token-invalid"


def test_an_optional_route_takes_nobody_but_no_bad_token(client: TestClient) -> None:
    assert ask(client, "/api/optional").json() == {"userId": None}
    assert ask(client, "/api/optional", token()).json() == {"userId": "user_1"}
    assert ask(client, "/api/optional", token(exp=now - 60)).status_code == 401


def test_a_role_is_demanded_without_telling_which(client: TestClient) -> None:
    admin = {"id": "org_1", "slg": "acme", "rol": "admin"}
    assert ask(client, "/api/admin", token(o=admin)).status_code == 200
    for organization in ({**admin, "rol": "member"}, None):
        answer = ask(client, "/api/admin", token(o=organization))
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient-role")
        assert "admin" not in answer.text and "member" not in answer.text


def test_strangers_tokens_do_not_reach_the_key_server(client: TestClient, key_server: KeyServer) -> None:
    assert ask(client, "/api/protected", token()).status_code == 200
    for number in range(20):
        assert ask(client, "/api/protected", token(headers={"kid": f"ins_x{number}"})).status_code == 401
    assert key_server.asked == 1


def test_an_outage_of_the_key_server_is_no_bad_token(client: TestClient, key_server: KeyServer) -> None:
    key_server.is_down = True
    answer = ask(client, "/api/protected", token())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


def test_pages_of_the_front_end_alone_can_read_answers(client: TestClient) -> None:
    preflight = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    answer = client.options("/api/protected", headers={"Origin": FRONT_END, **preflight})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, FRONT_END)
    assert ask(client, "/api/protected", Origin=FRONT_END).headers["access-control-allow-origin"] == FRONT_END
    foreign = client.options("/api/protected", headers={"Origin": "https://evil.example.com", **preflight})
    assert "access-control-allow-origin" not in foreign.headers


def deliver(client: TestClient, body: bytes, signed: bytes, age: int = 0) -> int:
    timestamp = str(int(time.time()) - age)
    digest = hmac.new(SECRET, b".".join([b"msg_1", timestamp.encode(), signed]), hashlib.sha256).digest()
    headers = {"svix-id": "msg_1", "svix-timestamp": timestamp}
    headers["svix-signature"] = f"v1,{base64.b64encode(digest).decode()}"
    return client.post("/api/webhooks/clerk", content=body, headers=headers).status_code


def test_a_webhook_is_let_in_by_its_signature_alone(client: TestClient) -> None:
    # The very bytes are signed: white space, and letters that are not ASCII, count.
    body = '{ "type": "user.created",\n "data": {"first_name": "Zoë"} }'.encode()
    assert deliver(client, body, body) == 204
    assert deliver(client, body, body.replace(b" ", b"")) == 400
    assert deliver(client, body, body, age=360) == 400
    assert deliver(client, body, body, age=-360) == 400
    assert deliver(client, b"[]", b"[]") == 400
    assert client.post("/api/webhooks/clerk", content=body).status_code == 400
