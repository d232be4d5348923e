"""An office's sanction ledger as a file: all of it or nothing, every fault by row and column."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.campaign import Campaign
from domain.errors import ConfigError
from domain.sanctions import Booking
from ingest.sanction_ledger import COLUMNS, read_sanction_ledger

HEAD = ",".join(COLUMNS)
GOOD = "P1,2022-11-20,潞州区,M1,暂扣,2000.00,长商函〔2022〕3号"


def write(folder: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path = folder / "ledger.csv"
    path.write_bytes("\r\n".join(lines).encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_every_line_is_an_entry(tmp_path: Path, small_campaign: Campaign, encoding: str) -> None:
    head = HEAD.replace("金额(元)", "金额（元）")
    back = 'P2,2022年11月21日,city,M2,追回,"1,234.50",通报'
    counter = "P3,2022/11/22,luzhou,M1,暂扣,-0.01,冲正"
    first, second, third = read_sanction_ledger(
        write(tmp_path, head, GOOD, "", back, counter, encoding=encoding), small_campaign
    )
    assert (first.entry_no, first.programme, first.tranche, first.merchant) == ("P1", "luzhou", "T1", "M1")
    assert (first.kind, first.amount_fen, first.document) == (
        Booking.WITHHELD,
        200_000,
        "长商函〔2022〕3号",
    )
    assert first.booked_on == datetime(2022, 11, 19, 16, tzinfo=UTC)
    assert (second.programme, second.kind, second.amount_fen) == ("city", Booking.RECOVERED, 123_450)
    assert third.amount_fen == -1


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("暂扣", "罚款", "类型: none of 暂扣、追回"),
        ("2000.00", "0", "金额\\(元\\): nothing"),
        ("2000.00", "2000.005", "金额\\(元\\): not an amount"),
        ("2000.00", "--1", "金额\\(元\\): "),
        ("2000.00", "", "金额\\(元\\): empty"),
        ("潞州区", "月球", "发放主体: neither id nor name"),
        ("2022-11-20", "2022-11-20 08:00", "日期: a date without a time"),
        ("M1", "", "商户号: "),
        ("P1", "1.2E+19", "凭证号: "),
        ("长商函〔2022〕3号", "", "文号: empty"),
    ],
)
def test_one_wrong_cell_refuses_the_file(
    tmp_path: Path, small_campaign: Campaign, old: str, new: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=f"ledger.csv: row 2: {said}"):
        read_sanction_ledger(write(tmp_path, HEAD, GOOD.replace(old, new, 1)), small_campaign)


def test_a_number_that_stands_twice_refuses_the_file(tmp_path: Path, small_campaign: Campaign) -> None:
    with pytest.raises(ConfigError, match="row 3: 凭证号: stands in row 2 already"):
        read_sanction_ledger(write(tmp_path, HEAD, GOOD, GOOD), small_campaign)


@pytest.mark.parametrize("head", ["", HEAD + ",备注", HEAD.replace(",文号", "")])
def test_a_header_of_other_columns_refuses_the_file(
    tmp_path: Path, small_campaign: Campaign, head: str
) -> None:
    with pytest.raises(ConfigError):
        read_sanction_ledger(write(tmp_path, head), small_campaign)
