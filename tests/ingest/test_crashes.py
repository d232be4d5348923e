"""A process that is killed at the worst moment: nothing is lost, nothing is there twice (promises L1, L2)."""

from __future__ import annotations

import ctypes
import multiprocessing
import random
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from multiprocessing.context import ForkProcess
from multiprocessing.sharedctypes import RawValue
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, func, select

import ingest.run
from domain.campaign import Campaign
from domain.records import Counter, Event, Grade, Kind, Parsed, Payload, Post, Reject, Span
from ingest.admit import admit
from ingest.run import run_source
from ingest.source import Source
from store import schema
from store.engine import open_store, read, write
from store.queries.totals import totals
from store.queries.verify import verify
from store.writes import intake, ledger
from tests.ingest.dying import die_at
from tests.ingest.scripted import scripted, site
from tests.store.events import event as made
from tests.store.test_ledger import some_events

pytestmark = [pytest.mark.slow, pytest.mark.every_form]

Truth = tuple[Any, ...]
Run = Callable[[Engine], None]
_EVERY_ROW_COUNTS = (
    schema.events, schema.counters, schema.quarantine, schema.posts, schema.raw_archive, schema.source_runs,
)  # fmt: skip


def pages(campaign: Campaign, now: datetime, claims: int = 7, size: int = 3) -> tuple[Parsed, ...]:
    """Small pages on which everything is mixed that a payload can hold.

    Claims, redemptions and refunds of every programme; an event that comes twice, one that comes again with
    other content, an amount that comes later; a counter, a post, a sub-project of nobody's, a bad row.
    """
    by_programme = [some_events(campaign, p.id, claims=claims) for p in campaign.programme]
    records: list[Any] = [e for row in zip(*by_programme, strict=True) for e in row]
    used = next(i for i, e in enumerate(records) if e.kind is Kind.REDEMPTION)
    told = records[used]
    records[used] = replace(told, order_fen=None, paid_fen=None)
    records += [told, replace(records[0], voucher_no="V-other")]
    records.insert(7, records[0])
    records.insert(11, replace(records[1], sub_project="nobody's"))
    records.insert(13, _counter(records[0], now))
    records.insert(17, _post(now))
    bad = Reject(row="row 9", field="面额(元)", reason="not money")
    parsed = [
        Parsed(records=tuple(records[i : i + size]), rejects=(bad,) if i == 2 * size else ())
        for i in range(0, len(records), size)
    ]
    told = Span(since=now - timedelta(hours=1), until=now, sub_project=records[0].sub_project)
    return (replace(parsed[0], grade=Grade.DAILY, spans=(told,)), *parsed[1:])


def _counter(claim: Event, now: datetime) -> Counter:
    return Counter(
        platform=claim.platform,
        sub_project=claim.sub_project,
        template=claim.template,
        round_no=claim.round_no,
        kind=Kind.CLAIM,
        value_count=3,
        counted_at=now,
    )


def _post(now: datetime) -> Post:
    return Post(
        source="scripted", media="weibo", external_id="1", title="", text="抢到了", url=None, published_at=now
    )


def picture(engine: Engine, campaign: Campaign, now: datetime) -> Truth:
    """What anybody can see of the store: figures, what `verify` has to say, and how much is kept of what."""
    by = ("programme", "sector", "county")
    with read(engine) as conn:
        figures = [(r.key, r.figures) for r in totals(conn, campaign, by=by, now=now)]
        counts = [_count(conn, table) for table in _EVERY_ROW_COUNTS]
        cursor = conn.execute(select(schema.source_state.c.cursor)).scalar_one_or_none()
        return figures, verify(conn, campaign), counts, cursor


def _count(conn: Connection, table: Any) -> int:
    return int(conn.execute(select(func.count()).select_from(table)).scalar_one())


