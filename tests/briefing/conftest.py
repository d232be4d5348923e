"""A campaign's second day with every kind of figure, and strangers who write what breaks files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from domain.campaign import Campaign
from domain.records import Kind, Label
from store.engine import open_store, write
from tests.briefing.hostile import HOSTILE
from tests.conftest import DATA
from tests.store.events import OPENING, event
from tests.store.judged import save
from tests.store.posts import post, say, score

AS_OF = (OPENING + timedelta(days=1)).replace(hour=18)
SOURCE = '[[source]]\nid = "forum"\nkind = "rss"\nname = "本地论坛"\nstale_after_s = 900\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path, small_campaign: Campaign) -> Path:
    tmp_path = tmp_path_factory.mktemp("briefing")
    shutil.copy(DATA / "campaign-small.toml", tmp_path / "campaign.toml")
    (tmp_path / "sources.toml").write_text(SOURCE, encoding="utf-8")
    shutil.copy(migrated_sqlite, tmp_path / "quanqing.db")
    return tmp_path


@pytest.fixture(scope="module")
def filled(folder: Path, small_campaign: Campaign) -> Iterator[Engine]:
    engine = open_store(f"sqlite:///{folder / 'quanqing.db'}")
    with write(engine) as conn:
        for programme in ("city", "luzhou"):
            for day in (0, 1):
                made = [
                    event(
                        small_campaign, programme, kind, no + 40 * day,
                        occurred_at=OPENING + timedelta(days=day, minutes=no),
                    )
                    for kind, n in ((Kind.CLAIM, 35), (Kind.REDEMPTION, 12 + 5 * day), (Kind.REFUND, 2))
                    for no in range(1, n + 1)
                ]  # fmt: skip
                save(conn, small_campaign, *made)
        said = [
            (
                post(no, text, published_at=AS_OF - timedelta(hours=2)),
                score(Label.NEGATIVE if no % 3 else None),
            )
            for no, text in enumerate(HOSTILE, start=1)
        ]
        say(conn, *said, now=AS_OF - timedelta(hours=1))
    yield engine
    engine.dispose()
