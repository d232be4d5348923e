"""A field nobody reads is said once in the log, by its name alone, however it is spelt and however many there are."""

from __future__ import annotations

import logging
from datetime import datetime

import pytest
from sqlalchemy import Engine

from domain.campaign import Campaign
from domain.records import Parsed
from ingest import drift
from ingest.drift import MOST_NAMES, tell_unread
from ingest.run import run_source
from tests.ingest.scripted import scripted, site


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(drift, "_told", {})
    caplog.set_level(logging.WARNING, logger=drift.__name__)


def test_a_run_says_each_new_field_once_a_source(
    engine: Engine, small_campaign: Campaign, now: datetime, caplog: pytest.LogCaptureFixture
):
    pages = (Parsed(records=(), unread=("channel",)), Parsed(records=(), unread=("channel", "备注")))
    for source in ("bank-a", "bank-b"):
        run_source(scripted(*pages, id=source), site(engine, small_campaign), lambda: now)
    assert caplog.messages == [
        f"source {source}: field {name!r} is read nowhere: only the raw bytes keep it"
        for source in ("bank-a", "bank-b")
        for name in ("channel", "备注")
    ]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\r\n2022 ERROR forged", "'a 2022 ERROR forged'"),
        ("ch\u202eannel\x1b[31m", "'channel[31m'"),
        ("余额13812345678", "'余额[手机号]'"),
        ("x" * 1_000, f"'{'x' * 63}…'"),
    ],
)
def test_a_name_is_hostile_text_too(name: str, shown: str, caplog: pytest.LogCaptureFixture):
    tell_unread("bank-a", [name])
    assert caplog.messages == [f"source bank-a: field {shown} is read nowhere: only the raw bytes keep it"]


def test_names_without_end_fill_neither_the_log_nor_the_memory(caplog: pytest.LogCaptureFixture):
    tell_unread("bank-a", (f"field {n}" for n in range(10 * MOST_NAMES)))
    tell_unread("bank-b", ["channel"])
    assert len(caplog.messages) == MOST_NAMES + 1
    assert len(drift._told["bank-a"]) == MOST_NAMES
