"""FastAPI: public pages, pages for users, pages for one user.

Run: uvicorn fastapi_site:app
"""  # noqa: INP001  # a script

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request

from digest_http_middleware.fastapi import AuthenticationInfo, DigestAuth, DigestUser, log_out

#: In earnest: users="sqlite:///users.db", filled with `digest-http user add`.
USERS = {"alice": "s3cret", "bob": "b0b"}
OWNERS = {"alice"}

digest = DigestAuth(users=USERS, realm="FastAPI site")
User = Annotated[DigestUser, Depends(digest)]
app = FastAPI()
app.add_middleware(AuthenticationInfo)


def owner(user: User) -> DigestUser:
    """A user who may change things."""
    if user.username not in OWNERS:
        raise HTTPException(403, "This is for owners")
    return user


@app.get("/")
async def home() -> str:
    """A page for everybody."""
    return "Hello"


@app.get("/me", responses=digest.responses)
async def me(user: User) -> str:
    """A page for users."""
    return f"Hello {user.username}"


@app.delete("/notes", responses=digest.responses)
async def clear(user: Annotated[DigestUser, Depends(owner)]) -> str:
    """Something for owners."""
    return f"Cleared by {user.username}"


@app.post("/logout", responses=digest.responses)
async def leave(request: Request, user: User) -> str:
    """End all logins of the user."""
    await log_out(request, everywhere=True)
    return f"Goodbye {user.username}"
