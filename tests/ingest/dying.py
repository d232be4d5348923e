"""A process that is killed just before its n-th statement, counted at the driver: nothing gets past it uncounted."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine, event


def die_at(engine: Engine, nth: int, last_words: Path) -> None:
    """From now on: this process is killed before its `nth` statement or commit, which it leaves in `last_words`.

    SQLAlchemy's own events would miss what `store.writes.bulk` gives to the driver directly.
    """
    done = 0

    def step(statement: str) -> None:
        nonlocal done
        done += 1
        if done == nth:
            last_words.write_text(statement, encoding="utf-8")
            os.kill(os.getpid(), signal.SIGKILL)

    def connected(connection: Any, _: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.set_trace_callback(step)  # told of every statement before it runs, COMMIT among them
        else:
            connection.cursor_factory = _counting(step)

    event.listen(engine, "connect", connected)
    if engine.dialect.name == "postgresql":
        event.listen(engine, "commit", lambda _: step("COMMIT"))  # psycopg sends its commits without a cursor


def _counting(step: Callable[[str], None]) -> type[psycopg.Cursor[Any]]:
    class Counting(psycopg.Cursor[Any]):
        def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
            step(str(query))
            return super().execute(query, *args, **kwargs)

        def executemany(self, query: Any, *args: Any, **kwargs: Any) -> None:
            step(str(query))
            super().executemany(query, *args, **kwargs)

        def copy(self, statement: Any, *args: Any, **kwargs: Any) -> Any:
            step(str(statement))
            return super().copy(statement, *args, **kwargs)

    return Counting
