"""What sources have in common that read files somebody leaves in a folder, here or behind SFTP."""

from __future__ import annotations

import base64
import hashlib
import json
from abc import ABC
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, ValidationInfo, model_validator

from ingest.drop_folder import Drop, LocalDrop
from ingest.drop_sftp import SftpDrop, SftpPlace
from ingest.http import Http
from ingest.source import Source, deployment

MEDIA_TYPE = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class DropSource(Source, ABC):
    """One folder: `folder`, of this machine and absolute or beside `sources.toml`, or `sftp`."""

    folder: Annotated[Path, AfterValidator(lambda folder, info: _absolute(folder, info))] | None = None
    sftp: SftpPlace | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.folder is None) == (self.sftp is None):
            raise ValueError("give either folder or sftp")
        return self

    @contextmanager
    def _drop(self, http: Http) -> Iterator[Drop]:
        """Raises FetchError when it is out of reach."""
        if self.sftp is None:
            yield LocalDrop(self.id, self.folder or Path())
            return
        with SftpDrop(self.id, self.sftp, http) as drop:
            yield drop


def digest(text: str) -> str:
    """Eleven characters, for a cursor."""
    told = hashlib.sha256(text.encode(errors="surrogateescape")).digest()
    return base64.urlsafe_b64encode(told[:8]).decode().rstrip("=")


def marks_of(cursor: str | None) -> list[str]:
    """Nothing, if the cursor is not ours: files are read again then, and what they tell counts once anyway."""
    try:
        marks = json.loads(cursor or "[]")
    except ValueError:
        return []
    return [mark for mark in marks if isinstance(mark, str)] if isinstance(marks, list) else []


def _absolute(folder: Path, info: ValidationInfo) -> Path:
    return deployment(info).folder / folder
