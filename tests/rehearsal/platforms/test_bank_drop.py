"""The bank's landing folder: hourly files of the profile, flag last, and everything banks do to files."""

import hashlib
import re
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import pytest
from openpyxl import load_workbook

from domain.campaign import Campaign
from rehearsal.faults import DAMAGE, FILE, Faults
from rehearsal.faults import LEVELS as ALL_LEVELS
from rehearsal.ledger import Happening, Ledger
from rehearsal.platforms.bank_drop import BankDrop

NAME = re.compile(r"ZFXFQ_SP-SD-R_(LQ|HX|TK)_(\d{8})_(\d{3})\.(csv|xlsx)")
FLAG = re.compile(r"rows=(\d+);sum_fen=(\d+);sha256=([0-9a-f]{64})")
LEVELS = {**ALL_LEVELS, "readable": replace(ALL_LEVELS["hard"], file=FILE, seldom=())}


@pytest.fixture
def happenings(small_campaign: Campaign) -> list[Happening]:
    """One county's thousand vouchers, from the thirtieth on."""
    opens = small_campaign.programmes["shangdang"].launch_at
    return [h for h in Ledger(small_campaign, 5).play_until(opens) if h.lot.programme.id == "shangdang"]


@pytest.fixture
def launch(small_campaign: Campaign) -> datetime:
    return small_campaign.programmes["shangdang"].launch_at


def _bank(campaign: Campaign, folder: Path, *, form: str = "csv", level: str = "none") -> BankDrop:
    return BankDrop(campaign, "bank-a", folder=folder, form=form, seed=5, faults=Faults(LEVELS[level], 5))


def _details(folder: Path) -> list[Path]:
    """Flags of files of events; not of 对账 files."""
    return [flag for flag in folder.glob("*.ok") if "_DZ_" not in flag.name]


def _rows(body: bytes, form: str) -> list[list[str]]:
    """Header and what stands between it and the total."""
    if form == "csv":
        text = body.decode("gb18030")
        assert text.count("\n") == text.count("\r\n")
        table = [line.split(",") for line in text.splitlines()]
    else:
        page = load_workbook(BytesIO(body), read_only=True, data_only=True).worksheets[0]
        table = [["" if c is None else str(c) for c in row] for row in page.iter_rows(values_only=True)]
    assert table[0][0].startswith("政府数字消费券")
    assert table[1][0] == "制表单位:银行甲(示例)"
    assert table[2][:4] == ["流水号", "券码", "批次号", "子项目号"]
    assert table[-1][0] == "合计"
    return table[2:-1]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_file_holds_an_hour_of_one_kind_and_its_flag_describes_it(
    small_campaign: Campaign, happenings: list[Happening], launch: datetime, tmp_path: Path, form: str
):
    bank = _bank(small_campaign, tmp_path, form=form)
    bank.take(happenings)
    bank.advance(launch + timedelta(hours=3, minutes=30))
    told: dict[str, list[str]] = {}
    for path in tmp_path.glob(f"*.{form}"):
        assert NAME.fullmatch(path.name)
        flag = FLAG.fullmatch(path.with_suffix(".ok").read_text())
        assert flag
        assert flag[3] == hashlib.sha256(path.read_bytes()).hexdigest()
        header, *rows = _rows(path.read_bytes(), form)
        assert int(flag[1]) == len(rows)
        face = header.index("面额(元)")
        assert int(flag[2]) == sum(round(float(row[face]) * 100) for row in rows)
        told |= {row[0]: row for row in rows}
    assert set(told) == {h.event_no for h in bank.published}
    over = launch.timestamp() + 3 * 3600
    assert set(told) == {h.event_no for h in happenings if h.at < over}
    assert all(told[h.event_no][2] == "shangdang.cat10#R1" for h in bank.published)


def test_an_hour_becomes_known_only_after_it_is_over(
    small_campaign: Campaign, happenings: list[Happening], launch: datetime, tmp_path: Path
):
    bank = _bank(small_campaign, tmp_path)
    bank.take(happenings)
    bank.advance(launch + timedelta(minutes=59))
    assert not list(tmp_path.iterdir())
    assert {h.event_no for h in bank.withheld} == {
        h.event_no for h in happenings if h.at <= launch.timestamp() + 59 * 60
    }
    bank.advance(launch + timedelta(minutes=70))
    assert bank.published


