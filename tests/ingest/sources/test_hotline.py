"""Tickets: however the office exports them, each is one post, its state goes on, and the citizen stays outside."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import Engine, select

from domain.campaign import Campaign
from domain.errors import FetchError, ParseError
from domain.records import Payload, Post, Ticket, TicketState
from ingest.http import Http
from ingest.run import run_source
from ingest.source import Deployment
from ingest.sources.hotline import Hotline
from rehearsal.feeds.hotline import Hotline as Office
from rehearsal.feeds.hotline import ticket_no
from rehearsal.scenario import Written
from sentiment.grouping import Grouping
from store import schema
from store.engine import read, write
from store.queries.opinion_events import opinion_events
from store.writes.posts import save_scores
from tests.ingest.scripted import site
from tests.store.posts import score

DATA = Path(__file__).parents[2] / "data" / "hotline"
NOW = datetime(2022, 10, 28, 2, 0, tzinfo=UTC)
FILES = ("tickets.gb18030.csv", "tickets.utf-8-bom.csv")


def source(where: Path, **changes: Any) -> Hotline:
    fields = {"id": "hotline", "kind": "hotline", "name": "12345", "every_s": 60, "stale_after_s": 90_000,
              "folder": "drop", "counties": {"潞州区": "140403", "长子县": "140428"}}  # fmt: skip
    return Hotline.model_validate(fields | changes, context=Deployment(folder=where))


def fetched(of: Hotline, cursor: str | None = None) -> list[Payload]:
    return list(of.fetch(Http(), cursor))


def written(n: int) -> Written:
    return Written(
        source="hotline", external_id=f"h{n:05d}", title=f"消费券问题{n}",
        text=f"第{n}件，㐂超市用不了，电话13800001111",
        published_at=NOW + timedelta(hours=n), label="neg", issue=None, county=None, relevance="campaign",
    )  # fmt: skip


@pytest.fixture
def office(tmp_path: Path) -> Office:
    (tmp_path / "drop").mkdir()
    return Office([written(n) for n in range(6)], folder=tmp_path / "drop")


@pytest.mark.parametrize("name", FILES)
def test_a_row_becomes_a_post_with_its_ticket(name: str) -> None:
    found = source(Path()).parse(Payload(name=name, body=(DATA / name).read_bytes(), media_type="text/csv"))
    first, second, third, fourth = (r for r in found.records if isinstance(r, Post))
    assert first == Post(
        source="hotline", media="12345", external_id="CZ20221028000001", title="消费券核销失败",
        text="来电人反映在晋D12345车上领的券用不了，\n要求尽快解决。联系电话13812345678", url=None,
        published_at=datetime(2022, 10, 28, 1, 12, tzinfo=UTC), county_hint="140403", author_ref="CZ20221028000001",
        ticket=Ticket(state=TicketState.HANDLING, told_state="办理中", unit="市商务局", category="商贸消费",
                      channel="电话"),
    )  # fmt: skip
    assert second.ticket is not None
    assert (second.ticket.state, second.ticket.told_at) == (
        TicketState.ANSWERED, datetime(2022, 10, 28, 2, 0, tzinfo=UTC),
    )  # fmt: skip
    assert third.ticket is not None
    assert (third.ticket.state, third.ticket.told_state, third.county_hint) == (None, "转某处", None)
    assert third.published_at == datetime(2022, 10, 28, 1, 40, tzinfo=UTC)
    assert (fourth.external_id, fourth.county_hint, fourth.text) == ("CZ20221028000004", "140429", "")
    assert fourth.published_at == datetime(2022, 10, 28, 1, 36, tzinfo=UTC), "a spreadsheet's day number"
    assert [(reject.row, reject.field) for reject in found.rejects] == [
        ("row 9", "工单编号"), ("row 10", "受理时间"), ("row 11", "诉求内容"),
    ]  # fmt: skip


def test_a_title_that_begins_like_a_note_is_a_ticket_and_a_note_is_none() -> None:
    told = (
        "诉求标题,受理时间,工单编号\n填报信息后领取失败,2022-10-28,T1\n说明书看不懂,2022-10-28,T2\n"
        "合计,,2\n合计:2件,,\n制表人:某,审核:某,2022年\n"
    ).encode()
    found = source(Path()).parse(Payload(name="a.csv", body=told, media_type="text/csv"))
    assert [post.external_id for post in found.records if isinstance(post, Post)] == ["T1", "T2"]
    assert found.rejects == ()


def test_tickets_an_office_words_alike_are_as_many_voices(
    engine: Engine, small_campaign: Campaign, tmp_path: Path
) -> None:
    rows = "".join(f"T{n},2022-10-28 09:0{n},市民反映消费券核销失败，请核实处理\n" for n in range(3))
    (tmp_path / "drop").mkdir()
    list_ = tmp_path / "drop" / "a.csv"
    list_.write_text(f"工单编号,受理时间,诉求内容\n{rows}", encoding="utf-8")
    os.utime(list_, (0, 0))
    run_source(source(tmp_path), site(engine, small_campaign), lambda: NOW)
    with write(engine) as conn:
        ids = conn.scalars(select(schema.posts.c.post_id)).all()
        save_scores(conn, [(post_id, score()) for post_id in ids], now=NOW)
    Grouping(engine, clock=lambda: NOW).run()
    with read(engine) as conn:
        (event,) = opinion_events(conn, since=NOW - timedelta(days=1), until=NOW + timedelta(days=1))
    assert (event.posts_count, event.voices) == (3, 3)


def test_the_citizens_name_and_number_are_never_read() -> None:
    for name in FILES:
        found = source(Path()).parse(Payload(name=name, body=(DATA / name).read_bytes(), media_type=""))
        assert not any(person in repr(found) for person in ("张三", "李四", "王五", "赵六", "0355-2024567"))


@pytest.mark.parametrize(("form", "encoding"), [("csv", "utf-8-sig"), ("csv", "gb18030"), ("xlsx", "")])
def test_every_form_of_the_export_tells_the_same(
    office: Office, tmp_path: Path, form: str, encoding: str
) -> None:
    path = office.export(NOW + timedelta(hours=3), form=form, encoding=encoding)
    found = source(tmp_path).parse(Payload(name=path.name, body=path.read_bytes(), media_type=""))
    posts = [r for r in found.records if isinstance(r, Post)]
    assert [(p.external_id, p.title, p.published_at) for p in posts] == [
        (ticket_no(written(n)), f"消费券问题{n}", written(n).published_at) for n in range(4)
    ]
    assert all("㐂超市" in post.text for post in posts)
    assert found.rejects == ()


def test_a_ticket_is_one_post_whose_state_goes_on(
    engine: Engine, small_campaign: Campaign, office: Office, tmp_path: Path
) -> None:
    of, where = source(tmp_path), site(engine, small_campaign)
    encodings = ("utf-8-sig", "gb18030", "utf-8-sig")
    for hours, encoding in zip((5, 6, 30), encodings, strict=True):
        now = NOW + timedelta(hours=hours)
        office.export(now, encoding=encoding)
        for _ in range(2):
            run_source(of, where, lambda now=now: now)
    with read(engine) as conn:
        posts = conn.execute(select(schema.posts)).all()
        tickets = conn.execute(select(schema.tickets).order_by(schema.tickets.c.post_id)).all()
        runs = conn.execute(select(schema.source_runs).order_by(schema.source_runs.c.run_id)).all()
    assert len(posts) == len(tickets) == 6
    assert [t.state for t in tickets] == ["closed"] * 6
    assert tickets[0].told_at == NOW + timedelta(hours=24)
    assert all("[手机号]" in post.text and "1380000" not in post.text for post in posts)
    assert [(run.rows_in, run.accepted, run.duplicate) for run in runs] == [(6, 6, 0), (6, 0, 6), (6, 0, 6)]


def test_the_same_file_under_another_name_changes_nothing(
    engine: Engine, small_campaign: Campaign, office: Office, tmp_path: Path
) -> None:
    of, where = source(tmp_path), site(engine, small_campaign)
    path = office.export(NOW)
    (tmp_path / "drop" / "copy.csv").write_bytes(path.read_bytes())
    for _ in range(3):
        run_source(of, where, lambda: NOW)
    with read(engine) as conn:
        assert len(conn.execute(select(schema.posts.c.post_id)).all()) == 1


def test_a_file_is_taken_when_it_has_stopped_growing(office: Office, tmp_path: Path) -> None:
    path = office.export(NOW)
    of = source(tmp_path)
    assert fetched(of) == []
    with path.open("ab") as file:
        file.write(b"\r\n")
    assert fetched(of) == []
    (payload,) = fetched(of)
    assert fetched(of, payload.cursor) == []
    os.utime(path, (1, 1))
    assert len(fetched(source(tmp_path), payload.cursor)) == 1, "by this machine's clock it is long finished"


def test_other_files_open_workbooks_and_links_are_left_alone(office: Office, tmp_path: Path) -> None:
    folder = tmp_path / "drop"
    for name in ("~$list.xlsx", ".part.csv", "readme.txt", "list.xls"):
        (folder / name).write_bytes(b"x")
    (folder / "link.csv").symlink_to(DATA / FILES[0])
    of = source(tmp_path)
    fetched(of)
    assert fetched(of) == []


@pytest.mark.parametrize(
    "body",
    [b"", "<html>维护</html>".encode(), "工单编号,备注\r\n1,x\r\n".encode(), b"PK\x03\x04" + bytes(50),
     "工单编号,工单编号,受理时间,诉求内容\r\n1,2,2022-10-28,x\r\n".encode(), b"\xff" * 100],
)  # fmt: skip
def test_a_file_of_another_shape_is_quarantined(body: bytes) -> None:
    for name in ("a.csv", "a.xlsx"):
        with pytest.raises(ParseError):
            source(Path()).parse(Payload(name=name, body=body, media_type=""))


def test_an_empty_file_and_a_folder_that_is_not_there_are_trouble(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="cannot be read"):
        fetched(source(tmp_path))
    (tmp_path / "drop").mkdir()
    (tmp_path / "drop" / "a.csv").touch()
    os.utime(tmp_path / "drop" / "a.csv", (1, 1))
    with pytest.raises(FetchError, match=r"a\.csv"):
        fetched(source(tmp_path))


def test_a_cursor_is_the_files_that_were_read(office: Office, tmp_path: Path) -> None:
    os.utime(office.export(NOW), (1, 1))
    os.utime(office.export(NOW + timedelta(hours=1)), (2, 2))
    one, two = fetched(source(tmp_path))
    assert (len(json.loads(one.cursor or "")), len(json.loads(two.cursor or ""))) == (1, 2)
    assert [p.name for p in fetched(source(tmp_path), one.cursor)] == [two.name]
    assert len(fetched(source(tmp_path), "nonsense")) == 2


def test_a_place_is_a_folder_or_a_server(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="either folder or sftp"):
        source(tmp_path, folder=None)
    with pytest.raises(ValidationError):
        source(tmp_path, counties={"潞州区": "1404"})
