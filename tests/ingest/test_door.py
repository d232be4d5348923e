"""At the door: nobody's name, number or account gets in, and a link stays a link."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

import pytest
from sqlalchemy import Engine, select

from dashboard.privacy.retention import forget
from domain.campaign import Campaign
from domain.records import Parsed, Post, Reject, Ticket
from ingest.door import at_the_door
from ingest.rejects import masked
from ingest.run import run_source
from store import schema
from store.engine import read
from tests.ingest.scripted import Scripted, scripted, site

KEY = b"k" * 32
RAW_KEPT = timedelta(days=90)


def post(**changes: Any) -> Post:
    fields = {"source": "s", "media": "weibo", "external_id": "1", "title": "", "text": "", "url": None,
              "published_at": None}  # fmt: skip
    return Post(**(fields | changes))


class Said(Scripted):
    side: ClassVar[Literal["payment", "opinion"]] = "opinion"


def test_title_and_text_lose_what_leads_to_a_person(now: datetime) -> None:
    kept = at_the_door(post(title="电话13812345678", text="晋D12345 加微信abc12345"), KEY, now)
    assert (kept.title, kept.text) == ("电话[手机号]", "[车牌号] 加微信[微信QQ号]")


def test_so_do_the_columns_of_a_ticket(now: datetime) -> None:
    told = Ticket(
        state=None, told_state="已转13812345678", unit="商务局 13812345678", channel="来电0355-2024567"
    )
    ticket = at_the_door(post(ticket=told), KEY, now).ticket
    assert ticket == Ticket(
        state=None, told_state="已转[手机号]", unit="商务局 [手机号]", channel="来电[手机号]"
    )


def test_an_author_is_a_keyed_hash_and_his_name_before_the_title_goes(now: datetime) -> None:
    kept = at_the_door(post(title="小城市民: 崩了", text="小城市民：崩了", author_ref="小城市民"), KEY, now)
    assert (kept.title, kept.text) == ("崩了", "崩了")
    assert len(kept.author_ref or "") == 64
    assert kept.author_ref == at_the_door(post(author_ref="小城市民"), KEY, now).author_ref
    assert kept.author_ref != at_the_door(post(author_ref="小城市民"), b"x" * 32, now).author_ref
    assert kept.author_ref != at_the_door(post(author_ref="小城市民", media="douyin"), KEY, now).author_ref


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://x.example/a?id=1", "https://x.example/a?id=1"),
        ("https://x.example/a?tel=13812345678", "https://x.example/a"),
        ("https://x.example/13812345678", None),
        ("https://weibo.com/1000000001/MbCdEfGh1", "https://m.weibo.cn/status/MbCdEfGh1"),
        ("https://weibo.com/1000000001/MbCdEfGh1?from=x", "https://m.weibo.cn/status/MbCdEfGh1"),
        ("https://weibo.com/u/1000000001", None),
        ("https://weibo.com/1000000001", None),
        ("https://m.weibo.cn/u/1000000001?jumpfrom=x", None),
        ("https://www.xiaohongshu.com/user/profile/5a00", None),
        ("https://space.bilibili.com/12345", None),
        ("https://www.zhihu.com/people/somebody", None),
        ("https://www.zhihu.com/question/1/answer/2", "https://www.zhihu.com/question/1/answer/2"),
        (
            "https://m.weibo.example/detail/4829123456789012",
            "https://m.weibo.example/detail/4829123456789012",
        ),
    ],
)
def test_a_link_that_carries_a_number_loses_it(now: datetime, url: str, kept: str | None) -> None:
    assert at_the_door(post(url=url), KEY, now).url == kept


def test_an_id_made_of_a_number_tells_the_same_post_and_nothing_else(now: datetime) -> None:
    one, two = (at_the_door(post(external_id=f"1381234567{n}"), KEY, now).external_id for n in (8, 9))
    assert one.startswith("hmac:")
    assert one != two
    assert one == at_the_door(post(external_id="13812345678"), KEY, now).external_id
    assert at_the_door(post(external_id="消费券热搜"), KEY, now).external_id == "消费券热搜"


def test_an_id_that_is_a_link_loses_the_authors_number(now: datetime) -> None:
    kept = at_the_door(post(external_id="https://weibo.com/1000000001/MbCdEfGh1"), KEY, now)
    assert kept.external_id == "https://m.weibo.cn/status/MbCdEfGh1"


def test_a_date_ahead_is_no_date(now: datetime) -> None:
    assert at_the_door(post(published_at=now + timedelta(hours=1)), KEY, now).published_at is None
    assert at_the_door(post(published_at=now), KEY, now).published_at == now


def test_no_table_holds_what_was_masked_and_the_raw_bytes_go_after_ninety_days(
    engine: Engine, small_campaign: Campaign, now: datetime
) -> None:
    secret = "13812345678"
    said = Parsed(
        records=(
            post(title=f"找{secret}", text=secret, author_ref=secret, url=f"https://x.example/?m={secret}"),
        ),
        rejects=(Reject(row="item 2", field="title", reason="no title"),),
    )
    source = Said(**(scripted().model_dump() | {"answers": (said,)}))
    run_source(source, site(engine, small_campaign), lambda: now)
    with read(engine) as conn:
        for table in schema.metadata.tables.values():
            rows = [dict(row._mapping) for row in conn.execute(select(table))]
            assert secret not in json.dumps(rows, default=str, ensure_ascii=False), table.name
    forget(engine, small_campaign, now=now + RAW_KEPT - timedelta(seconds=1), fence=lambda conn: None)
    assert _raw(engine) == 1
    forget(engine, small_campaign, now=now + RAW_KEPT, fence=lambda conn: None)
    assert _raw(engine) == 0
    with read(engine) as conn:
        assert len(conn.execute(select(schema.posts)).all()) == 1


def test_the_raw_bytes_of_money_stay(engine: Engine, small_campaign: Campaign, now: datetime) -> None:
    run_source(scripted(Parsed(records=())), site(engine, small_campaign), lambda: now)
    forget(engine, small_campaign, now=now + timedelta(days=4000), fence=lambda conn: None)
    assert _raw(engine) == 1


def _raw(engine: Engine) -> int:
    with read(engine) as conn:
        return len(conn.execute(select(schema.raw_archive.c.sha256)).all())


def test_a_reject_shows_nobody() -> None:
    shown = masked("13812345678 138 1234 5678 zhang@qq.com 晋D12A45 第3行")
    assert shown == "*******5678 [手机号] [邮箱] [车牌号] 第3行"
