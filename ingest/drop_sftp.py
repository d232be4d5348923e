"""A bank's folder behind SFTP. The host key is pinned in the configuration: an unknown one is never trusted."""

from __future__ import annotations

import asyncio
import logging
import stat
from collections.abc import Coroutine, Iterable
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Self, TypeVar

import asyncssh
import httpcore
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    StringConstraints,
    ValidationInfo,
    model_validator,
)

from domain.errors import FetchError
from domain.text import clean_text, excerpt
from ingest.drop_folder import MAX_NAMES, Listed, is_plain, not_too_many
from ingest.guard import ForbiddenError, time_limit
from ingest.http import Http
from ingest.source import EnvName, deployment, secret

LISTING_S = 20.0
"""Connecting, and listing, each; real time, however slowly it drips."""
READING_S = 60.0
"""One file of at most 20 MB, or all flags together."""
_AT_ONCE = 32

Value = TypeVar("Value")

asyncssh.set_log_level(logging.WARNING)  # below it would tell user names at every look


def _is_key(line: str) -> str:
    try:
        asyncssh.import_public_key(line)
    except (asyncssh.KeyImportError, ValueError):
        raise ValueError("not a public key as in known_hosts, such as ssh-ed25519 AAAA...") from None
    return line


class SftpPlace(BaseModel):
    """`sftp = { host, port, user, path, host_key, key_file_env | password_env }` of `sources.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.:-]{1,253}$")]
    port: Annotated[int, Field(ge=1, le=65535)] = 22
    user: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,64}$")]
    path: Annotated[str, StringConstraints(min_length=1, max_length=500)] = "."
    host_key: Annotated[str, AfterValidator(_is_key)]
    key_file_env: EnvName | None = None  # names the variable that holds the path of the private key
    password_env: EnvName | None = None

    _key: asyncssh.SSHKey | None = PrivateAttr(default=None)
    _password: str | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _read_secret(self, info: ValidationInfo) -> Self:
        where = deployment(info)
        if (self.key_file_env is None) == (self.password_env is None):
            raise ValueError("give either key_file_env or password_env")
        if self.password_env is not None:
            self._password = secret(self.password_env, where.environ).get_secret_value()
        elif self.key_file_env is not None:
            file = where.folder / secret(self.key_file_env, where.environ).get_secret_value()
            self._key = _private_key(file, self.key_file_env)
        return self

    @property
    def options(self) -> dict[str, Any]:
        """Only what is said here counts: no agent, no ~/.ssh, no other way to log in, nothing to unpack."""
        return {
            "known_hosts": ([asyncssh.import_public_key(self.host_key)], [], []),
            "username": self.user,
            "password": self._password,
            "client_keys": [self._key] if self._key else None,
            "config": None,
            "agent_path": None,
            "gss_host": None,
            "compression_algs": None,
            "x509_trusted_certs": None,
            "disable_trivial_auth": True,
        }


def _private_key(file: Path, variable: str) -> asyncssh.SSHKey:
    try:
        return asyncssh.read_private_key(file)
    except (OSError, asyncssh.KeyImportError, ValueError):
        raise ValueError(f"the file named by {variable} is no private key without a passphrase") from None


class SftpDrop:
    """A `Drop` for the length of a `with` block. One connection, driven from the caller's own thread."""

    def __init__(self, source: str, place: SftpPlace, http: Http) -> None:
        self._source = source
        self._place = place
        self._http = http
        self._runner = asyncio.Runner()
        self._runner.get_loop().set_exception_handler(_leftover)
        self._connection: asyncssh.SSHClientConnection | None = None
        self._client: asyncssh.SFTPClient

    def __enter__(self) -> Self:
        try:
            self._run(self._connect(), LISTING_S)
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.abort()  # a farewell would wait for the other side
        self._runner.close()

    def listing(self) -> list[Listed]:
        return self._run(self._list(), LISTING_S)

    def read(self, name: str, limit: int) -> bytes | None:
        return self._run(self._read(name, limit), READING_S)

    def read_all(self, names: Iterable[str], limit: int) -> dict[str, bytes]:
        return self._run(self._read_all(list(names), limit), READING_S)

    # ------------------------------------------------------------ inside the loop

    async def _connect(self) -> None:
        place = self._place
        with time_limit(LISTING_S):
            stream = self._http.guard.connect_tcp(place.host, place.port)
        socket = stream.get_extra_info("socket")
        socket.setblocking(False)
        self._connection = await asyncssh.connect(place.host, place.port, sock=socket, **place.options)
        # a name that is not UTF-8 is none of the profile, and no reason to lose the others
        self._client = await self._connection.start_sftp_client(path_errors="surrogateescape")

    async def _list(self) -> list[Listed]:
        found: list[Listed] = []
        async for entry in self._client.scandir(self._place.path):
            name, told = str(entry.filename), entry.attrs
            plain = told.permissions is not None and stat.S_ISREG(told.permissions)
            plain = plain or told.type == asyncssh.FILEXFER_TYPE_REGULAR
            if plain and is_plain(name):
                found.append(Listed(name=name, size=told.size or 0, mtime=float(told.mtime or 0)))
            if len(found) > MAX_NAMES:
                break
        return not_too_many(self._source, found)

    async def _read(self, name: str, limit: int) -> bytes | None:
        if not is_plain(name):
            return None
        try:
            async with self._client.open(f"{self._place.path}/{name}", "rb") as file:
                body: bytes = await file.read(limit + 1)
                return body
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPPermissionDenied, asyncssh.SFTPFailure):
            return None

    async def _read_all(self, names: list[str], limit: int) -> dict[str, bytes]:
        places = asyncio.Semaphore(_AT_ONCE)

        async def one(name: str) -> bytes | None:
            async with places:
                return await self._read(name, limit)

        bodies = await asyncio.gather(*map(one, names))
        return {name: body for name, body in zip(names, bodies, strict=True) if body is not None}

    def _run(self, work: Coroutine[Any, Any, Value], seconds: float) -> Value:
        """Raises FetchError for whatever goes wrong between here and there."""
        where = f"{self._place.host}:{self._place.port}"
        try:
            return self._runner.run(_within(work, seconds))
        except TimeoutError:
            raise FetchError(self._source, f"{where}: no complete answer within {seconds:.0f} s") from None
        except ForbiddenError as error:
            raise FetchError(self._source, f"{where}: {error}", cause="refused", permanent=True) from None
        except (asyncssh.HostKeyNotVerifiable, asyncssh.KeyExchangeFailed) as error:
            message = f"{where}: its host key is not the pinned one"
            raise FetchError(self._source, message, cause="refused", permanent=True) from error
        except asyncssh.PermissionDenied as error:
            message = f"{where}: user name, key or password was not accepted"
            raise FetchError(self._source, message, cause="refused", permanent=True) from error
        except (asyncssh.Error, httpcore.NetworkError, httpcore.TimeoutException, OSError) as error:
            told = excerpt(clean_text(f"{type(error).__name__}: {error}"))
            raise FetchError(self._source, f"{where}: the folder cannot be read: {told}") from error


def _leftover(loop: asyncio.AbstractEventLoop, told: dict[str, Any]) -> None:
    """A transfer given up leaves parallel reads whose errors nobody asks for: what counts was raised already."""
    logging.getLogger(__name__).debug("after the end: %s", told.get("message"))


async def _within(work: Coroutine[Any, Any, Value], seconds: float) -> Value:
    async with asyncio.timeout(seconds):
        return await work
