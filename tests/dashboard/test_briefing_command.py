"""`quanqing briefing` against `quanqing totals`."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import openpyxl
import pytest

from briefing.formats import FORMATS
from dashboard.cli import main
from dashboard.settings import read_settings
from domain.campaign import Campaign
from domain.measures import FIGURES
from domain.records import Grade, Kind
from domain.terms import count, wan
from store.engine import open_store, write
from store.writes.ledger import save_batch
from tests.briefing.conftest import AS_OF, filled, folder  # noqa: F401
from tests.store.events import entries, event

DAY = ("--day", "2022-10-29", "--as-of", "2022-10-29T18:00")


@pytest.fixture
def house(filled: object, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: F811
    monkeypatch.chdir(folder)
    monkeypatch.setenv("QUANQING_DATA_DIR", str(folder))
    return folder


def call(capsys: pytest.CaptureFixture[str], *args: str) -> dict:
    capsys.readouterr()
    assert main(args) == 0
    return json.loads(capsys.readouterr().out)


def test_the_paper_equals_the_totals_to_the_fen(house: Path, capsys: pytest.CaptureFixture[str]):
    receipt = call(capsys, "briefing", *DAY, "--out", str(house / "out"))
    told = call(capsys, "totals", "--as-of", DAY[-1], "--json")
    paper = json.loads((house / "out" / "daily-140400-20221029T1800.json").read_text(encoding="utf-8"))
    assert [[f[n] for n in ("programme", *FIGURES)] for f in paper["facts"]] == [
        [row[n] for n in ("programme", *FIGURES)] for row in told["rows"]
    ]
    total = told["total"]
    tables = {t["id"]: t for s in paper["sections"] for t in s["tables"]}
    headline = {row["cells"][0]: row["cells"][1:] for row in tables["headline"]["rows"]}
    assert headline["净核销"] == [total["redeemed_net_count"], total["redeemed_net_fen"]]
    assert headline["直接带动消费"] == [total["orders_count"], total["direct_spend_fen"]]
    said = paper["sections"][0]["sentences"][0]
    assert f"净核销{count(total['redeemed_net_count'])}张、{wan(total['redeemed_net_fen'])}万元" in said
    raw = openpyxl.load_workbook(house / "out" / "daily-140400-20221029T1800.xlsx").worksheets[-1]
    for column, name in enumerate(FIGURES, start=3):
        assert sum(raw.cell(row, column).value for row in range(2, raw.max_row + 1)) == total[name]
    for file in receipt["files"]:
        assert hashlib.sha256((house / "out" / file["file"]).read_bytes()).hexdigest() == file["sha256"]
    assert len(list((house / "out").iterdir())) == len(FORMATS)


def test_a_county_has_its_own_figures_only(house: Path, capsys: pytest.CaptureFixture[str]):
    call(capsys, "briefing", *DAY, "--scope", "140403", "--out", str(house))
    paper = (house / "daily-140403-20221029T1800.json").read_text(encoding="utf-8")
    assert [fact["programme"] for fact in json.loads(paper)["facts"]] == ["luzhou"]
    assert "市本级" not in paper


@pytest.mark.parametrize(
    "args",
    [
        ("--day", "昨天"),
        ("--day", "2022-10-29", "--as-of", "2022-10-30T18:00"),
        ("--day", "2022-10-29", "--scope", "140405"),
    ],
)
def test_what_is_no_day_or_no_scope_is_refused(house: Path, args: tuple[str, ...]):
    assert main(["briefing", *args]) == 2
    assert not (house / "briefings").exists()


def test_midnight_ends_the_day(house: Path, capsys: pytest.CaptureFixture[str]):
    receipt = call(capsys, "briefing", "--day", f"{AS_OF:%Y-%m-%d}", "--out", str(house))
    assert receipt["as_of"] == "2022-10-30T00:00:00+08:00"
    page = (house / "daily-140400-20221030T0000.html").read_text(encoding="utf-8")
    assert "截至10月29日24:00" in page
    assert "（截至2022年10月29日24:00 快报" in page


@pytest.mark.parametrize(
    ("args", "name"),
    [
        (("--kind", "opinion"), "opinion-140400-20221029T1800"),
        (("--kind", "weekly", "--scope", "140403"), "weekly-140403-20221029T1800"),
        (("--kind", "final"), "final-140400-20221029T1800"),
    ],
)
def test_every_kind_is_made_and_its_moment_gives_the_same_files(
    house: Path, capsys: pytest.CaptureFixture[str], args: tuple[str, ...], name: str
):
    first, second = (
        call(capsys, "briefing", *DAY, *args, "--out", str(house / out)) for out in ("once", "twice")
    )
    assert first == second
    assert (house / "once" / f"{name}.pdf").read_bytes() == (house / "twice" / f"{name}.pdf").read_bytes()


@pytest.mark.parametrize("args", [("--kind", "event"), ("--kind", "event", "--alert", "7"), ("--alert", "7")])
def test_an_events_paper_is_of_an_alert_that_is_there(house: Path, args: tuple[str, ...]):
    assert main(["briefing", *DAY, *args]) == 2


def test_a_moment_as_it_is_known_later_can_be_asked_for(house: Path, capsys: pytest.CaptureFixture[str]):
    call(capsys, "briefing", *DAY, "--known-by", "2022-10-30T12:00:01", "--out", str(house / "later"))
    paper = json.loads((house / "later" / "daily-140400-20221029T1800.json").read_text(encoding="utf-8"))
    assert (paper["known_by"], paper["corrects"]) == ("2022-10-30T12:00:01+08:00", 0)


@pytest.mark.parametrize(
    "args",
    [
        ("totals", *DAY[2:], "--json"),
        ("sample", "--seed", "s", *DAY[2:], "--out", "sample.csv", "--json"),
        ("briefing", *DAY, "--out", "out"),
    ],
)
def test_what_is_being_written_as_of_then_is_in_it_as_it_is_ever_after(
    house: Path, capsys: pytest.CaptureFixture[str], small_campaign: Campaign, args: tuple[str, ...]
):
    engine = open_store(read_settings().database_url)
    told = [event(small_campaign, "city", kind, 900) for kind in (Kind.CLAIM, Kind.REDEMPTION)]
    assert main(args) == 0  # what is loaded for it takes longer than the reading
    capsys.readouterr()
    with ThreadPoolExecutor(max_workers=1) as threads:
        with write(engine) as conn:
            batch = entries(small_campaign, *told)
            save_batch(conn, batch, source="t", grade=Grade.FLASH, raw_sha256="0" * 64, now=AS_OF)
            answer = threads.submit(main, args)
            with pytest.raises(TimeoutError):
                answer.result(0.5)
        assert answer.result(30) == 0
    engine.dispose()
    said = capsys.readouterr().out
    assert main(args) == 0
    assert capsys.readouterr().out == said
