"""The app of the live tests: `python -m tests.fastapi.served PORT`. Its /docs needs no network."""

from __future__ import annotations

import sys
from typing import Annotated

import uvicorn
from fastapi import Depends
from fastapi_offline import FastAPIOffline

from digest_http_middleware.fastapi import DigestAuth, DigestUser

digest = DigestAuth(users={"alice": "s3cret"}, realm="home")
app = FastAPIOffline()


@app.get("/me", responses=digest.responses)
async def me(user: Annotated[DigestUser, Depends(digest)]) -> dict[str, str]:
    """Who it is."""
    return {"user": user.username}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
