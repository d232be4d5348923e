"""Published papers go out: by mail with the files, to folders whole, to chats in words; at least once, and visibly."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import Connection

from alerts.channel import Channel
from alerts.channels import KINDS
from dashboard.papers.delivering import Delivering, paper_message
from dashboard.papers.papers import Papers
from domain.audit import Action, Doer
from domain.errors import FetchError
from rehearsal.mailbox import Mailbox
from store.engine import read, write
from store.queries.audit import audit_head_of
from store.queries.briefings import Published, paper_file, published
from store.writes.audit import write_audit
from tests.dashboard.conftest import House
from tests.dashboard.test_briefings import COUNTY, MORNING, NOON, ask, claimed, enter

FORMS = ("pdf", "docx", "xlsx", "html", "json")
SECRET = "geheim-b0a7c0de"


class Chat:
    """What a bot was sent. `trouble`: it refuses so."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.trouble: str | None = None

    def post(self, channel: str, url: str, *, content: bytes, headers: object) -> SimpleNamespace:
        if self.trouble:
            raise FetchError(channel, self.trouble)
        self.sent.append(str(json.loads(content)))
        return SimpleNamespace(body=b'{"errcode":0}')


def bot(*papers: str) -> Channel:
    url = f"https://x.example/send?key={SECRET}"
    return KINDS["wecom"].model_validate(
        {"id": "bot", "kind": "wecom", "name": "值班群", "url": url, "papers": papers}
    )


def folder(path: Path, *papers: str) -> Channel:
    return KINDS["folder"].model_validate(
        {"id": "out", "kind": "folder", "name": "报送目录", "path": path, "papers": papers}
    )


def papers(house: House, *channels: Channel, now=MORNING) -> None:
    Papers(house.engine, house.campaign, (), clock=lambda: now, channels=channels).run(lambda conn: None)


def delivering(house: House, *channels: Channel, chat: Chat | None = None, now=MORNING) -> Delivering:
    return Delivering(house.engine, channels, chat or Chat(), clock=lambda: now, base_url="https://q.example")


def free(conn: Connection) -> None:
    pass


def newest(house: House) -> Published:
    with read(house.engine) as conn:
        return published(conn)[0]


def test_a_paper_goes_to_the_folder_whole_and_to_the_chat_in_words_once(house: House, tmp_path: Path):
    claimed(house, 1, 2)
    chat, channels = Chat(), (folder(tmp_path / "out", house.city), bot(house.city))
    papers(house, *channels)
    client = enter(house)
    assert client.get("/briefings").text.count("待发送") == 2
    assert delivering(house, *channels, chat=chat).run(free) == 2
    assert delivering(house, *channels, chat=chat).run(free) == 0
    paper = newest(house)
    names = {f"daily-{house.city}-20221028-1.{form}" for form in FORMS}
    assert {p.name for p in (tmp_path / "out").iterdir()} == names
    with read(house.engine) as conn:
        for form in FORMS:
            kept = paper_file(conn, paper.briefing_id, form)
            assert kept is not None
            assert (tmp_path / "out" / f"daily-{house.city}-20221028-1.{form}").read_bytes() == kept[1]
    (said,) = chat.sent
    assert "领取2张" in said
    assert f"https://q.example/briefings/{paper.briefing_id}.pdf" in said
    page = client.get("/briefings").text
    assert page.count("已送达") == 2
    assert "报送目录：10-29 08:30 已送达" in page


def test_x3_what_goes_with_a_paper_carries_the_head_of_the_audit_log_of_when_it_was_published(house: House):
    """Its readers keep it outside the database. The same words whenever it is sent again, whatever came since."""
    claimed(house, 1)
    early, late = (Doer(name="li", at=MORNING + timedelta(hours=h)) for h in (-1, 1))
    with write(house.engine) as conn:
        write_audit(conn, early, Action.SIGN_OUT)
        number, hashed = audit_head_of(conn)
    channel = bot(house.city)
    papers(house, channel)
    told = []
    for _ in range(2):
        with read(house.engine) as conn:
            told.append(paper_message(conn, newest(house).briefing_id, channel, base_url="https://q.example"))
        with write(house.engine) as conn:
            write_audit(conn, late, Action.SIGN_OUT)
    assert told[0] == told[1]
    assert told[0].body.endswith(f"\n审计日志第 {number} 条 {hashed}")
    assert len(told[0].body.encode()) <= channel.limit_bytes


def test_mail_carries_the_files_and_names_its_recipients(house: House):
    claimed(house, 1)
    with Mailbox().open() as box:
        mail = KINDS["mail"].model_validate(
            {
                "id": "mail", "kind": "mail", "name": "邮件", "host": "127.0.0.1", "port": box.port, "tls": "none",
                "sender": "q@example.gov.cn", "to": ["a@example.gov.cn"], "papers": [house.city],
            }
        )  # fmt: skip
        papers(house, mail)
        assert delivering(house, mail).run(free) == 1
        ((_, letter),) = box.letters
    attached = {
        part.get_filename(): part.get_payload(decode=True) for part in letter.walk() if part.get_filename()
    }
    with read(house.engine) as conn:
        for form in FORMS:
            kept = paper_file(conn, newest(house).briefing_id, form)
            assert kept is not None
            assert attached[f"daily-{house.city}-20221028-1.{form}"] == kept[1]
    assert "a@example.gov.cn：10-29 08:30 已送达" in enter(house).get("/briefings").text


def test_a_channel_gets_the_papers_of_its_divisions_alone(house: House, tmp_path: Path):
    client = enter(house)
    ask(client, COUNTY)
    own, none = folder(tmp_path / "out", COUNTY), bot()
    papers(house, own, none, now=NOON)
    delivering(house, own, none, now=NOON).run(free)
    assert {p.name[:12] for p in (tmp_path / "out").iterdir()} == {f"daily-{COUNTY}"}


def test_what_fails_is_seen_tried_again_and_given_up_after_a_day(house: House):
    claimed(house, 1)
    chat, channel = Chat(), bot(house.city)
    chat.trouble = f"refused: {SECRET}"
    papers(house, channel)
    client = enter(house)
    assert delivering(house, channel, chat=chat).run(free) == 0
    page = client.get("/briefings").text
    assert "重试中：refused" in page
    assert SECRET not in page
    assert delivering(house, channel, chat=chat).run(free) == 0, "not at once again"
    chat.trouble = None
    assert delivering(house, channel, chat=chat, now=MORNING + timedelta(minutes=1)).run(free) == 1
    ask(client, COUNTY)
    both = bot(COUNTY)
    papers(house, both, now=NOON)
    chat.trouble = "refused"
    for hours in (0, 25):
        delivering(house, both, chat=chat, now=NOON + timedelta(hours=hours)).run(free)
    assert "未送达：refused" in client.get("/briefings").text


def test_a_crash_after_sending_sends_the_same_once_more(house: House):
    claimed(house, 1)
    chat, channel = Chat(), bot(house.city)
    papers(house, channel)
    calls = iter((None, RuntimeError))

    def dies_at_the_mark(conn: Connection) -> None:
        failure = next(calls)
        if failure:
            raise failure

    with pytest.raises(RuntimeError):
        delivering(house, channel, chat=chat).run(dies_at_the_mark)
    assert delivering(house, channel, chat=chat).run(free) == 1
    first, again = chat.sent
    assert first == again
