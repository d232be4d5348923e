"""The benchmark's own honesty: the chain it makes is one that `write_audit` goes on with."""

from __future__ import annotations

from sqlalchemy import Engine

from benchmarks.audit import _fill, _goal, _walk, _write
from benchmarks.report import Verdict
from store.engine import write


def test_the_chain_made_in_bulk_is_the_one_that_is_written_one_by_one(engine: Engine) -> None:
    _write(engine, 3)
    with write(engine) as conn:
        _fill(conn, since=3, rows=50)
    _write(engine, 2)
    found = _walk(engine)
    assert found.is_whole
    assert found.checked == 52


def test_without_a_server_the_goal_is_skipped_not_met() -> None:
    assert _goal("PostgreSQL", None, 100).verdict is Verdict.SKIPPED
