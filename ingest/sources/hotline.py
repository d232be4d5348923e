"""Tickets of the 12345 hotline and of message boards, as lists somebody exports: CSV or XLSX into a folder."""

from __future__ import annotations

import json
import time
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, PrivateAttr, StringConstraints

from domain.errors import FetchError, ParseError
from domain.records import Parsed, Payload, Post, Ticket
from domain.text import clean_text
from ingest.drop_child import CutOffError, read_workbook
from ingest.drop_folder import Drop, Listed
from ingest.drop_source import MEDIA_TYPE, DropSource, digest, marks_of
from ingest.http import Http
from ingest.tables import MAX_FILE_BYTES, TableError, csv_rows
from ingest.ticket_table import FoundTicket, FoundTickets, TicketTable

QUIET_S = 60.0
Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


class Hotline(DropSource):
    """One office's folder, here (`folder`) or there (`sftp`). `cursor` is the set of files read.

    There is no flag beside these files: one is taken when it looks the same at two looks in a row, or when this
    machine's own clock says that nobody has written for a minute. A ticket's number is its identity: a later list with
    its answer changes its state and makes no second post.
    """

    side: ClassVar[Literal["opinion"]] = "opinion"
    only_pushed: ClassVar[bool] = True  # an untouched folder does not say whether anybody exports

    media: Annotated[str, StringConstraints(min_length=1, max_length=32)] = "12345"
    counties: Annotated[
        dict[str, Code], Field(max_length=200, default_factory=dict)
    ]  # the list's word -> code

    _seen_as: dict[str, tuple[int, float]] = PrivateAttr(default_factory=dict)  # file -> size, mtime

    def fetch(self, http: Http, cursor: str | None) -> Iterator[Payload]:
        """New and replaced files, oldest first. Raises FetchError when the folder is out of reach."""
        with self._drop(http) as drop:
            yield from self._new(drop, set(marks_of(cursor)))

    def _new(self, drop: Drop, seen: set[str]) -> Iterator[Payload]:
        files = sorted((f for f in drop.listing() if _is_list(f.name)), key=lambda f: (f.mtime, f.name))
        seen &= {_mark(file) for file in files}  # what has left the folder need not be remembered
        troubles = []
        for file in files:
            if _mark(file) in seen or not self._is_settled(file):
                continue
            body = drop.read(file.name, MAX_FILE_BYTES) if 0 < file.size <= MAX_FILE_BYTES else None
            if body is None or len(body) != file.size:
                troubles.append(clean_text(file.name)[:80])
                continue
            seen.add(_mark(file))
            yield Payload(
                name=file.name,
                body=body,
                media_type=MEDIA_TYPE[_form(file.name)],
                cursor=json.dumps(sorted(seen), separators=(",", ":")),
            )
        if troubles:
            raise FetchError(self.id, f"cannot be read: {', '.join(troubles)}"[:500], cause="refused")

    def _is_settled(self, file: Listed) -> bool:
        """True from the second look on at which the file has not moved: nobody is writing any more."""
        before, self._seen_as[file.name] = self._seen_as.get(file.name), (file.size, file.mtime)
        here = self.sftp is None and time.time() - file.mtime >= QUIET_S
        return here or before == (file.size, file.mtime)

    def parse(self, payload: Payload) -> Parsed:
        try:
            found = _read(payload)
        except TableError as error:
            raise ParseError(self.id, f"{clean_text(payload.name)[:80]}: {error}") from error
        except CutOffError as error:
            raise FetchError(self.id, f"{clean_text(payload.name)[:80]}: {error}") from error
        codes = {_folded(name): code for name, code in self.counties.items()}
        posts = tuple(self._post(ticket, codes) for ticket in found.tickets)
        return Parsed(records=posts, rejects=found.rejects)

    def _post(self, found: FoundTicket, codes: Mapping[str, str]) -> Post:
        return Post(
            source=self.id,
            media=self.media,
            external_id=found.number,
            title=found.title,
            text="" if found.text == found.title else found.text,
            url=None,
            published_at=found.at,
            author_ref=found.number,  # whoever called is never read; each is a voice, however the office words it
            county_hint=_county(found.county, codes),
            ticket=Ticket(
                state=found.state,
                told_state=found.told_state,
                told_at=found.told_at,
                unit=found.unit or None,
                category=found.category or None,
                channel=found.channel or None,
            ),
        )


def _read(payload: Payload) -> FoundTickets:
    table = TicketTable()
    if _form(payload.name) == "xlsx":
        return read_workbook(table, payload.body)
    table.read(csv_rows(payload.body))
    return table.found()


def _county(told: str, codes: Mapping[str, str]) -> str | None:
    """A code, or a name of the configuration; any other word is unknown and never guessed."""
    folded = _folded(told)
    return folded if folded.isascii() and len(folded) == 6 and folded.isdigit() else codes.get(folded)


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _form(name: str) -> str:
    return name.rpartition(".")[2].lower()


def _is_list(name: str) -> bool:
    """A workbook that is open leaves "~$name.xlsx" beside it; uploads begin with a dot."""
    return _form(name) in MEDIA_TYPE and not name.startswith(("~$", "."))


def _mark(file: Listed) -> str:
    """Name and state: the same name written anew is another mark."""
    return digest(f"{file.name}\n{file.size}\n{file.mtime}")


SOURCE = Hotline
