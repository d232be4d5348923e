"""The daily papers as people meet them: asked for, made by the worker, listed, downloaded, and each county its own."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import json
import zipfile
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, delete, select
from starlette.testclient import TestClient

from briefing.checks import CHECKS, Checked
from dashboard.clock import Clock
from dashboard.entry.visitors import DISPLAY_COOKIE, SESSION_COOKIE
from dashboard.papers import papers as worker_papers
from dashboard.papers.paper_tables import tables_archive
from dashboard.papers.paper_times import READY_AT
from dashboard.papers.papers import TIMETABLE, Papers, UnfitPaper
from domain.money import FEN_PER_WAN
from domain.papers import PaperKind
from domain.records import Kind
from domain.terms import business_day_start
from store.engine import read, write
from store.queries.briefings import Published, asked_for, paper_file, published
from store.schema import briefing_files, briefings
from tests.briefing.hostile import HOSTILE
from tests.dashboard.conftest import ADDRESS, House
from tests.store.events import OPENING, event
from tests.store.judged import save

DAY = business_day_start(OPENING)
NOON = OPENING + timedelta(hours=3)
MORNING = DAY + timedelta(days=1, hours=READY_AT.hour, minutes=READY_AT.minute)
COUNTY = "140403"


def enter(house: House, *, county: str | None = None, now: datetime = NOON) -> TestClient:
    name = county or "duty"
    house.add_user(name, role="county" if county else "task-force", county=county)
    app = house.app(Clock.rehearsal(now, speed=0))
    client = TestClient(app, base_url=ADDRESS, follow_redirects=False, raise_server_exceptions=False)
    client.cookies.set(SESSION_COOKIE, house.session(name))
    return client


def ask(client: TestClient, scope: str, day: str = f"{DAY:%Y-%m-%d}"):
    return client.post("/briefings", data={"scope": scope, "day": day}, headers={"origin": ADDRESS})


def work(house: House, now: datetime) -> None:
    Papers(house.engine, house.campaign, (), clock=lambda: now).run(lambda conn: None)


def there(house: House, scope: str | None = None, kind: PaperKind = PaperKind.DAILY) -> list[Published]:
    with read(house.engine) as conn:
        return published(conn, scope=scope, kinds=(kind,))


def claimed(house: House, *numbers: int, now: datetime = NOON) -> None:
    with write(house.engine) as conn:
        save(
            conn, house.campaign, *(event(house.campaign, "luzhou", Kind.CLAIM, n) for n in numbers), now=now
        )


def test_a_paper_asked_for_is_made_listed_and_downloaded_in_every_form(house: House):
    claimed(house, 1, 2)
    client = enter(house)
    assert "还没有发布过专报" in client.get("/briefings").text
    assert ask(client, house.city).headers["location"] == "/briefings"
    assert "正在生成" in client.get("/briefings").text
    work(house, NOON)
    page = client.get("/briefings").text
    assert "第 1 版" in page
    assert "正在生成" not in page
    (paper,) = there(house)
    assert (paper.published_by, paper.as_of) == ("duty", NOON)
    for form, start in (("pdf", b"%PDF"), ("docx", b"PK"), ("xlsx", b"PK"), ("html", b"<!"), ("json", b"{")):
        answer = client.get(f"/briefings/{paper.briefing_id}.{form}")
        assert answer.status_code == 200
        assert answer.content.startswith(start)
        assert answer.headers["content-disposition"].startswith("attachment")
        with read(house.engine) as conn:
            kept = select(briefing_files.c.sha256).where(briefing_files.c.form == form)
            assert conn.scalar(kept) == hashlib.sha256(answer.content).hexdigest()


def test_every_table_is_to_be_had_as_csv(house: House):
    claimed(house, 1, 2)
    client = enter(house)
    ask(client, house.city)
    work(house, NOON)
    (paper,) = there(house)
    answer = client.get(f"/briefings/{paper.briefing_id}.zip")
    assert answer.headers["content-type"] == "application/zip"
    told = json.loads(client.get(f"/briefings/{paper.briefing_id}.json").content)
    tables = [table for section in told["sections"] for table in section["tables"]]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert len(archive.namelist()) == len(tables)
        bodies = [archive.read(name) for name in archive.namelist()]
    assert all(body.startswith(codecs.BOM_UTF8) for body in bodies)
    for body, table in zip(bodies, tables, strict=True):
        heads, *rows = csv.reader(io.StringIO(body.decode("utf-8-sig")))
        assert heads == [column["name"] for column in table["columns"]]
        for cells, row in zip(rows, table["rows"], strict=True):
            for text, cell, column in zip(cells, row["cells"], table["columns"], strict=True):
                if column["kind"] == "wan" and cell is not None:
                    assert round(float(text) * FEN_PER_WAN) == cell
                else:
                    assert text == ("—" if cell is None else str(cell))
    assert "CSV</a>" in client.get("/briefings").text
    assert client.get("/briefings/999.zip").status_code == 404


def test_no_cell_of_a_csv_is_a_formula():
    rows = [{"cells": [text, -5]} for text in HOSTILE]
    columns = [{"name": "表述", "kind": "text"}, {"name": "条", "kind": "count"}]
    table = {"title": "../=网民/表述", "columns": columns, "rows": rows}
    body = json.dumps({"sections": [{"tables": [table]}]}).encode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(tables_archive(body))) as archive:
        (name,) = archive.namelist()
        cells = list(csv.reader(io.StringIO(archive.read(name).decode("utf-8-sig"), newline="")))
    assert "/" not in name
    assert len(cells) == len(HOSTILE) + 1
    assert not any(text.startswith(("=", "+", "-", "@", "\t", "\r")) for text, _ in cells)
    assert {n for _, n in cells[1:]} == {"-5"}


def test_the_timetable_owes_the_citys_paper_of_each_day_that_ended_once(house: House):
    claimed(house, 1)
    work(house, MORNING - timedelta(minutes=1))
    assert there(house) == []
    work(house, MORNING)
    work(house, MORNING + timedelta(minutes=1))
    (paper,) = there(house, house.city)
    assert (paper.scope, paper.day, paper.published_by) == (house.city, DAY, TIMETABLE)
    assert paper.as_of == DAY + timedelta(days=1)


def test_every_county_gets_its_own_from_its_own_launch_on(house: House):
    claimed(house, 1)
    work(house, MORNING)
    assert [(p.scope, p.title) for p in there(house, COUNTY)] == [(COUNTY, "潞州区数字消费券运行日报")]
    assert there(house, "140404") == [], "its programme begins two days later"
    work(house, MORNING + timedelta(days=2))
    assert [p.day for p in there(house, "140404")] == [DAY + timedelta(days=2)]


def test_runs_that_were_missed_are_made_up_for_some_days_and_none_from_before_the_launch(house: House):
    work(house, MORNING + timedelta(days=5))
    assert [p.day for p in there(house, house.city)] == [DAY + timedelta(days=n) for n in (5, 4, 3)]
    with write(house.engine) as conn:
        for table in (briefing_files, briefings):
            conn.execute(delete(table))
    work(house, MORNING)
    assert [p.day for p in there(house, house.city)] == [DAY]


def test_what_came_late_makes_a_new_edition_only_when_asked_for_and_the_first_stays(house: House):
    claimed(house, 1)
    work(house, MORNING)
    first = there(house, house.city)[0]
    with read(house.engine) as conn:
        before = paper_file(conn, first.briefing_id, "json")
    claimed(house, 2, now=MORNING + timedelta(minutes=10))
    client = enter(house, now=MORNING)
    ask(client, house.city)
    work(house, MORNING + timedelta(hours=1))
    newest, again = there(house, house.city)
    assert (newest.edition, again) == (2, first)
    assert newest.title.endswith("日报（更正第1号）")
    ask(client, house.city)
    work(house, MORNING + timedelta(hours=2))
    assert there(house, house.city) == [newest, first], "nothing has changed since"
    with read(house.engine) as conn:
        assert paper_file(conn, first.briefing_id, "json") == before
        told = paper_file(conn, newest.briefing_id, "json")
    assert before is not None
    assert told is not None
    assert json.loads(told[1]) != json.loads(before[1])


def test_a_paper_of_the_afternoon_is_not_the_days(house: House):
    claimed(house, 1)
    ask(enter(house), house.city)
    work(house, NOON)
    work(house, MORNING)
    assert [p.as_of for p in there(house, house.city)] == [DAY + timedelta(days=1), NOON]


def test_a_county_sees_and_asks_for_its_own_papers_alone(house: House):
    own = enter(house, county=COUNTY)
    assert ask(own, house.city).status_code == 422
    assert ask(own, COUNTY).status_code == 303
    ask(enter(house), house.city)
    work(house, NOON)
    city, county = sorted(there(house), key=lambda p: p.scope)
    assert (city.scope, county.scope) == (house.city, COUNTY)
    page = own.get("/briefings").text
    assert f"/briefings/{county.briefing_id}.pdf" in page
    assert f"/briefings/{city.briefing_id}.pdf" not in page
    assert own.get(f"/briefings/{county.briefing_id}.pdf").status_code == 200
    assert own.get(f"/briefings/{city.briefing_id}.pdf").status_code == 404


@pytest.mark.parametrize("day", ["2022-10-27", "2023-01-01", "tomorrow", "", "2022-13-01"])
def test_a_day_that_cannot_be_is_refused_in_words(house: House, day: str):
    answer = ask(enter(house), house.city, day)
    assert answer.status_code == 422
    assert "请选择首发日起" in answer.text
    with read(house.engine) as conn:
        assert asked_for(conn) == []


@pytest.mark.parametrize("path", ["1.exe", "0.pdf", "-1.pdf", "1e3.pdf", "99999999999999999999.pdf", "١.pdf"])
def test_a_paper_that_is_not_there_is_not_found(house: House, path: str):
    assert enter(house).get(f"/briefings/{path}").status_code == 404


def test_screens_and_strangers_do_not_get_in(house: House):
    client = enter(house)
    client.cookies.clear()
    assert client.get("/briefings").headers["location"].startswith("/login?next=/briefings")
    client.cookies.set(DISPLAY_COOKIE, house.display()[0])
    assert client.get("/briefings").status_code == 403


def test_one_paper_that_fails_leaves_the_others_out_and_is_tried_again(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    client = enter(house)
    ask(client, COUNTY)
    ask(client, house.city)
    real = worker_papers.compose_paper

    def broken(conn: Connection, campaign: object, expected: object, scope, **of: object):
        if scope.code == COUNTY:
            raise RuntimeError("no glyph")
        return real(conn, campaign, expected, scope, **of)

    monkeypatch.setattr(worker_papers, "compose_paper", broken)
    with pytest.raises(RuntimeError, match="no glyph"):
        work(house, NOON)
    assert [p.scope for p in there(house)] == [house.city]
    assert "未能发布：潞州区" in client.get("/briefings").text
    monkeypatch.undo()
    work(house, NOON)
    assert {p.scope for p in there(house)} == {house.city, COUNTY}


def test_a_paper_that_does_not_hold_is_told_of_and_not_published(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    client = enter(house)
    ask(client, COUNTY)
    monkeypatch.setattr(worker_papers, "check", lambda *a, **k: Checked(pages=1, troubles=("PDF 有缺字",)))
    with pytest.raises(UnfitPaper):
        work(house, NOON)
    assert there(house) == []
    page = client.get("/briefings").text
    assert "未能发布：潞州区 2022-10-28" in page
    assert "PDF 有缺字" in page
    assert "PDF 有缺字" not in enter(house, county="140404").get("/briefings").text
    monkeypatch.undo()
    work(house, NOON)
    page = client.get("/briefings").text
    assert "未能发布" not in page
    assert "6项通过" in page
    (paper,) = there(house)
    assert (paper.checks, paper.pages) == (CHECKS, 8)
