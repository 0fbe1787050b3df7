"""Routes to start from: one of each kind. `clerk-edge test` asks them, as `clerk-edge.test.toml` says."""

import logging
from typing import Annotated

from fastapi import APIRouter, Depends

from .auth import Auth
from .dependencies import documented, optional_auth, require_auth, require_role
from .webhook import Delivery, clerk_webhook

log = logging.getLogger(__name__)
router = APIRouter(prefix="/api")


@router.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/protected", dependencies=[documented])
async def protected(auth: Annotated[Auth, Depends(require_auth)]) -> dict[str, str]:
    return {"userId": auth.user_id}


@router.get("/optional", dependencies=[documented])
async def optional(auth: Annotated[Auth | None, Depends(optional_auth)]) -> dict[str, str | None]:
    return {"userId": auth.user_id if auth else None}


@router.get("/admin", dependencies=[documented])
async def admin(auth: Annotated[Auth, Depends(require_role("org:admin"))]) -> dict[str, str]:
    return {"userId": auth.user_id}


@router.post("/webhooks/clerk", status_code=204)
async def webhook(delivery: Annotated[Delivery, Depends(clerk_webhook)]) -> None:
    """Svix sends again what is not answered 2xx, in any order: take an event for a hint to look, once an id."""
    log.info("webhook %s: %r", delivery.id, delivery.event().get("type"))
