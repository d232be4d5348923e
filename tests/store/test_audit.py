"""The audit log: written with what it proves, without gaps, and broken by whatever is done to it behind its back."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from domain.audit import Action, Anchor, Doer, Outcome, seal
from domain.audit_chain import Tampering, Verdict
from store.engine import read, write
from store.queries.access import find_user
from store.queries.audit import Wanted, audit_entries, audit_head_of, audit_page, hash_of, verify_audit
from store.schema import audit_head, audit_log, to_micros
from store.writes.access import add_user
from store.writes.audit import write_audit

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
WANG = Doer(name="wang", role="cyberspace", address="10.0.0.7", at=AT)
TRIGGERS = {
    "sqlite": ("DROP TRIGGER audit_log_is_never_changed", "DROP TRIGGER audit_log_is_never_deleted"),
    "postgresql": ("ALTER TABLE audit_log DISABLE TRIGGER ALL",),
}
HOSTILE = (
    "\x00\x1b[31m\r\nroot",
    "\ud800\udc00 \udfff",
    "\u202etxt.exe",
    "x" * 100_000,
    "'; DROP TABLE audit_log; --",
)
_TEXTS = ("who", "role", "address", "action", "subject", "outcome", "detail")


def fill(engine: Engine, n: int = 12, *, start: int = 0) -> None:
    with write(engine) as conn:
        for i in range(start, start + n):
            doer = Doer(name="wang", role="cyberspace", address="10.0.0.7", at=AT + timedelta(minutes=i))
            write_audit(conn, doer, Action.EXPORT, subject=f"ledger {i}", detail={"rows": i})


def verdict(engine: Engine, *anchors: Anchor) -> Verdict:
    with read(engine) as conn:
        return verify_audit(conn, anchors)


def anchor(engine: Engine) -> Anchor:
    with read(engine) as conn:
        number, hashed = audit_head_of(conn)
    return Anchor(at=AT + timedelta(minutes=number), number=number, hash=hashed)


def behind_its_back(engine: Engine, change: Callable[[Connection], None]) -> None:
    """As somebody would who may do anything with the database."""
    with write(engine) as conn:
        for statement in TRIGGERS[engine.dialect.name]:
            conn.exec_driver_sql(statement)
        change(conn)


def edit(which: int, **values: object) -> Callable[[Connection], None]:
    return lambda conn: conn.execute(update(audit_log).where(audit_log.c.number == which).values(**values))


def drop(*numbers: int) -> Callable[[Connection], None]:
    return lambda conn: conn.execute(delete(audit_log).where(audit_log.c.number.in_(numbers)))


def renumber(conn: Connection, after: int, by: int) -> None:
    """Move all later entries on or back; in two steps, since each number is there once."""
    moved = audit_log.c.number > after
    conn.execute(update(audit_log).where(moved).values(number=-(audit_log.c.number + by)))
    conn.execute(update(audit_log).where(audit_log.c.number < 0).values(number=-audit_log.c.number))
    conn.execute(update(audit_head).values(number=audit_head.c.number + by))


def sealed_again(conn: Connection, since: int, *, until: int | None = None) -> None:
    """Work the hashes out anew from an entry on, as somebody would who knows how."""
    previous = hash_of(conn, since - 1) or "0" * 64
    rows = conn.execute(
        select(audit_log).where(audit_log.c.number >= since).order_by(audit_log.c.number)
    ).all()
    for row in rows:
        if until is not None and row.number > until:
            return
        words = tuple(getattr(row, name) for name in _TEXTS)
        previous_hash, previous = previous, seal(previous, row.number, to_micros(row.at), words)
        edit(row.number, previous=previous_hash, hash=previous)(conn)
    if until is None:
        conn.execute(update(audit_head).values(hash=previous))


def swap(a: int, b: int) -> Callable[[Connection], None]:
    def change(conn: Connection) -> None:
        for old, new in ((a, -1), (b, a), (-1, b)):
            edit(old, number=new)(conn)

    return change


def put_in(number: int, *, clever: bool) -> Callable[[Connection], None]:
    """An entry nobody wrote, all later ones moved on by one."""

    def change(conn: Connection) -> None:
        renumber(conn, number - 1, 1)
        previous = hash_of(conn, number - 1) or "0" * 64 if clever else "f" * 64
        words = ("li", "audit", "", "export", "nothing", "done", "{}")
        row = dict(zip(_TEXTS, words, strict=True)) | {"number": number, "at": AT, "previous": previous}
        conn.execute(insert(audit_log).values(row | {"hash": seal(previous, number, to_micros(AT), words)}))

    return change


def closed_up(number: int) -> Callable[[Connection], None]:
    def change(conn: Connection) -> None:
        drop(number)(conn)
        renumber(conn, number, -1)

    return change


def rehashed(number: int) -> Callable[[Connection], None]:
    def change(conn: Connection) -> None:
        edit(number, who="li")(conn)
        sealed_again(conn, number, until=number)

    return change


def test_an_entry_says_who_did_what_and_is_chained_to_the_one_before(engine: Engine):
    with write(engine) as conn:
        first = write_audit(
            conn, WANG, Action.ALERT_ACT, subject="alert 3", detail={"note": "核实", "act": "verify"}
        )
        second = write_audit(conn, WANG, Action.DENIED, outcome=Outcome.REFUSED)
    with read(engine) as conn:
        newest, oldest = audit_page(conn, Wanted(), limit=10)
    assert (first, second) == (oldest.number, newest.number) == (1, 2)
    assert (oldest.who, oldest.role, oldest.address, oldest.at) == ("wang", "cyberspace", "10.0.0.7", AT)
    assert oldest.detail == '{"act":"verify","note":"核实"}'
    assert (newest.outcome, newest.previous, oldest.previous) == ("refused", oldest.hash, "0" * 64)
    assert verdict(engine) == Verdict(checked=2, head_hash=newest.hash)


def test_hostile_text_is_kept_as_text_and_the_chain_holds(engine: Engine):
    for hostile in HOSTILE:
        with write(engine) as conn:
            doer = Doer(name=hostile, role=hostile, address=hostile, at=AT)
            write_audit(
                conn, doer, Action.DENIED, subject=hostile, detail={"note": hostile, "many": [1] * 9000}
            )
    with read(engine) as conn:
        kept = audit_page(conn, Wanted(), limit=10)
    assert len(kept) == len(HOSTILE)
    for entry in kept:
        assert not set("\n\x00\x1b\u202e") & set(entry.who + entry.subject)
        assert json.loads(entry.detail)["cut"].startswith('{"many":[1,1')
    assert verdict(engine).is_whole


def test_no_part_can_pass_for_its_neighbour():
    parts = ("ab", "c", "", "", "", "", "")
    assert seal("0", 1, 2, parts) != seal("0", 1, 2, ("a", "bc", "", "", "", "", ""))
    assert seal("0", 1, 2, ("a,1:b", *parts[1:])) != seal("0", 1, 2, ("a", "b", *parts[2:], ""))


def test_what_is_not_a_number_of_json_is_refused(conn: Connection):
    with pytest.raises(ValueError, match="JSON"):
        write_audit(conn, WANG, Action.EXPORT, detail={"rows": float("nan")})


def test_an_act_that_is_rolled_back_leaves_no_entry_and_no_gap(engine: Engine):
    fill(engine, 2)
    with write(engine) as conn:
        write_audit(conn, WANG, Action.EXPORT)
        conn.rollback()
    fill(engine, 1)
    assert verdict(engine).checked == 3


def test_an_act_whose_entry_cannot_be_written_does_not_happen(engine: Engine):
    with write(engine) as conn:
        conn.exec_driver_sql("ALTER TABLE audit_log RENAME TO away")

    def add() -> None:
        with write(engine) as conn:
            add_user(conn, "li", role="audit", county=None, password_hash="x", now=AT)
            write_audit(conn, WANG, Action.USER_ADD, subject="li")

    with pytest.raises(DBAPIError):
        add()
    with read(engine) as conn:
        assert find_user(conn, "li") is None


def test_writers_at_once_leave_one_chain_without_gaps(engine: Engine):
    barrier = threading.Barrier(6)

    def work() -> None:
        barrier.wait()
        for _ in range(10):
            fill(engine, 1)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verdict(engine).checked == 60


@pytest.mark.parametrize(
    "change", [update(audit_log).values(who="li"), delete(audit_log)], ids=["update", "delete"]
)
def test_the_database_itself_refuses_to_change_the_log(engine: Engine, change: object):
    fill(engine, 2)
    with pytest.raises(DBAPIError, match="append-only"), write(engine) as conn:
        conn.execute(change)  # type: ignore[call-overload]
    assert verdict(engine).checked == 2


def at_the_end(conn: Connection) -> None:
    """An entry nobody wrote after the last; the head's own row knows nothing of it."""
    put_in(13, clever=True)(conn)
    conn.execute(update(audit_head).values(number=12))