def undisturbed(run: Run, campaign: Campaign, now: datetime) -> Truth:
    """The picture after a run that nobody killed; it is a good one, or no comparison with it means anything."""
    engine = open_store("sqlite://")
    schema.metadata.create_all(engine)
    run(engine)
    found = picture(engine, campaign, now)
    _, differences, (events, counters, aside, posts, *_), _ = found
    assert differences == []
    assert events > 30
    assert (counters, posts) == (1, 1)
    assert aside == 3  # nobody's sub-project, the bad row, the contradiction
    return found


# ---------------------------------------------------------------- at every statement

WRITTEN = (
    "raw_archive", "events", "superseded", "counters", "counters_newest", "posts", "quarantine",
    "rollup_minute", "rollup_day", "rollup_total",
    "merchants_seen", "feeds", "feed_spans", "source_state", "source_runs",
    "versions", "COMMIT",
)  # fmt: skip
"""What the pages' transactions write: a kill must have landed before each of them."""


def _forked(engine: Engine, target: Callable[..., None], *args: Any) -> ForkProcess:
    """A child, started, with a copy of the engine: no open connection crosses, the statements that were put together
    do, since every child would spend half of its life on them."""
    engine.dispose()
    child = multiprocessing.get_context("fork").Process(target=target, args=(engine, *args))
    child.start()
    return child


def _run_and_die(engine: Engine, run: Run, nth: int, last_words: Path) -> None:
    die_at(engine, nth, last_words)
    run(engine)
    engine.dispose()


def _kill_at_every_point(url: str, run: Run, last_words: Path) -> Iterator[tuple[str, Engine]]:
    """Each point by its statement, with the store as it is after the kill and one run more. It is emptied between."""
    engine = open_store(url)
    for nth in range(1, 10_000):
        child = _forked(engine, _run_and_die, run, nth, last_words)
        child.join(timeout=60)
        assert child.exitcode in (0, -signal.SIGKILL)
        if child.exitcode == 0:  # it got to its end
            return
        run(engine)
        yield last_words.read_text(encoding="utf-8"), engine
        _empty(engine)


def _empty(engine: Engine) -> None:
    with engine.connect().execution_options(quanqing_write=True) as conn, conn.begin():
        for table in reversed(schema.metadata.sorted_tables):
            conn.execute(table.delete())


def test_a_kill_at_any_statement_and_commit_loses_nothing_and_doubles_nothing(
    store_url: str, small_campaign: Campaign, now: datetime, tmp_path: Path
) -> None:
    """Killed at each point of an empty store, and started again at once: the picture of a run nobody disturbed."""
    source = scripted(*pages(small_campaign, now))

    def run(engine: Engine) -> None:
        run_source(source, site(engine, small_campaign), lambda: now)

    truth = undisturbed(run, small_campaign, now)
    before: list[str] = []
    for statement, engine in _kill_at_every_point(store_url, run, tmp_path / "last words"):
        before.append(statement)
        assert picture(engine, small_campaign, now) == truth, f"killed at point {len(before)}: {statement}"
    assert len(before) >= 250, f"only {len(before)} points"
    for name in WRITTEN:
        assert any(name in s and not s.startswith("SELECT") for s in before), f"no kill before {name}"


# ---------------------------------------------------------------- an ingest that is wrong


def _cursor_first(source: Source, payload: Payload, s: Any, clock: Callable[[], datetime]) -> Any:
    """The cursor moves in a transaction of its own, before what it stands for is saved."""
    with write(s.engine) as conn:
        intake.source_succeeded(conn, source.id, cursor=payload.cursor, data_time=None, now=clock())
    return _SAVE_PAYLOAD(source, payload, s, clock)


