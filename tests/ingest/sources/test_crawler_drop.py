"""A crawler's files: every platform's fields, whole lines only, each line once, and nothing of the people."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from domain.campaign import Campaign
from domain.errors import FetchError, ParseError
from domain.records import Payload, Post
from ingest.crawler_lines import PLATFORMS
from ingest.http import Http
from ingest.parsing import parse_file
from ingest.run import run_source
from ingest.source import Deployment
from ingest.sources import crawler_drop
from ingest.sources.crawler_drop import CrawlerDrop
from rehearsal.feeds.crawler import CONTENTS
from rehearsal.feeds.crawler import CrawlerDrop as Crawler
from rehearsal.scenario import Written
from store import schema
from store.engine import read
from tests.ingest.scripted import site

LINES = (Path(__file__).parents[2] / "data" / "crawler_drop" / "xhs_contents.jsonl").read_bytes()
NOW = datetime(2022, 10, 28, 2, 0, tzinfo=UTC)


def source(folder: Path, **changes: Any) -> CrawlerDrop:
    fields = {"id": "crawled", "kind": "crawler_drop", "name": "采集", "every_s": 60, "stale_after_s": 7200,
              "folder": "data"}  # fmt: skip
    return CrawlerDrop.model_validate(fields | changes, context=Deployment(folder=folder))


def fetched(of: CrawlerDrop, cursor: str | None = None) -> list[Payload]:
    return list(of.fetch(Http(), cursor))


def posts(of: CrawlerDrop, payloads: list[Payload]) -> list[Post]:
    return [r for p in payloads for r in of.parse(p).records if isinstance(r, Post)]


def written(n: int) -> Written:
    return Written(
        source="crawled", external_id=f"w{n:05d}", title=f"标题{n}", text=f"消费券第{n}条",
        published_at=NOW + timedelta(minutes=n),
        label="neg", issue=None, county=None, relevance="campaign",
    )  # fmt: skip


def test_a_line_becomes_a_post_and_the_person_stays_outside() -> None:
    found = source(Path()).parse(
        Payload(name="xhs/search_contents_2022-10-28.jsonl@0", body=LINES, media_type="")
    )
    first, old = (r for r in found.records if isinstance(r, Post))
    assert first == Post(
        source="crawled", media="xiaohongshu", external_id="xhs:635b1c2d0000000012003a4b", title="消费券抢不到",
        text="九点整就没了，电话13812345678找谁？#长治消费券[话题]#",
        url="https://www.xiaohongshu.com/explore/635b1c2d0000000012003a4b",
        published_at=datetime(2022, 10, 28, 1, 2, 3, tzinfo=UTC), author_ref="5f2b8c1d9e",
        likes=12_000, comments=56, reposts=7,
    )  # fmt: skip
    assert (old.text, old.likes, old.url, old.author_ref) == ("", None, None, "5a0000000000000000000001")
    assert old.published_at == first.published_at, "seconds, milliseconds and text are told apart"
    assert [(reject.row, reject.field) for reject in found.rejects] == [
        ("line 2", "title"), ("line 3", "note_id"), ("line 5", "line"), ("line 6", "line"),
    ]  # fmt: skip


@pytest.mark.parametrize("platform", CONTENTS)
def test_every_platform_is_read_in_its_own_fields(tmp_path: Path, platform: str) -> None:
    Crawler([written(n) for n in range(3)], folder=tmp_path / "data", platform=platform).advance(
        NOW + timedelta(minutes=5)
    )
    of = source(tmp_path)
    found = posts(of, fetched(of))
    contents = [post for post in found if post.in_reply_to is None]
    comments = [post for post in found if post.in_reply_to is not None]
    assert [post.external_id for post in contents] == [post.in_reply_to for post in comments]
    assert len(contents) == 3
    for n, post in enumerate(contents):
        assert f"消费券第{n}条" in post.title + post.text
        assert post.published_at == NOW + timedelta(minutes=n)
        assert (post.url or "").startswith("https://")
        assert "visitor" not in (post.url or "")
        assert post.author_ref == f"{n:016x}"
    assert {post.media for post in found} == {of.parse(p).records[0].media for p in fetched(of)}  # type: ignore[union-attr]
    assert all(post.text.startswith("同感") for post in comments)
    counted = [post.likes if post.likes is not None else post.comments for post in contents]
    assert counted == [1, 1, 1]


def test_all_seven_platforms_have_a_writer() -> None:
    assert len(CONTENTS) == len(PLATFORMS) == 7


def test_only_new_and_whole_lines_are_read(tmp_path: Path) -> None:
    crawler = Crawler([written(n) for n in range(4)], folder=tmp_path / "data", platform="xhs")
    of = source(tmp_path)
    crawler.advance(NOW + timedelta(minutes=1))
    crawler.begin_a_line(NOW)
    first = fetched(of)
    assert len(posts(of, first)) == 4
    assert fetched(of, first[-1].cursor) == []
    with (tmp_path / "data/xhs/jsonl/search_contents_2022-10-28.jsonl").open("ab") as file:
        file.write(b'", "title": "x", "time": 1666918923000}\n')
    (rest,) = fetched(of, first[-1].cursor)
    assert [post.external_id for post in posts(of, [rest])] == ["xhs:half"]


def test_a_file_written_anew_is_read_again_and_one_that_is_gone_is_forgotten(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "wb" / "jsonl"
    folder.mkdir(parents=True)
    file = folder / "detail_contents_2022-10-28.jsonl"
    file.write_text(
        '{"note_id": 1, "content": "' + "a" * 300 + '"}\n{"note_id": 2, "content": "b"}\n', encoding="utf-8"
    )
    of = source(tmp_path)
    (first,) = fetched(of)
    file.write_text('{"note_id": 3, "content": "c"}\n', encoding="utf-8")
    (second,) = fetched(of, first.cursor)
    assert [post.external_id for post in posts(of, [second])] == ["wb:3"]
    file.unlink()
    (folder / "search_comments_2022-10-29.jsonl").write_text(
        '{"comment_id": 9, "note_id": 3, "content": "d", "parent_comment_id": "8"}\n', encoding="utf-8"
    )
    (third,) = fetched(of, second.cursor)
    assert list(json.loads(third.cursor or "")) == ["wb/search_comments_2022-10-29.jsonl"]
    assert [(p.external_id, p.in_reply_to) for p in posts(of, [third])] == [("wb:c:9", "wb:c:8")]


def test_a_large_file_comes_in_pieces_and_each_line_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crawler_drop, "CHUNK_BYTES", 4_000)
    Crawler([written(n) for n in range(40)], folder=tmp_path / "data", platform="weibo").advance(
        NOW + timedelta(minutes=39)
    )
    of = source(tmp_path)
    payloads = fetched(of)
    assert len(payloads) > 5
    found = [post.external_id for post in posts(of, payloads) if post.in_reply_to is None]
    assert len(found) == len(set(found)) + 10, "ten were visited a second time"
    assert fetched(of, payloads[2].cursor)[0].name == payloads[3].name


def comments(*texts: str) -> bytes:
    lines = (
        json.dumps({"comment_id": n, "note_id": 1, "content": text}, ensure_ascii=False)
        for n, text in enumerate(texts, start=1)
    )
    return "".join(f"{line}\n" for line in lines).encode()


def test_comments_of_a_picture_alone_take_no_others_along_but_a_field_renamed_does() -> None:
    told = Payload(
        name="wb/search_comments_2022-10-28.jsonl@0",
        body=comments(*[*["没抢到"] * 270, *[""] * 30]),
        media_type="",
    )
    found = parse_file(source(Path()), told)
    assert (len(found.records), len(found.rejects)) == (270, 30)
    with pytest.raises(ParseError, match="30 of 40 rows"):
        parse_file(source(Path()), replace(told, body=comments(*[*["没抢到"] * 10, *[""] * 30])))
    with pytest.raises(ParseError, match="not strict JSON"):
        parse_file(source(Path()), replace(told, body=told.body + b"{\n" * 30))


def test_a_broken_line_takes_no_other_line_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crawler_drop, "CHUNK_BYTES", 4_000)
    folder = tmp_path / "data" / "wb" / "jsonl"
    folder.mkdir(parents=True)
    half_an_emoji = b'{"comment_id": 8, "note_id": 1, "content": "\xf0\x9f\x98"}\n'
    endless = comments("哈" * 3_000)  # cut within a character
    (folder / "search_comments_2022-10-28.jsonl").write_bytes(
        comments("前") + half_an_emoji + comments("", "中") + endless + comments("", "", "后")
    )
    of = source(tmp_path)
    assert [post.text for post in posts(of, fetched(of))] == ["前", "中", "后"]


def test_files_about_people_links_and_other_names_are_never_opened(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "xhs" / "jsonl"
    folder.mkdir(parents=True)
    good = '{"note_id": "1", "title": "x"}\n'
    for name in (
        "search_creators_2022-10-28.jsonl",
        "search_contents_x.jsonl",
        "a.txt",
        "search_contents_2022-10-28.csv",
    ):
        (folder / name).write_text(good, encoding="utf-8")
    (tmp_path / "secret").write_text(good, encoding="utf-8")
    (folder / "search_contents_2022-10-28.jsonl").symlink_to(tmp_path / "secret")
    (tmp_path / "data" / "elsewhere").mkdir()
    assert fetched(source(tmp_path)) == []


def test_a_folder_that_is_not_there_is_a_source_in_trouble(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="cannot be read"):
        fetched(source(tmp_path))


@pytest.mark.parametrize(
    "name", ["x", "../xhs/search_contents_2022-10-28.jsonl@0", "qq/search_contents_2022-10-28.jsonl@0"]
)
def test_a_payload_of_another_name_is_quarantined(name: str) -> None:
    with pytest.raises(ParseError):
        source(Path()).parse(Payload(name=name, body=LINES, media_type=""))


def test_counts_grow_in_the_store_and_an_untouched_folder_is_no_sign_of_life(
    engine: Engine, small_campaign: Campaign, tmp_path: Path
) -> None:
    crawler = Crawler([written(0)], folder=tmp_path / "data", platform="xhs")
    of, where = source(tmp_path), site(engine, small_campaign)
    for minutes in (1, 2, 40):
        crawler.advance(NOW + timedelta(minutes=minutes))
        run_source(of, where, lambda m=minutes: NOW + timedelta(minutes=m))
    with read(engine) as conn:
        rows = conn.execute(
            select(schema.posts.c.external_id, schema.posts.c.likes).order_by(schema.posts.c.post_id)
        ).all()
        alive = (
            conn.execute(select(schema.source_alive.c.since).order_by(schema.source_alive.c.since))
            .scalars()
            .all()
        )
    assert [row.likes for row in rows if ":c:" not in row.external_id] == [11]
    assert alive == [NOW + timedelta(minutes=1), NOW + timedelta(minutes=40)]
