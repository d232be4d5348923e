"""Where a bank leaves its files: a folder on this machine, or one behind SFTP. Names, sizes and bytes, nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from domain.errors import FetchError

MAX_NAMES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A plain file of the folder. `mtime` is the writer's clock and only ever compared with itself."""

    name: str
    size: int
    mtime: float


class Drop(Protocol):
    """One look at the folder. Everything raises FetchError when the folder itself is out of reach."""

    def listing(self) -> list[Listed]: ...

    def read(self, name: str, limit: int) -> bytes | None:
        """At most `limit` + 1 bytes; None if this one file cannot be read now."""

    def read_all(self, names: Iterable[str], limit: int) -> dict[str, bytes]:
        """Many small files at once; those that cannot be read now are left out."""


class LocalDrop:
    """A folder of this machine. Links are not followed."""

    def __init__(self, source: str, folder: Path) -> None:
        self._source = source
        self._folder = folder

    def listing(self) -> list[Listed]:
        try:
            found = [_listed(path) for path in self._folder.iterdir()]
        except OSError as error:
            raise FetchError(self._source, f"the folder cannot be read: {error.strerror}") from error
        return not_too_many(self._source, [listed for listed in found if listed is not None])

    def read(self, name: str, limit: int) -> bytes | None:
        try:
            with (self._folder / plain_name(name)).open("rb") as file:
                return file.read(limit + 1)
        except OSError:
            return None

    def read_all(self, names: Iterable[str], limit: int) -> dict[str, bytes]:
        bodies = {name: self.read(name, limit) for name in names}
        return {name: body for name, body in bodies.items() if body is not None}


def not_too_many(source: str, found: list[Listed]) -> list[Listed]:
    """All of them. Raises FetchError for a folder nobody clears: what is left out of it would be money."""
    if len(found) > MAX_NAMES:
        raise FetchError(source, f"more than {MAX_NAMES} files in the folder: move the old ones away")
    return found


def is_plain(name: str) -> bool:
    """A name and no way to somewhere else, whatever the other side calls its files."""
    return name not in ("", ".", "..") and not any(mark in name for mark in "/\\\0")


def plain_name(name: str) -> str:
    if not is_plain(name):
        raise FileNotFoundError(name)
    return name


def _listed(path: Path) -> Listed | None:
    try:
        if path.is_symlink() or not path.is_file():
            return None
        stat = path.stat()
    except OSError:  # taken away between listing and looking
        return None
    return Listed(name=path.name, size=stat.st_size, mtime=stat.st_mtime)