MATRIX = (
    (edit(5, who="li"), 5, Tampering.EDITED),
    (edit(5, at=AT), 5, Tampering.EDITED),
    (edit(1, detail='{"rows":1}'), 1, Tampering.EDITED),
    (edit(12, outcome="refused"), 12, Tampering.EDITED),
    (edit(5, hash="f" * 64), 5, Tampering.EDITED),
    (rehashed(5), 5, Tampering.EDITED),
    (rehashed(12), 12, Tampering.EDITED),
    (drop(5), 5, Tampering.DELETED),
    (drop(1), 1, Tampering.DELETED),
    (drop(4, 5, 6), 4, Tampering.DELETED),
    (closed_up(5), 5, Tampering.DELETED),
    (put_in(5, clever=False), 5, Tampering.INSERTED),
    (put_in(5, clever=True), 5, Tampering.INSERTED),
    (at_the_end, 13, Tampering.INSERTED),
    (swap(5, 6), 5, Tampering.REORDERED),
    (swap(2, 11), 2, Tampering.REORDERED),
    (drop(12), 12, Tampering.TAIL_CUT),
    (drop(10, 11, 12), 10, Tampering.TAIL_CUT),
)


def test_x3_what_is_done_behind_its_back_is_found(engine: Engine):
    fill(engine)
    with write(engine) as conn:
        for statement in TRIGGERS[engine.dialect.name]:
            conn.exec_driver_sql(statement)
        for case, (change, number, looks_like) in enumerate(MATRIX):
            undone = conn.begin_nested()
            change(conn)
            found = verify_audit(conn)
            undone.rollback()
            assert (found.number, found.looks_like) == (number, looks_like), case
            assert found.checked == number - 1
        assert verify_audit(conn).is_whole


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_x3_what_is_no_text_breaks_the_chain_and_not_the_walk(engine: Engine):
    fill(engine)
    with write(engine) as conn:
        conn.exec_driver_sql(TRIGGERS["sqlite"][0])
        for change in (
            "who = CAST(x'ff' AS TEXT)",
            "at = 'x'",
            "detail = x'00ff'",
            "previous = x'00'",
            "hash = 1.5",
        ):
            undone = conn.begin_nested()
            conn.exec_driver_sql(f"UPDATE audit_log SET {change} WHERE number = 5")
            found = verify_audit(conn)
            undone.rollback()
            assert (found.number, found.looks_like) == (5, Tampering.EDITED), change