def test_an_hour_without_redemptions_is_reported_by_an_empty_file(
    small_campaign: Campaign, launch: datetime, tmp_path: Path
):
    bank = _bank(small_campaign, tmp_path)
    bank.advance(launch + timedelta(hours=1, minutes=30))
    (flag,) = tmp_path.glob("*.ok")
    assert flag.name.startswith("ZFXFQ_SP-SD-R_HX_")
    assert flag.read_text().startswith("rows=0;sum_fen=0;")
    assert _rows(flag.with_suffix(".csv").read_bytes(), "csv")[1:] == []


def test_the_size_of_the_steps_changes_nothing(
    small_campaign: Campaign, happenings: list[Happening], launch: datetime, tmp_path: Path
):
    for name, minutes in (("one", 720), ("many", 7)):
        bank = _bank(small_campaign, tmp_path / name, level="some")
        bank.take(happenings)
        for n in range(0, 721, minutes):
            bank.advance(launch + timedelta(minutes=n))
    one, many = ({p.name: p.read_bytes() for p in (tmp_path / n).iterdir()} for n in ("one", "many"))
    assert one == many


def test_a_flag_never_stands_beside_a_file_it_does_not_describe(
    small_campaign: Campaign, happenings: list[Happening], launch: datetime, tmp_path: Path
):
    bank = _bank(small_campaign, tmp_path, level="hard")
    bank.take(happenings)
    for n in range(0, 60 * 36, 10):
        bank.advance(launch + timedelta(minutes=n))
        assert not list(tmp_path.glob("*.part"))
        for flag in tmp_path.glob("*.ok"):
            body = flag.with_suffix(".csv").read_bytes()
            assert flag.read_text().endswith(hashlib.sha256(body).hexdigest())


def test_files_come_late_again_grown_overlapping_and_shuffled_and_none_is_lost(
    small_campaign: Campaign, happenings: list[Happening], launch: datetime, tmp_path: Path
):
    bank = _bank(small_campaign, tmp_path, level="readable")
    bank.take(happenings)
    seen: dict[str, list[str]] = {}
    versions: dict[str, set[str]] = {}
    for hour in range(24 * 9):
        bank.advance(launch + timedelta(hours=hour))
        for flag in _details(tmp_path):
            if flag.read_text() in versions.setdefault(flag.name, set()):
                continue
            versions[flag.name].add(flag.read_text())
            for row in _rows(flag.with_suffix(".csv").read_bytes(), "csv")[1:]:
                assert seen.setdefault(row[0], row) == row  # told again, told the same
    assert set(seen) == {h.event_no for h in bank.published}
    missing = {h.event_no for h in bank.withheld}
    until = launch.timestamp() + (24 * 9 - 1) * 3600
    assert set(seen) | missing == {h.event_no for h in happenings if h.at <= until}
    assert max(len(v) for v in versions.values()) == 2
    hits = bank.faults.hits
    assert {f: hits[f] > 0 for f in FILE} == dict.fromkeys(FILE, True)


