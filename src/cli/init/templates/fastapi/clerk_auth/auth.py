"""A signed-in user, whichever version of claims said so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .refusal import Refused


@dataclass(frozen=True)
class Organization:
    """The organization that is active in a session."""

    id: str
    slug: str | None
    role: str | None
    permissions: tuple[str, ...]


@dataclass(frozen=True)
class Auth:
    """A verified session."""

    user_id: str
    session_id: str
    organization: Organization | None
    claims: Mapping[str, Any]

    def has_role(self, role: object) -> bool:
        held = self.organization.role if self.organization else None
        return isinstance(role, str) and bare(role) != "" and held is not None and bare(held) == bare(role)

    def has_permission(self, permission: object) -> bool:
        held = self.organization.permissions if self.organization else ()
        return isinstance(permission, str) and bare(permission) in map(bare, held)

    @classmethod
    def of(cls, claims: dict[str, Any]) -> "Auth":
        """From the claims of a good signature: Clerk's of version 1 or 2, or a gateway's, which are as version 1."""
        subject, session_id = claims.get("sub"), claims.get("sid")
        if isinstance(subject, str) and subject.startswith("mch_"):
            raise Refused("token-type-mismatch")
        if not isinstance(subject, str) or not subject.startswith("user_") or subject == "user_":
            raise Refused("token-invalid-subject")
        if session_id is None:
            raise Refused("token-type-mismatch")
        if not isinstance(session_id, str) or session_id == "":
            raise Refused("token-invalid")
        version = claims.get("v")
        is_version_2 = isinstance(version, (int, float)) and not isinstance(version, bool) and version == 2
        return cls(subject, session_id, _version_2(claims) if is_version_2 else _version_1(claims), claims)


def bare(name: str) -> str:
    """Clerk takes `admin`, `org:admin` and `org:org:admin` as one."""
    while name.startswith("org:"):
        name = name.removeprefix("org:")
    return name


def text(claims: dict[str, Any], name: str) -> str | None:
    """A claim that is text where it is there."""
    value = claims.get(name)
    if value is not None and not isinstance(value, str):
        raise Refused("token-invalid")
    return value


def _version_1(claims: dict[str, Any]) -> Organization | None:
    organization_id = text(claims, "org_id")
    if not organization_id:
        return None
    permissions = claims.get("org_permissions")
    permissions = [] if permissions is None else permissions
    if not isinstance(permissions, list) or not all(isinstance(permission, str) for permission in permissions):
        raise Refused("token-invalid")
    return Organization(organization_id, text(claims, "org_slug"), text(claims, "org_role"), tuple(permissions))


def _version_2(claims: dict[str, Any]) -> Organization | None:
    members = claims.get("o")
    if members is None:
        return None
    if not isinstance(members, dict) or not text(members, "id"):
        raise Refused("token-invalid")
    role = text(members, "rol")
    permissions = _permissions(text(claims, "fea"), text(members, "per"), text(members, "fpm"))
    return Organization(members["id"], text(members, "slg"), role and f"org:{role}", tuple(permissions))


def _permissions(features: str | None, names: str | None, masks: str | None) -> list[str]:
    """Of each feature of the organization the names in `per` whose bit is set in its decimal mask, lowest first."""
    if not features or names is None or masks is None:
        return []
    scoped = [feature.strip().split(":") for feature in features.split(",")]
    if any(len(parts) < 2 for parts in scoped):
        return []
    of_organization = [parts[1] for parts in scoped if parts[0] in ("o", "ou", "uo")]
    names_in_order = [name.strip() for name in names.split(",")]
    return [
        f"org:{feature}:{name}"
        for feature, mask in zip(of_organization, map(_number, masks.split(",")), strict=False)
        for bit, name in enumerate(names_in_order)
        if name and mask >> bit & 1
    ]


def _number(mask: str) -> int:
    """What is no decimal number grants nothing, and neither does one of more digits than Python reads."""
    mask = mask.strip()
    try:
        return int(mask) if mask.isascii() and mask.isdigit() else 0
    except ValueError:
        return 0
