"""Asking an ASGI application without a port. What leaves an answer unfinished needs the real server instead."""

import asyncio

import httpx
from starlette.applications import Starlette


class Client:
    def __init__(self, app: Starlette) -> None:
        self._app = app

    def get(
        self, path: str, *, params: dict | None = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        return asyncio.run(self._get(path, params, headers))

    async def _get(self, path: str, params: dict | None, headers: dict[str, str] | None) -> httpx.Response:
        transport = httpx.ASGITransport(self._app)
        async with httpx.AsyncClient(transport=transport, base_url="http://stage") as client:
            return await client.get(path, params=params, headers=headers)
