from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.bank_table import BankTable
from ingest.drop_child import Reader
from ingest.tables import TableError
from tests.ingest.corpus import xlsx_files
from tests.ingest.corpus.case import FIVE, table
from tests.ingest.payloads import SUB, xlsx_bytes

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
    with pytest.raises(TableError, match="not read within 2 s"):
        reader.read(redemptions(), xlsx_files.hanging())
    with pytest.raises(ProcessLookupError):
        os.kill(hung, 0)
    assert reader.read(redemptions(), GOOD).events == FIVE


def test_a_workbook_that_swells_is_given_up_and_the_next_one_is_read() -> None:
    reader = Reader()  # the real limit: 512 MB
    with pytest.raises(TableError, match=r"memory|broke down"):
        reader.read(redemptions(), xlsx_files.swelling())
    assert reader.read(redemptions(), GOOD).events == FIVE
    reader.stop()


def test_a_child_that_was_killed_between_two_files_is_replaced(reader: Reader) -> None:
    reader.read(redemptions(), GOOD)
    assert reader.child is not None
    reader.child.kill()
    reader.child.wait()
    assert reader.read(redemptions(), GOOD).events == FIVE


def test_a_child_that_dies_over_a_file_is_a_table_error(reader: Reader) -> None:
    reader.read(redemptions(), GOOD)
    os.kill(pid(reader), signal.SIGSTOP)
    killer = threading.Timer(0.2, os.kill, (pid(reader), signal.SIGKILL))
    killer.start()
    with pytest.raises(TableError, match="broke down"):
        reader.read(redemptions(), GOOD)
    killer.join()


def test_the_child_ends_with_its_parent_and_knows_no_secrets(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANK_A_PASSWORD", "s3cret")
    reader.read(redemptions(), GOOD)
    assert reader.child is not None
    assert b"s3cret" not in Path(f"/proc/{pid(reader)}/environ").read_bytes()
    reader.hang_up()
    assert reader.child.wait(5) == 0