def test_a_late_file_counts_as_published_only_once_its_flag_stands(
    small_campaign: Campaign, happenings: list[Happening], launch: datetime, tmp_path: Path
):
    bank = BankDrop(
        small_campaign,
        "bank-a",
        folder=tmp_path,
        form="csv",
        seed=5,
        faults=Faults(replace(LEVELS["readable"], file_deck=len(FILE)), 5),
    )
    bank.take(happenings)
    found_late = False
    for minutes in range(0, 60 * 24, 15):
        bank.advance(launch + timedelta(minutes=minutes))
        flagged = {
            row[0]
            for flag in _details(tmp_path)
            for row in _rows(flag.with_suffix(".csv").read_bytes(), "csv")[1:]
        }
        assert flagged == {h.event_no for h in bank.published}
        found_late |= any(h.at < launch.timestamp() + (minutes - 75) * 60 for h in bank.withheld)
    assert found_late


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_after_midnight_a_file_states_what_the_day_came_to_whatever_was_lost(
    small_campaign: Campaign, happenings: list[Happening], launch: datetime, tmp_path: Path, form: str
):
    bank = _bank(small_campaign, tmp_path, form=form)
    bank.take(happenings)
    midnight = launch.replace(hour=0) + timedelta(days=1)
    of_day = [h for h in happenings if h.at < midnight.timestamp()]
    lost = next(h for h in of_day if h.kind == "redemption")
    bank.withhold(lost.event_no)
    bank.advance(midnight + timedelta(minutes=29))
    assert not list(tmp_path.glob("*_DZ_*"))
    bank.advance(midnight + timedelta(minutes=31))
    (flag,) = tmp_path.glob("*_DZ_*.ok")
    body = flag.with_suffix(f".{form}").read_bytes()
    used = [h for h in of_day if h.kind == "redemption"]
    face = sum(h.lot.template.face_fen for h in used)
    assert flag.read_text() == f"rows=1;sum_fen={face};sha256={hashlib.sha256(body).hexdigest()}"
    assert lost.event_no not in {h.event_no for h in bank.published}
    if form == "csv":
        cells = body.decode("gb18030").splitlines()[-1].split(",")
        assert cells[4:6] == [str(len(used)), f"{face / 100:.2f}"]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_file_comes_in_halves_or_unreadable_and_whole_an_hour_or_two_later(
    small_campaign: Campaign, happenings: list[Happening], launch: datetime, tmp_path: Path, form: str
):
    level = replace(LEVELS["hard"], file=DAMAGE, file_deck=len(DAMAGE), seldom=())
    bank = BankDrop(
        small_campaign, "bank-a", folder=tmp_path, form=form, seed=5, faults=Faults(level, 5)
    )  # fmt: skip
    bank.take(happenings)
    halves: dict[str, str] = {}
    unreadable: dict[str, str] = {}
    readable: dict[str, set[str]] = {}
    for minutes in range(0, 60 * 24, 15):
        bank.advance(launch + timedelta(minutes=minutes))
        for path in (p for p in tmp_path.glob(f"*.{form}") if NAME.fullmatch(p.name)):
            body = path.read_bytes()
            digest = hashlib.sha256(body).hexdigest()
            if digest in (halves.get(path.name), unreadable.get(path.name)) or path.name in readable:
                continue
            if not path.with_suffix(".ok").exists():
                halves[path.name] = digest
                continue
            assert path.with_suffix(".ok").read_text().endswith(digest)
            try:
                readable[path.name] = {row[0] for row in _rows(body, form)[1:]}
            except (UnicodeDecodeError, BadZipFile):
                unreadable[path.name] = digest
    assert halves
    assert unreadable
    assert set().union(*readable.values()) == {h.event_no for h in bank.published}
    assert (halves.keys() | unreadable.keys()) - readable.keys() == set(bank.withheld_files)
    assert min(bank.faults.hits[f] for f in DAMAGE) > 0


def test_rows_that_never_happened_stand_in_files_and_are_published_by_none(
    small_campaign: Campaign, happenings: list[Happening], launch: datetime, tmp_path: Path
):
    level = replace(LEVELS["hard"], file_deck=0)
    bank = BankDrop(
        small_campaign, "bank-a", folder=tmp_path, form="csv", seed=5, faults=Faults(level, 5)
    )  # fmt: skip
    bank.take(happenings)
    bank.advance(launch + timedelta(hours=30))
    rows = [
        r
        for path in tmp_path.glob("*.csv")
        if NAME.fullmatch(path.name)
        for r in _rows(path.read_bytes(), "csv")[1:]
    ]
    strays = [row for row in rows if row[0].startswith("X")]
    assert {row[0] for row in rows} - {row[0] for row in strays} == {h.event_no for h in bank.published}
    assert {"SX2022-H2-R", "一百元整"} <= {cell for row in strays for cell in row}
    planned = bank.faults.hits["row_unmapped"] + bank.faults.hits["row_bad_money"]
    assert 2 <= len(strays) <= planned  # some of them in files that come later
    for flag in (f for f in tmp_path.glob("*.ok") if "_DZ_" not in f.name):
        told = FLAG.fullmatch(flag.read_text())
        assert told
        assert int(told[1]) == len(_rows(flag.with_suffix(".csv").read_bytes(), "csv")) - 1


def test_an_hour_without_audits_is_told_where_the_programme_has_any(audited: Campaign, tmp_path: Path):
    bank = _bank(audited, tmp_path)
    bank.advance(audited.programmes["shangdang"].launch_at + timedelta(hours=1, minutes=30))
    names = sorted(path.name[:19] for path in tmp_path.glob("*.ok"))
    assert names == ["ZFXFQ_SP-SD-R_BT_20", "ZFXFQ_SP-SD-R_HX_20"]
