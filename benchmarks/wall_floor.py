"""The floor: FastAPI's own way to serve fixed bytes with an ETag, behind nothing. Started by uvicorn as a factory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Header
from starlette.responses import Response

TAG = '"fixed"'


def app() -> FastAPI:
    body = Path(os.environ["FLOOR_BODY"]).read_bytes()
    server = FastAPI()

    @server.get("/healthz")
    async def healthz() -> dict[str, bool]:
        return {"up": True}

    @server.get("/fixed")
    async def fixed(if_none_match: Annotated[str, Header()] = "") -> Response:
        if if_none_match == TAG:
            return Response(status_code=304, headers={"etag": TAG})
        headers = {"etag": TAG, "content-encoding": "gzip"}
        return Response(body, headers=headers, media_type="application/json")

    return server
