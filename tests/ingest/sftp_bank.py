"""A real SFTP server in a thread, with a bank's folder behind it and faults on demand."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncssh

USER, PASSWORD = "quanqing", "pass-word"


class SftpBank:
    """`port`, `host_key` (its public line), `folder`; `drip_s`: pause before every answer to a read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.drip_s = 0.0
        self.listed_too: tuple[str, ...] = ()  # names a hostile server adds to its listing
        self.opened: list[str] = []
        self.logins = 0
        self.user_key = asyncssh.generate_private_key("ssh-ed25519")
        key = asyncssh.generate_private_key("ssh-ed25519")
        self.host_key = key.export_public_key().decode().strip()
        self._key = key
        self.port = 0

    @property
    def allow(self) -> tuple[str, ...]:
        return (f"127.0.0.1:{self.port}",)

    @contextmanager
    def running(self) -> Iterator[SftpBank]:
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        server = asyncio.run_coroutine_threadsafe(self._listen(), loop).result(10)
        self.port = server.get_port()
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(self._end(server), loop).result(10)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(5)
            loop.close()

    async def _end(self, server: asyncssh.SSHAcceptor) -> None:
        """Nothing pending is left for the garbage collector to complain about in the middle of another test."""
        server.close()
        await server.wait_closed()
        pending = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    async def _listen(self) -> asyncssh.SSHAcceptor:
        bank = self

        class Door(asyncssh.SSHServer):
            def begin_auth(self, username: str) -> bool:
                return True

            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, password: str) -> bool:
                bank.logins += 1
                return (username, password) == (USER, PASSWORD)

            def public_key_auth_supported(self) -> bool:
                return True

            def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
                return username == USER and key == bank.user_key.convert_to_public()

        class Files(asyncssh.SFTPServer):
            def __init__(self, chan: Any) -> None:
                super().__init__(chan, chroot=str(bank.folder))

            def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
                bank.opened.append(path.decode(errors="replace"))
                return super().open(path, pflags, attrs)

            async def read(self, file_obj: object, offset: int, size: int) -> bytes:
                await asyncio.sleep(bank.drip_s)
                return super().read(file_obj, offset, min(size, 50) if bank.drip_s else size)  # type: ignore[return-value]

            async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
                plain = asyncssh.SFTPAttrs(permissions=0o100644, size=9, mtime=1)
                for name in bank.listed_too:
                    yield asyncssh.SFTPName(name.encode(), attrs=plain)
                async for entry in super().scandir(path):
                    yield entry

        return await asyncssh.create_server(
            Door, "127.0.0.1", 0, server_host_keys=[self._key], sftp_factory=Files
        )
