"""The dependencies of routes: who must send a request, and what they must hold.

Each `require_…` that takes a value also takes a function of the request that gives it. Invalid is never anonymous: an
optional route refuses bad credentials, too. They ask the `authenticator` of the application's state.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from .auth import Auth, bare
from .refusal import Refused

Dependency = Callable[[Request], Awaitable[Auth]]
Asked = str | Callable[[Request], Any]


class Authenticator(Protocol):
    """`SessionTokens` for Clerk's own tokens, `Assertions` behind a gateway."""

    async def authenticate(self, request: Request) -> Auth | None: ...


async def optional_auth(request: Request) -> Auth | None:
    """A user, or None for nobody."""
    request.state.is_private = True
    authenticator: Authenticator = request.app.state.authenticator
    return await authenticator.authenticate(request)


async def require_auth(request: Request) -> Auth:
    """A signed-in user."""
    auth = await optional_auth(request)
    if auth is None:
        raise Refused("credentials-missing")
    return auth


def require_role(role: Asked) -> Dependency:
    """A user with this role in the active organization."""
    return _require("insufficient-role", Auth.has_role, role)


def require_any_role(*roles: Asked) -> Dependency:
    """A user with one of these roles in the active organization."""
    if not roles:
        raise ValueError("expected a role at least")
    return _require("insufficient-role", Auth.has_role, *roles)


def require_permission(permission: Asked) -> Dependency:
    """A user with this permission in the active organization."""
    return _require("insufficient-permission", Auth.has_permission, permission)


def require_organization(organization_id: Asked | None = None) -> Dependency:
    """An active organization: the one of this id, or whichever. A slug is not asked for, since another may take it."""

    def is_member(auth: Auth, asked: Any) -> bool:
        return auth.organization is not None and auth.organization.id == asked

    if organization_id is None:
        return _require("insufficient-role", lambda auth, _: auth.organization is not None, lambda _: None)
    return _require("insufficient-role", is_member, organization_id)


def _require(code: str, holds: Callable[[Auth, Any], bool], *asked: Asked) -> Dependency:
    # What nobody can hold is a mistake in the program, and is told at its start.
    if any(not callable(one) and (not isinstance(one, str) or bare(one) == "") for one in asked):
        raise ValueError(f"expected names, or functions that give them: {asked}")

    async def dependency(request: Request) -> Auth:
        auth = await require_auth(request)
        if not any(holds(auth, one(request) if callable(one) else one) for one in asked):
            raise Refused(code)
        return auth

    return dependency


# For the `dependencies` of a router: it refuses nothing, and tells OpenAPI that there are bearer tokens.
documented = Depends(HTTPBearer(auto_error=False, bearerFormat="JWT", scheme_name="Clerk"))
