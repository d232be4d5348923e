"""Registers as offices send them: every form they come in, and one wrong cell refuses the whole file by its name."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from domain.campaign import Campaign
from domain.errors import ConfigError
from domain.register import Basis, SanctionKind
from ingest.register_file import MERCHANT_COLUMNS, SANCTION_COLUMNS, RegisterFile, SanctionFile, read_list

HEAD = ",".join(MERCHANT_COLUMNS)
GOOD = "M1,,惠民超市,140403,零售,入统,,,,"
APPROVED = (
    "`M2,市民付(示例),家家利,140404,catering,申请审核,商审〔2022〕1号,2022年10月20日,2022/10/28,2022-11-30"
)
BANS = ",".join(SANCTION_COLUMNS)
BAN = "M1,bank-a,2022-11-05 12:00,取消资格,长商函〔2022〕3号"


def read_merchants(path: Path, campaign: Campaign) -> RegisterFile:
    found = read_list(path, campaign)
    assert isinstance(found, RegisterFile)
    return found


def read_sanctions(path: Path, campaign: Campaign) -> SanctionFile:
    found = read_list(path, campaign)
    assert isinstance(found, SanctionFile)
    return found


def write(folder: Path, *lines: str, encoding: str = "utf-8", name: str = "merchants.csv") -> Path:
    path = folder / name
    path.write_bytes("\r\n".join(lines).encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_register_is_read_in_every_encoding_it_comes_in(
    tmp_path: Path, small_campaign: Campaign, encoding: str
) -> None:
    path = write(tmp_path, HEAD, GOOD, "", APPROVED, ",,,,,,,,,", encoding=encoding)
    found = read_merchants(path, small_campaign)
    assert found.version == hashlib.sha256(path.read_bytes()).hexdigest()
    first, second = found.merchants
    assert (first.no, first.platform, first.name, first.division, first.sector, first.basis) == (
        "M1", None, "惠民超市", "140403", "retail", Basis.IN_STATISTICS,
    )  # fmt: skip
    assert (first.approval_no, first.approved_on, first.listed_from, first.listed_until) == (None,) * 4
    assert (second.no, second.platform, second.sector, second.basis) == (
        "M2", "city-pay", "catering", Basis.APPROVED,
    )  # fmt: skip
    assert (second.approval_no, second.approved_on) == ("商审〔2022〕1号", date(2022, 10, 20))
    assert second.listed_from == datetime(2022, 10, 27, 16, tzinfo=UTC)
    assert second.listed_until == datetime(2022, 11, 30, 16, tzinfo=UTC)  # the last day is still on the list


def test_columns_may_stand_in_any_order(tmp_path: Path, small_campaign: Campaign) -> None:
    turned = [",".join(reversed(line.split(","))) for line in (HEAD, GOOD)]
    assert read_merchants(write(tmp_path, *turned), small_campaign).merchants[0].no == "M1"


@pytest.mark.parametrize(
    ("line", "where"),
    [
        (",,惠民超市,140403,零售,入统,,,,", "row 3: 商户号: empty"),
        ("4.2E+19,,惠民超市,140403,零售,入统,,,,", "row 3: 商户号: scientific notation"),
        ("M 1,,惠民超市,140403,零售,入统,,,,", "row 3: 商户号: not a number"),
        ("M9,别家,惠民超市,140403,零售,入统,,,,", "row 3: 平台: neither id nor name"),
        ("M9,,,140403,零售,入统,,,,", "row 3: 商户名称: empty"),
        ("M9,,惠民超市,14040,零售,入统,,,,", "row 3: 县区代码: not a six-digit division code"),
        ("M9,,惠民超市,潞州区,零售,入统,,,,", "row 3: 县区代码: not a six-digit division code"),
        ("M9,,惠民超市,140403,烟酒,入统,,,,", "row 3: 行业: neither id nor name"),
        ("M9,,惠民超市,140403,零售,,,,,", "row 3: 入册依据: none of 入统、总部型、申请审核"),
        ("M9,,惠民超市,140403,零售,申请审核,,2022-10-20,,", "row 3: 批准文号: empty"),
        ("M9,,惠民超市,140403,零售,申请审核,1号,,,", "row 3: 批准日期: empty"),
        ("M9,,惠民超市,140403,零售,入统,,,2022-13-01,", "row 3: 入册日期: "),
        ("M9,,惠民超市,140403,零售,入统,,,2022-10-28 09:00,", "row 3: 入册日期: a date without a time"),
        ("M9,,惠民超市,140403,零售,入统,,,2022-10-28,2022-10-27", "row 3: 退出日期: before 入册日期"),
        (f"M9,,{'超' * 201},140403,零售,入统,,,,", "row 3: 商户名称: more than 200 characters"),
        ("M1,,同号,140404,零售,入统,,,,", "row 3: 商户号: stands in row 2 already"),
        ("M1,bank-a,同号,140404,零售,入统,,,,", "row 3: 平台: row 2 has it with and this row without"),
        ("M9", "row 3: 入册依据: none of"),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_named_by_file_row_and_field(
    tmp_path: Path, small_campaign: Campaign, line: str, where: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        read_merchants(write(tmp_path, HEAD, GOOD, line), small_campaign)
    assert str(refused.value).startswith(f"merchants.csv: {where}")


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ((), "merchants.csv: empty"),
        ((HEAD,), "merchants.csv: no merchants"),
        ((HEAD.replace("行业", "行业类别"), GOOD), "header: unknown column '行业类别'"),
        ((HEAD.removesuffix(",退出日期"), GOOD), "header: no column 退出日期"),
        ((f"{HEAD},平台", GOOD), "header: a column stands twice"),
        (("2022年商户名册", HEAD, GOOD), "header: unknown column"),
        (("PK\x03\x04",), "a workbook under a csv name"),
        ((HEAD, '"' + "x" * 200_000), "field larger than field limit"),
    ],
)
def test_what_is_no_register_is_refused_whole(
    tmp_path: Path, small_campaign: Campaign, lines: tuple[str, ...], what: str
) -> None:
    with pytest.raises(ConfigError, match=what):
        read_merchants(write(tmp_path, *lines), small_campaign)


def test_bytes_in_no_encoding_and_no_file_at_all_are_refused(
    tmp_path: Path, small_campaign: Campaign
) -> None:
    path = tmp_path / "merchants.csv"
    path.write_bytes(b"\x81\xff\xff")
    with pytest.raises(ConfigError, match="neither utf-8"):
        read_merchants(path, small_campaign)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_merchants(tmp_path / "gone.csv", small_campaign)


def test_of_many_wrong_rows_the_first_are_told_and_the_rest_counted(
    tmp_path: Path, small_campaign: Campaign
) -> None:
    path = write(tmp_path, HEAD, *(f"M{n},,商户,x,零售,入统,,,," for n in range(50)))
    with pytest.raises(ConfigError) as refused:
        read_merchants(path, small_campaign)
    told = str(refused.value).splitlines()
    assert len(told) == 21
    assert told[-1] == "merchants.csv: and 30 more"


def test_hostile_text_stays_text_without_its_invisible_marks(
    tmp_path: Path, small_campaign: Campaign
) -> None:
    path = write(tmp_path, HEAD, "M1,,<script>\u202e=1+1\x00,140403,零售,入统,,,,")
    assert read_merchants(path, small_campaign).merchants[0].name == "<script>=1+1"


def test_sanctions_hold_from_their_moment_and_an_empty_list_is_one(
    tmp_path: Path, small_campaign: Campaign
) -> None:
    day = "M2,,2022-11-05,失信,名单"
    found = read_sanctions(write(tmp_path, BANS, BAN, day), small_campaign).sanctions
    assert [(s.no, s.platform, s.kind) for s in found] == [
        ("M1", "bank-a", SanctionKind.BANNED),
        ("M2", None, SanctionKind.DISCREDITED),
    ]
    assert [s.starts_at for s in found] == [
        datetime(2022, 11, 5, 4, tzinfo=UTC),
        datetime(2022, 11, 4, 16, tzinfo=UTC),
    ]
    assert read_sanctions(write(tmp_path, BANS), small_campaign).sanctions == ()


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("M1,,,失信,1号", "生效时间: empty"),
        ("M1,,2022-11-05,违规,1号", "类型: none of 失信、取消资格"),
        ("M1,,2022-11-05,失信,", "文号: empty"),
        (BAN, "商户号: stands in row 2 already"),
        (BAN.replace("bank-a", ""), "平台: row 2 has it with and this row without"),
    ],
)
def test_a_wrong_sanction_is_named_too(
    tmp_path: Path, small_campaign: Campaign, line: str, where: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        read_sanctions(write(tmp_path, BANS, BAN, line, name="bans.csv"), small_campaign)
    assert str(refused.value).startswith(f"bans.csv: row 3: {where}")
