"""The application: `uvicorn {{ app_module }}:app`."""

from fastapi import FastAPI

from {{ import }} import protect
from {{ import }}.routes import router

# A path has one spelling: one with a slash at its end is 404, and no redirection.
app = FastAPI(redirect_slashes=False)
protect(app)
app.include_router(router)
