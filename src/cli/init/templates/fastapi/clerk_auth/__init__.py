"""Who sends a request: told by Clerk's session token, or by the assertion of a clerk-edge gateway.

```python
app = FastAPI()
protect(app)


@app.get("/me")
async def me(auth: Annotated[Auth, Depends(require_auth)]) -> dict[str, str]:
    return {"userId": auth.user_id}
```
"""

from .auth import Auth, Organization
from .dependencies import (
    Authenticator,
    optional_auth,
    require_any_role,
    require_auth,
    require_organization,
    require_permission,
    require_role,
)
from .protect import protect
from .refusal import Refused
from .settings import Settings
from .webhook import Delivery, Webhooks, clerk_webhook

__all__ = [
    "Auth",
    "Authenticator",
    "Delivery",
    "Organization",
    "Refused",
    "Settings",
    "Webhooks",
    "clerk_webhook",
    "optional_auth",
    "protect",
    "require_any_role",
    "require_auth",
    "require_organization",
    "require_permission",
    "require_role",
]
