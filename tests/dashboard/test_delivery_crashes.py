"""A worker killed at every point of publishing, writing and sending: old or new files, never half; delivered."""

from __future__ import annotations

import multiprocessing
import os
import signal
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from alerts import whole
from alerts.channels import KINDS
from dashboard.papers.delivering import Delivering
from domain.records import Grade
from store import schema
from store.engine import open_store, read, write
from store.queries.briefings import newest_edition, published, receipts
from store.writes.briefings import Paper, publish
from store.writes.deliveries import enqueue_paper
from tests.ingest.dying import die_at

pytestmark = pytest.mark.slow

SCOPE, OLD = "140400", b"old"
FILES = {
    "pdf": b"%PDF" + b"p" * 100_000,
    "docx": b"PKd",
    "xlsx": b"PKx",
    "html": b"<!doctype html>",
    "json": b'{"sections":[{"sentences":["x"]}]}',
}


def name(form: str) -> str:
    return f"daily-{SCOPE}-20221028-1.{form}"


def work(engine: Engine, folder: Path, now: datetime) -> None:
    """Published and sent: what a worker does over and over."""
    day = now.replace(hour=0, minute=0)
    paper = Paper(
        scope=SCOPE, day=day, title="日报", grade=Grade.FLASH, as_of=now, known_by=now, freeze_id="f"
    )  # fmt: skip
    channel = KINDS["folder"].model_validate(
        {"id": "out", "kind": "folder", "name": "报送目录", "path": folder, "papers": [SCOPE]}
    )
    with write(engine) as conn:
        if publish(conn, paper, FILES, by="x", now=now) is not None:
            made = newest_edition(conn, paper.wanted)
            assert made is not None
            enqueue_paper(conn, made.briefing_id, {"out": ("报送目录",)}, now=now)
    http: Any = None
    Delivering(engine, (channel,), http, clock=lambda: now, base_url="https://q.example").run(
        lambda conn: None
    )


def _die(url: str, folder: Path, now: datetime, nth: int, last_words: Path) -> None:
    engine = open_store(url)
    die_at(engine, nth, last_words)

    def stepping(name: str) -> None:
        """Each step of writing a file is a point too."""
        real = getattr(os, name)

        def step(*args: Any) -> Any:
            with engine.connect() as conn:
                conn.exec_driver_sql(f"SELECT 1 /* before: {name} */")
            return real(*args)

        setattr(whole.os, name, step)

    for call in ("fsync", "replace"):
        stepping(call)
    work(engine, folder, now)
    engine.dispose()
    os._exit(0)


def test_killed_anywhere_files_are_old_or_new_and_the_paper_arrives(
    store_url: str, now: datetime, tmp_path: Path
) -> None:
    last_words = tmp_path / "last words"
    points: list[str] = []
    for nth in range(1, 10_000):
        folder = tmp_path / f"out{nth}"
        folder.mkdir()
        for form in FILES:
            (folder / name(form)).write_bytes(OLD)
        child = multiprocessing.get_context("fork").Process(
            target=_die, args=(store_url, folder, now, nth, last_words)
        )
        child.start()
        child.join(timeout=60)
        assert child.exitcode in (0, -signal.SIGKILL)
        for form, body in FILES.items():
            assert (folder / name(form)).read_bytes() in (OLD, body)
        if child.exitcode == 0:
            break
        points.append(last_words.read_text(encoding="utf-8"))
        again = open_store(store_url)
        work(again, folder, now)
        _has_arrived(again, folder, points[-1])
        _empty(again)
        again.dispose()
    assert len(points) >= 20
    for where in (
        "briefings",
        "briefing_files",
        "briefing_deliveries",
        "before: replace",
        "before: fsync",
        "COMMIT",
    ):
        assert any(where in point for point in points), f"no kill at {where}"


def _has_arrived(engine: Engine, folder: Path, point: str) -> None:
    for form, body in FILES.items():
        assert (folder / name(form)).read_bytes() == body, point
    with read(engine) as conn:
        papers = published(conn)
        assert len(papers) == 1, point
        (delivery,) = receipts(conn, papers)[papers[0].briefing_id].deliveries
    assert delivery.sent_at is not None, point


def _empty(engine: Engine) -> None:
    with engine.connect().execution_options(quanqing_write=True) as conn, conn.begin():
        for table in reversed(schema.metadata.sorted_tables):
            conn.execute(table.delete())
