"""Workbooks are read in a child of its own: what hangs or swells there is killed there (promises F11).

The child stays for the next file, since starting one takes longer than reading an ordinary workbook. It holds no
secrets: its environment is empty. `python -m ingest.drop_child` is the child.
"""

from __future__ import annotations

import hashlib
import json
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import overload

from pydantic import TypeAdapter, ValidationError

from domain.wire import receive, send
from ingest.bank_sheets import BankSheets, Found
from ingest.bank_statement import table_of
from ingest.tables import MAX_FILE_BYTES, TableError, xlsx_sheets
from ingest.ticket_table import FoundTickets, TicketTable

READING_S = 30.0
MEMORY_BYTES = 512_000_000
_RETIRE_BYTES = 200_000_000
"""A child that has swollen beyond this does not stay."""
_MAX_ANSWER_BYTES = 200_000_000
LOOKS = 3
"""So often a file is read whose reading is cut off: once or twice, it may have been this machine's fault."""

_FOUND: TypeAdapter[Found] = TypeAdapter(Found)
_FOUND_TICKETS: TypeAdapter[FoundTickets] = TypeAdapter(FoundTickets)


class CutOffError(Exception):
    """The reading of a file came to no end, which may be no fault of the file: it is to be read again later."""


@overload
def read_workbook(table: BankSheets, body: bytes) -> Found: ...
@overload
def read_workbook(table: TicketTable, body: bytes) -> FoundTickets: ...
def read_workbook(table: BankSheets | TicketTable, body: bytes) -> Found | FoundTickets:
    """What the sheets of an XLSX file hold, read as `table` would. Raises TableError and CutOffError."""
    if len(body) > MAX_FILE_BYTES:
        raise TableError("a workbook over the size limit")
    return _reader.read(table, body)


class Reader:
    """One child, one file at a time. A child that fails is replaced with the next file.

    A file whose reading is cut off for the third time is given up: `CutOffError` before, `TableError` then.
    """

    def __init__(self, *, seconds: float = READING_S, memory_bytes: int = MEMORY_BYTES) -> None:
        self._seconds = seconds
        self._memory_bytes = memory_bytes
        self._lock = threading.Lock()
        self._cut_off: Counter[bytes] = Counter()  # digest of a file -> how often, of those not yet done with
        self.child: subprocess.Popen[bytes] | None = None
        self._wire: socket.socket

    @overload
    def read(self, table: BankSheets, body: bytes) -> Found: ...
    @overload
    def read(self, table: TicketTable, body: bytes) -> FoundTickets: ...
    def read(self, table: BankSheets | TicketTable, body: bytes) -> Found | FoundTickets:
        digest = hashlib.sha256(body).digest()
        with self._lock:
            try:
                status, answer = self._ask(json.dumps(_settings(table)).encode(), body)
            except CutOffError as error:
                self.stop()
                self._cut_off[digest] += 1
                if self._cut_off[digest] < LOOKS:
                    raise
                del self._cut_off[digest]
                raise TableError(f"{error}, at each of {LOOKS} looks") from None
            except BaseException:
                self.stop()
                raise
            del self._cut_off[digest]
            if status != b"stays":
                self.stop()
        return _understood(table, answer)

    def hang_up(self) -> None:
        """The end of the wire is the child's own end; so it is when this process dies."""
        self._wire.close()

    def stop(self) -> None:
        if self.child is not None:
            self.hang_up()
            self.child.kill()
            self.child.wait()
        self.child = None

    def _ask(self, *parts: bytes) -> tuple[bytes, bytes]:
        deadline = time.monotonic() + self._seconds
        try:
            if self.child is None or self.child.poll() is not None:
                self._start()
            for part in parts:
                send(self._wire, part, deadline)
            return self._heard(deadline), self._heard(deadline)
        except TimeoutError:
            raise CutOffError(f"not read within {self._seconds:.0f} s") from None
        except (EOFError, OSError):  # killed, by whom is not known; of its own limits the child tells
            raise CutOffError("its reading broke down") from None

    def _heard(self, deadline: float) -> bytes:
        return receive(self._wire, deadline, most_bytes=_MAX_ANSWER_BYTES)

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self.child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-s", "-m", __name__, str(self._memory_bytes), str(round(self._seconds))],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={"PYTHONPATH": str(Path(__file__).parents[1]), "LANG": "C.UTF-8"},
                start_new_session=True,  # Ctrl-C is for the worker, which then closes the wire
            )
        self._wire = ours


def _settings(table: BankSheets | TicketTable) -> dict[str, str | int]:
    """What the child makes the same table from; none for tickets."""
    if isinstance(table, TicketTable):
        return {}
    return {
        "platform": table.platform,
        "sub_project": table.sub_project,
        "letters": table.letters,
        "revision": table.revision,
    }


def _understood(table: BankSheets | TicketTable, answer: bytes) -> Found | FoundTickets:
    try:
        return (_FOUND_TICKETS if isinstance(table, TicketTable) else _FOUND).validate_json(answer)
    except ValidationError:
        pass
    try:
        raise TableError(str(json.loads(answer)["error"])[:300])
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, TableError):
            raise
        raise TableError("its reading gave nothing usable") from None


# ---------------------------------------------------------------- the child


def _serve(wire: socket.socket, seconds: int) -> None:
    while True:
        try:
            asked, body = receive(wire), receive(wire)
        except (EOFError, OSError):
            return
        signal.alarm(seconds + 5)  # a child whose parent has died ends too, whatever it is doing
        settings = json.loads(asked)
        answer, stays = _answer(table_of(**settings) if settings else TicketTable(), body)
        stays = stays and _held_bytes() < _RETIRE_BYTES
        try:
            for part in (b"stays" if stays else b"leaves", answer):
                send(wire, part, time.monotonic() + seconds)
        except OSError:
            return
        signal.alarm(0)


def _held_bytes() -> int:
    # not getrusage: its maximum starts with what the parent held when it forked
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _answer(table: BankSheets | TicketTable, body: bytes) -> tuple[bytes, bool]:
    try:
        for rows in xlsx_sheets(body):
            table.read(rows)
        if isinstance(table, TicketTable):
            return _FOUND_TICKETS.dump_json(table.found()), True
        return _FOUND.dump_json(table.found()), True
    except TableError as error:
        return json.dumps({"error": str(error)}).encode(), True
    except MemoryError:
        return b'{"error": "a workbook that needs too much memory"}', False


_reader = Reader()

if __name__ == "__main__":
    memory, seconds = (int(word) for word in sys.argv[1:])
    for limited, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        resource.setrlimit(limited, (most, most))
    _serve(socket.socket(fileno=0), seconds)