def _in_three_transactions(source: Source, payload: Payload, s: Any, clock: Callable[[], datetime]) -> Any:
    """Events, then roll-ups, then the cursor: what a tired programmer would call the same."""
    now, parsed, real = clock(), source.parse(payload), ledger.move_rollups
    moved: list[Any] = []
    ledger.move_rollups = lambda conn, new, done: moved.append((new, done))  # type: ignore[assignment]
    try:
        with write(s.engine) as conn:
            events = [r for r in parsed.records if isinstance(r, Event)]
            admitted = admit(s.campaign, events).entries
            ledger.save_batch(
                conn, admitted, source=source.id, grade=Grade.FLASH, raw_sha256="0" * 64, now=now
            )
    finally:
        ledger.move_rollups = real
    with write(s.engine) as conn:
        for new, done in moved:
            real(conn, new, done)
    with write(s.engine) as conn:
        intake.source_succeeded(conn, source.id, cursor=payload.cursor, data_time=None, now=now)
        return intake.RunRecord(source=source.id, started_at=now, finished_at=now, outcome="ok")


_SAVE_PAYLOAD = ingest.run._save_payload


@pytest.mark.parametrize("broken", [_cursor_first, _in_three_transactions])
def test_an_ingest_in_several_transactions_is_caught(
    broken: Any, small_campaign: Campaign, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Left alone it gives the right figures, so only a kill tells; killed at every point, many of them do."""
    claims_only = tuple(
        Parsed(records=(made(small_campaign, small_campaign.city.id, Kind.CLAIM, n),)) for n in range(3)
    )
    source = scripted(*claims_only)
    monkeypatch.setattr(ingest.run, "_save_payload", broken)

    def run(engine: Engine) -> None:
        run_source(source, site(engine, small_campaign), lambda: now)

    def seen(engine: Engine) -> Any:
        return picture(engine, small_campaign, now)[:2]

    whole = open_store("sqlite://")
    schema.metadata.create_all(whole)
    run(whole)
    url = f"sqlite:///{tmp_path}/broken.sqlite3"
    schema.metadata.create_all(open_store(url))
    points = _kill_at_every_point(url, run, tmp_path / "last words")
    told = [seen(engine) == seen(whole) for _, engine in points]
    assert seen(whole)[1] == []
    assert told.count(False) >= 10, f"{told.count(False)} of {len(told)}"
    assert told[0]  # before its first statement there is nothing to lose


# ---------------------------------------------------------------- at random


def _run_with_a_light(engine: Engine, run: Run, inside: Any) -> None:
    """`inside` is 1 from the begin of a write transaction to the end of its commit, 2 once all is done."""

    def began(conn: Connection) -> None:
        inside.value = int(bool(conn.get_execution_options().get("quanqing_write")))

    def gone(*_: object) -> None:
        inside.value = 0

    event.listen(engine, "begin", began)
    event.listen(engine, "checkin", gone)  # the connection goes back after its commit or rollback
    run(engine)
    inside.value = 2


def test_two_hundred_random_kills_lose_nothing_and_double_nothing(
    store_url: str, small_campaign: Campaign, now: datetime, tmp_path: Path
) -> None:
    """Killed over and over on one store, wherever it happens to be, until it got through; then from the start."""
    source = scripted(*pages(small_campaign, now, claims=30))

    def run(engine: Engine) -> None:
        run_source(source, site(engine, small_campaign), lambda: now)

    truth = undisturbed(run, small_campaign, now)
    store, seed = open_store(store_url), random.randrange(1 << 32)
    dice = random.Random(seed)
    inside = RawValue(ctypes.c_int, 0)  # in shared memory: it outlives whom it tells of
    kills = in_a_write = finished = 0
    while kills < 200 or not finished:  # after the last kill, nobody disturbs the run that remains
        inside.value = 0
        child = _forked(store, _run_with_a_light, run, inside)
        while not inside.value and child.is_alive():
            time.sleep(0.0005)
        if kills < 200:
            time.sleep(dice.uniform(0, 0.1))
            child.kill()
        child.join(timeout=60)
        if inside.value == 2 or child.exitcode == 0:
            finished += 1
            assert picture(store, small_campaign, now) == truth, f"seed {seed}, after {kills} kills"
            _empty(store)
            continue
        kills += 1
        in_a_write += inside.value
    print(f"seed {seed}: {kills} kills, {in_a_write} inside a write, {finished} runs came to their end")
    assert in_a_write >= 60, f"seed {seed}: only {in_a_write} of {kills} inside a write"
