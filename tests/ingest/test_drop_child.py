from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from domain.campaign import Campaign
from domain.errors import FetchError, ParseError
from domain.records import Payload
from ingest import drop_child
from ingest.bank_table import BankTable
from ingest.drop_child import CutOffError, Reader
from ingest.run import run_source
from ingest.source import Source
from ingest.tables import TableError
from tests.ingest.corpus import xlsx_files
from tests.ingest.corpus.case import FIVE, table
from tests.ingest.payloads import NAME, SUB, xlsx_bytes
from tests.ingest.scripted import site
from tests.ingest.sources.test_bank_drop import flag
from tests.ingest.sources.test_bank_drop import source as bank
from tests.ingest.sources.test_hotline import source as hotline

GOOD = xlsx_bytes(table())


def redemptions() -> BankTable:
    return BankTable(platform="bank-a", sub_project=SUB, letters="HX")


@pytest.fixture
def reader() -> Iterator[Reader]:
    found = Reader(seconds=2)
    yield found
    found.stop()


def pid(reader: Reader) -> int:
    assert reader.child is not None
    return reader.child.pid


def test_one_child_reads_file_after_file(reader: Reader) -> None:
    assert reader.read(redemptions(), GOOD).events == FIVE
    first = pid(reader)
    with pytest.raises(TableError, match="not a workbook"):
        reader.read(redemptions(), b"no zip")
    assert reader.read(redemptions(), GOOD).events == FIVE
    assert pid(reader) == first


def test_a_workbook_that_hangs_its_reader_is_given_up_and_the_next_one_is_read(reader: Reader) -> None:
    reader.read(redemptions(), GOOD)
    hung = pid(reader)
    with pytest.raises(CutOffError, match="not read within 2 s"):
        reader.read(redemptions(), xlsx_files.hanging())
    with pytest.raises(ProcessLookupError):
        os.kill(hung, 0)
    assert reader.read(redemptions(), GOOD).events == FIVE


def test_a_workbook_that_swells_is_given_up_and_the_next_one_is_read() -> None:
    reader = Reader()  # the real limit: 512 MB
    with pytest.raises(TableError, match="memory"):
        reader.read(redemptions(), xlsx_files.swelling())
    assert reader.read(redemptions(), GOOD).events == FIVE
    reader.stop()


def test_a_child_that_was_killed_between_two_files_is_replaced(reader: Reader) -> None:
    reader.read(redemptions(), GOOD)
    assert reader.child is not None
    reader.child.kill()
    reader.child.wait()
    assert reader.read(redemptions(), GOOD).events == FIVE


def killed_over(reader: Reader, body: bytes) -> None:
    reader.read(redemptions(), xlsx_bytes(table()[:-1]))  # another file's success is nothing to this one
    os.kill(pid(reader), signal.SIGSTOP)
    killer = threading.Timer(0.2, os.kill, (pid(reader), signal.SIGKILL))
    killer.start()
    try:
        reader.read(redemptions(), body)
    finally:
        killer.join()


def test_a_file_is_given_up_once_its_child_died_over_it_three_times(reader: Reader) -> None:
    for _ in range(2):
        with pytest.raises(CutOffError, match=r"^its reading broke down$"):
            killed_over(reader, GOOD)
    with pytest.raises(TableError, match="broke down, at each of 3 looks"):
        killed_over(reader, GOOD)
    with pytest.raises(CutOffError):  # brought again, it starts anew
        killed_over(reader, GOOD)


def test_a_file_that_was_read_in_between_starts_anew(reader: Reader) -> None:
    for _ in range(2):
        with pytest.raises(CutOffError):
            killed_over(reader, GOOD)
    assert reader.read(redemptions(), GOOD).events == FIVE
    with pytest.raises(CutOffError):
        killed_over(reader, GOOD)


def test_a_machine_that_cannot_start_a_child_now_is_not_the_files_fault(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*args: object, **more: object) -> None:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(subprocess, "Popen", refused)
    with pytest.raises(CutOffError):
        reader.read(redemptions(), GOOD)


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> Reader:
    """As on a machine that has no time for it."""
    found = Reader(seconds=0)
    monkeypatch.setattr(drop_child, "_reader", found)
    return found


@pytest.mark.parametrize("of", [bank("bank-a", form="xlsx"), hotline(Path("/"))], ids=lambda of: of.id)
def test_a_source_sets_a_workbook_aside_at_the_third_look_that_is_cut_off(of: Source, late: Reader) -> None:
    payload = Payload(name=f"{NAME}.xlsx", body=GOOD, media_type="")
    for _ in range(2):
        with pytest.raises(FetchError, match="xlsx: not read within 0 s"):
            of.parse(payload)
    with pytest.raises(ParseError, match="at each of 3 looks"):
        of.parse(payload)


def test_a_workbook_whose_reading_was_cut_off_is_read_at_the_next_look(
    engine: Engine, small_campaign: Campaign, now: datetime, tmp_path: Path, late: Reader, reader: Reader,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    (tmp_path / f"{NAME}.xlsx").write_bytes(GOOD)
    (tmp_path / f"{NAME}.ok").write_text(flag(GOOD))
    of = bank(tmp_path, form="xlsx")
    first = run_source(of, site(engine, small_campaign), lambda: now)
    assert (first.payloads, first.trouble) == (0, f"{NAME}.xlsx: not read within 0 s")
    monkeypatch.setattr(drop_child, "_reader", reader)
    second = run_source(of, site(engine, small_campaign), lambda: now)
    assert (second.payloads, second.accepted + second.quarantined) == (1, 5)


def test_the_child_ends_with_its_parent_and_knows_no_secrets(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANK_A_PASSWORD", "s3cret")
    reader.read(redemptions(), GOOD)
    assert reader.child is not None
    assert b"s3cret" not in Path(f"/proc/{pid(reader)}/environ").read_bytes()
    reader.hang_up()
    assert reader.child.wait(5) == 0
