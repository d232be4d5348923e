"""What is dropped into folders: a crawler's lines and an office's lists, in the shapes their readers know."""

import csv
import io
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from rehearsal.feeds.crawler import CONTENTS, CrawlerDrop
from rehearsal.feeds.hotline import HEADER, Hotline, ticket_no
from rehearsal.feeds.webhook import Vendor
from rehearsal.scenario import Written


def _post(now: datetime, n: int) -> Written:
    return Written(source="s", external_id=f"p{n:05d}", title=f"题{n}", text=f"消费券㐂{n}",
                   published_at=now + timedelta(minutes=n),
                   label="neg", issue=None, county=None, relevance="campaign")  # fmt: skip


@pytest.mark.parametrize("platform", CONTENTS)
def test_a_crawler_writes_a_line_a_post_and_another_when_it_comes_by_again(
    now: datetime, tmp_path: Path, platform: str
):
    crawler = CrawlerDrop([_post(now, n) for n in range(3)], folder=tmp_path, platform=platform)
    for minutes in (0, 1, 1, 40):
        crawler.advance(now + timedelta(minutes=minutes))
    (contents,) = (tmp_path / platform / "jsonl").glob("search_contents_2022-10-28.jsonl")
    lines = [json.loads(line) for line in contents.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == 6
    assert all({"creator_hash", "source_keyword", "last_modify_ts"} <= line.keys() for line in lines)
    comments = (tmp_path / platform / "jsonl" / "search_comments_2022-10-28.jsonl").read_text(
        encoding="utf-8"
    )
    assert len({json.loads(line)["comment_id"] for line in comments.splitlines()}) == 6


@pytest.mark.parametrize(("form", "encoding"), [("csv", "utf-8-sig"), ("csv", "gb18030"), ("xlsx", "")])
def test_an_office_writes_all_its_tickets_with_their_present_state(
    now: datetime, tmp_path: Path, form: str, encoding: str
):
    office = Hotline([_post(now, n) for n in range(3)], folder=tmp_path)
    path = office.export(now + timedelta(hours=4, minutes=1), form=form, encoding=encoding)
    if form == "xlsx":
        rows = [
            [cell or "" for cell in row] for row in load_workbook(path).active.iter_rows(values_only=True)
        ]
    else:
        rows = list(csv.reader(io.StringIO(path.read_bytes().decode(encoding), newline="")))
    assert tuple(rows[1]) == HEADER
    assert [row[1] for row in rows[2:]] == [ticket_no(_post(now, n)) for n in range(3)]
    assert [row[11] for row in rows[2:]] == ["已答复", "已答复", "办理中"]
    assert rows[2][9] == "消费券㐂0"


def test_a_vendor_keeps_what_was_not_answered_and_says_that_it_lives(now: datetime):
    sent: list[tuple[int, bytes]] = []
    answers = [500, 204, 204, 204]

    def send(headers, body: bytes) -> int:
        sent.append((int(headers["X-Timestamp"]), body))
        return answers.pop(0)

    vendor = Vendor([_post(now, n) for n in range(2)], secret=b"s", send=send)
    for minutes in (0, 1, 1, 2):
        vendor.advance(now + timedelta(minutes=minutes))
    assert [len(json.loads(body)) for _, body in sent] == [1, 2, 0]
    assert sent[0][0] < sent[1][0], "sent again it is signed anew"
