"""The audit log: how long walking a chain of a million entries takes, in how much memory, and what an entry costs.

python -m benchmarks.audit          # 100,000 entries, on SQLite and PostgreSQL
python -m benchmarks.audit --full   # a million: promise X3's sixty seconds
"""

from __future__ import annotations

import gc
import json
import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime, timedelta
from itertools import islice

from sqlalchemy import Connection, Engine, text, update

from benchmarks import stores
from benchmarks.report import Arm, Goal, Report, arguments
from domain.audit import GENESIS, Action, Doer, seal
from domain.audit_chain import Verdict
from store.engine import read, write
from store.queries.audit import verify_audit
from store.schema import audit_head, audit_log, to_micros
from store.writes.audit import write_audit
from store.writes.driver import cursor_of
from tests.postgres import NoPostgres

PROMISED_ROWS, PROMISED_S = 1_000_000, 60.0
WRITES = 500
AT = datetime(2022, 10, 28, 1, 0, tzinfo=UTC)
_COLUMNS = tuple(audit_log.columns.keys())
_AT_ONCE = 20_000


def main(argv: Sequence[str] | None = None) -> int:
    args = arguments("verify and write the audit log", argv)
    rows = PROMISED_ROWS if args.full else PROMISED_ROWS // 10
    report = Report(name="audit", unit="entry")
    arms: dict[str, Arm] = {}
    for name, opened in (("SQLite", stores.sqlite), ("PostgreSQL", stores.postgresql)):
        with suppress(NoPostgres), opened() as fresh:
            arms[name] = _measure(report, name, fresh, rows)
    report.goals = [_goal(name, arms.get(name), rows) for name in ("SQLite", "PostgreSQL")]
    return report.show(as_json=args.json)


def _measure(
    report: Report, name: str, fresh: Callable[[], AbstractContextManager[Engine]], rows: int
) -> Arm:
    with fresh() as engine:
        writing = stores.timed(engine, WRITES, lambda: _write(engine, WRITES))
        with write(engine) as conn:
            _fill(conn, since=WRITES, rows=rows)
        found: list[Verdict] = []
        walking = stores.timed(engine, rows, lambda: found.append(_walk(engine)))
        assert found[0].is_whole, found
        assert found[0].checked == rows, found
        arm = Arm(
            name=f"walk {rows:,} entries, {name}",
            passes=(walking,),
            note=f"{walking.wall_s:.1f} s, the process never above {_peak_mb():.0f} MB",
        )
        report.arms += [Arm(name=f"write one, its own transaction, {name}", passes=(writing,)), arm]
        return arm


def _goal(name: str, arm: Arm | None, rows: int) -> Goal:
    """Extrapolated where fewer were walked: a walk looks at each entry once."""
    value = None if arm is None else arm.wall_us * PROMISED_ROWS / 1e6
    note = "no server" if arm is None else "" if rows == PROMISED_ROWS else f"from {rows:,}"
    what = f"a million entries verified on {name}, s"
    return Goal(id="X3", what=what, value=value, goal=PROMISED_S, stretch=20.0, at_most=True, note=note)


def _walk(engine: Engine) -> Verdict:
    with read(engine) as conn:
        return verify_audit(conn)


def _write(engine: Engine, n: int) -> None:
    for i in range(n):
        with write(engine) as conn:
            doer = Doer(name="wang", role="cyberspace", address="10.20.3.7", at=AT + timedelta(seconds=i))
            write_audit(conn, doer, Action.EXPORT, subject="desk ledger", detail={"form": "csv", "rows": i})


def _fill(conn: Connection, *, since: int, rows: int) -> None:
    """As `write_audit` would, but many at a time."""
    previous = conn.execute(text("SELECT hash FROM audit_head")).scalar_one() if since else GENESIS
    chain = _entries(previous, since, rows)
    while batch := list(islice(chain, _AT_ONCE)):
        _insert(conn, batch)
        previous = batch[-1][-1]
    conn.execute(update(audit_head).values(number=rows, hash=previous))


def _entries(previous: str, since: int, rows: int) -> Iterator[tuple[object, ...]]:
    for number in range(since + 1, rows + 1):
        at_us = to_micros(AT + timedelta(seconds=number))
        detail = json.dumps({"as_of": AT.isoformat(), "form": "csv", "rows": number, "scope": "140400"})
        words = (f"user-{number % 50}", "cyberspace", f"10.20.{number % 250}.7", "export", f"briefing {number}",
                 "done", detail)  # fmt: skip
        sealed = seal(previous, number, at_us, words)
        yield (number, at_us, *words, previous, sealed)
        previous = sealed


def _insert(conn: Connection, batch: Sequence[tuple[object, ...]]) -> None:
    mark = "?" if conn.dialect.name == "sqlite" else "%s"
    statement = f"INSERT INTO audit_log ({', '.join(_COLUMNS)}) VALUES ({', '.join([mark] * len(_COLUMNS))})"
    with cursor_of(conn) as cursor:
        cursor.executemany(statement, batch)


def _peak_mb() -> float:
    gc.collect()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
