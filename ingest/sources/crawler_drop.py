"""Files a crawler somebody else runs appends to: `<folder>/<platform>/jsonl/search_contents_2022-10-28.jsonl`."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator

from domain.errors import FetchError, ParseError
from domain.records import Parsed, Payload, Post, Reject
from domain.text import decode
from ingest import strict_json
from ingest.crawler_lines import FOLDERS, PLATFORMS, as_comment, as_content
from ingest.http import Http
from ingest.rejects import BadFieldError, reject
from ingest.source import Source, deployment

CHUNK_BYTES = 2_000_000
"""Of one file at a time: the rest is the next payload."""
MAX_FILES = 2_000
_HEAD_BYTES = 256
_FILE = re.compile(
    r"(?:search|detail|creator|homefeed)_(contents|comments)_[0-9]{4}-?[0-9]{2}-?[0-9]{2}\.jsonl"
)
_NAME = re.compile(r"([a-z]+)/(?:[a-z]+)_(contents|comments)_[0-9-]+\.jsonl@[0-9]+")
Names = Literal["xhs", "dy", "ks", "bili", "wb", "tieba", "zhihu"]


class CrawlerDrop(Source):
    """`cursor`: how far each file was read. Only whole lines are read; the last one may still be being written.

    Files about people (`*_creators_*`) are never opened.
    """

    side: ClassVar[Literal["opinion"]] = "opinion"
    only_pushed: ClassVar[bool] = True  # an untouched folder does not say whether anybody is crawling

    folder: Annotated[Path, AfterValidator(lambda folder, info: deployment(info).folder / folder)]
    platforms: tuple[Names, ...] = ("xhs", "dy", "ks", "bili", "wb", "tieba", "zhihu")

    def fetch(self, http: Http, cursor: str | None) -> Iterator[Payload]:
        read = _read_so_far(cursor)
        files = self._files()
        read = {name: place for name, place in read.items() if name in files}
        for name, path in files.items():
            yield from self._new_lines(name, path, read)

    def _files(self) -> dict[str, Path]:
        """Raises FetchError when the folder itself is out of reach."""
        found: dict[str, Path] = {}
        try:
            for folder in sorted(self.folder.iterdir()):
                lines = folder / "jsonl"
                if FOLDERS.get(folder.name) in self.platforms and lines.is_dir() and not lines.is_symlink():
                    names = sorted(name for name in os.listdir(lines) if _FILE.fullmatch(name))
                    found |= {f"{FOLDERS[folder.name]}/{name}": lines / name for name in names}
        except OSError as error:
            raise FetchError(self.id, f"the folder cannot be read: {error.strerror}") from error
        newest_first = sorted(found, key=lambda name: name[-16:], reverse=True)[:MAX_FILES]
        return {name: found[name] for name in sorted(newest_first, key=lambda name: name[-16:])}

    def _new_lines(self, name: str, path: Path, read: dict[str, _Place]) -> Iterator[Payload]:
        while True:
            chunk = _chunk(path, read.get(name))
            if chunk is None:
                return
            read[name] = chunk.place
            told = {known: [place.offset, place.head] for known, place in sorted(read.items())}
            yield Payload(
                name=f"{name}@{chunk.place.offset - len(chunk.body)}",
                body=chunk.body,
                media_type="application/x-ndjson",
                cursor=json.dumps(told, separators=(",", ":")),
            )

    def parse(self, payload: Payload) -> Parsed:
        named = _NAME.fullmatch(payload.name)
        if named is None or named[1] not in PLATFORMS:
            raise ParseError(self.id, f"{payload.name[:80]}: not a file name of a crawler")
        made = as_content if named[2] == "contents" else as_comment
        posts: list[Post] = []
        rejects: list[Reject] = []
        for number, line in enumerate(_lines(payload.body), start=1):
            if not line.strip():
                continue
            try:
                posts.append(made(_object(line), named[1], source=self.id))
            except BadFieldError as error:
                rejects.append(reject(f"line {number}", error))
        return Parsed(records=tuple(posts), rejects=tuple(rejects))


@dataclass(frozen=True, slots=True)
class _Place:
    offset: int
    head: str  # of the first bytes: a file written anew under its old name begins differently


@dataclass(frozen=True, slots=True)
class _Chunk:
    body: bytes
    place: _Place


def _chunk(path: Path, before: _Place | None) -> _Chunk | None:
    """Whole lines from where the last ones ended; None where there are none yet."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            head = file.read(_HEAD_BYTES)
            size = file.seek(0, os.SEEK_END)
            start = 0 if before is None or not _continues(head, before, size) else before.offset
            file.seek(start)
            body = file.read(CHUNK_BYTES)
    except OSError:  # taken away between listing and reading, or a link
        return None
    end = body.rfind(b"\n") + 1
    if end == 0 and len(body) == CHUNK_BYTES:
        end = len(body)  # no line is that long: its parts become rejects, and what follows is read
    if end == 0:
        return None
    return _Chunk(body=body[:end], place=_Place(offset=start + end, head=_digest(head, start + end)))


def _continues(head: bytes, before: _Place, size: int) -> bool:
    return size >= before.offset and before.head == _digest(head, before.offset)


def _digest(head: bytes, offset: int) -> str:
    """Of as much of the head as had been read: what is appended later changes nothing."""
    return hashlib.sha256(head[:offset]).hexdigest()[:12]


def _lines(body: bytes) -> Sequence[str | bytes]:
    """Still as bytes where no encoding fits them all: one broken line must not take the others along."""
    try:
        return decode(body).split("\n")
    except UnicodeDecodeError:
        return body.split(b"\n")


def _object(told: str | bytes) -> dict[str, object]:
    try:
        line = told if isinstance(told, str) else decode(told)
    except UnicodeDecodeError:
        raise BadFieldError("line", "no encoding fits the bytes") from None
    try:
        found = strict_json.loads(line)
    except ValueError as error:
        raise BadFieldError("line", f"not strict JSON: {error}"[:200], line[:200]) from None
    if not isinstance(found, dict):
        raise BadFieldError("line", "no object", line[:200])
    return found


def _read_so_far(cursor: str | None) -> dict[str, _Place]:
    """Nothing, if the cursor is not ours: files are read again then, and posts are stored once anyway."""
    try:
        told = json.loads(cursor or "{}")
    except ValueError:
        return {}
    if not isinstance(told, dict):
        return {}
    return {
        name: _Place(place[0], place[1])
        for name, place in told.items()
        if isinstance(place, list)
        and len(place) == 2
        and isinstance(place[0], int)
        and isinstance(place[1], str)
    }


SOURCE = CrawlerDrop