def test_x3_a_tail_cut_together_with_its_head_is_found_by_the_anchor(engine: Engine):
    fill(engine)
    anchored = anchor(engine)

    def cut(conn: Connection) -> None:
        drop(11, 12)(conn)
        conn.execute(update(audit_head).values(number=10, hash=hash_of(conn, 10)))

    behind_its_back(engine, cut)
    assert verdict(engine).is_whole  # by itself the chain cannot know
    found = verdict(engine, anchored)
    assert (found.number, found.looks_like) == (11, Tampering.OLD_BACKUP)


def test_x3_a_history_with_all_its_hashes_worked_out_anew_is_found_by_the_anchor(engine: Engine):
    fill(engine, 6)
    first = anchor(engine)
    fill(engine, 6, start=6)
    second = anchor(engine)

    def rewrite(conn: Connection) -> None:
        edit(8, who="li")(conn)
        sealed_again(conn, 8)

    behind_its_back(engine, rewrite)
    assert verdict(engine, first).is_whole
    found = verdict(engine, second, first)
    assert (found.number, found.looks_like, found.after) == (12, Tampering.REWRITTEN, 6)


def test_x3_an_old_backup_is_found_also_once_it_was_carried_on_with(engine: Engine):
    fill(engine, 6)
    with read(engine) as conn:
        kept = [dict(row) for row in conn.execute(select(audit_log)).mappings()]
        head = dict(conn.execute(select(audit_head)).mappings().one())
    fill(engine, 4, start=6)
    anchored = anchor(engine)

    def restore(conn: Connection) -> None:
        conn.execute(delete(audit_log))
        conn.execute(insert(audit_log), kept)
        conn.execute(update(audit_head).values(head))

    behind_its_back(engine, restore)
    found = verdict(engine, anchored)
    assert (found.number, found.looks_like) == (7, Tampering.OLD_BACKUP)
    fill(engine, 6, start=60)
    found = verdict(engine, anchored)
    assert (found.number, found.looks_like) == (10, Tampering.OLD_BACKUP)


def test_entries_are_found_by_who_what_and_when(engine: Engine):
    fill(engine, 6)
    with write(engine) as conn:
        write_audit(conn, Doer(name="li", at=AT + timedelta(days=1)), Action.RERUN, subject="bank-a")
    with read(engine) as conn:
        assert [e.number for e in audit_page(conn, Wanted(who="li"), limit=9)] == [7]
        assert [e.number for e in audit_page(conn, Wanted(action="export"), limit=2, before=5)] == [4, 3]
        late = Wanted(since=AT + timedelta(minutes=5), until=AT + timedelta(days=1))
        assert [e.number for e in audit_entries(conn, late)] == [6]
        assert [e.number for e in audit_entries(conn, Wanted())] == [1, 2, 3, 4, 5, 6, 7]
