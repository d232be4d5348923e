"""Red lines: what crosses one, and what only sounds as if it did."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from alerts.finding import Finding
from alerts.parameters import Parameters
from alerts.red_lines import deidentified
from alerts.rules import red_line
from alerts.watch import watch
from domain.campaign import Campaign
from domain.readings import Health, Level
from domain.records import Label
from domain.voiced import VoicedPost
from store import schema
from store.engine import read, write
from store.queries.sources import Expected
from store.writes.intake import source_succeeded
from tests.alerts.windows import feed, voiced, window
from tests.store.posts import post, say, score

MINUTE = timedelta(minutes=1)


def found(campaign: Campaign, now: datetime, *posts: VoicedPost) -> list[Finding]:
    return list(red_line.findings(window(campaign, now, voiced=posts)))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("东街那家烟酒店能拿消费券套现，老板当场返你一半", "cash_out"),
        ("规定写着不得倒卖，但黄牛在群里照样六折出消费券", "scalper"),
        ("黄牛高价倒卖消费券没人管吗？", "scalper"),
        ("我妈点了领消费券的短信链接，被骗三千", "scam"),
        ("超市门口为领消费券挤倒了两个老人", "crowd"),
        ("领个消费券银行非要我先开户才给", "forced_account"),
    ],
)
def test_a_post_that_tells_of_it_crosses_the_line(
    campaign: Campaign, now: datetime, text: str, line: str
) -> None:
    (one,) = found(campaign, now, voiced(1, now, text))
    assert (one.subject, one.level, one.county) == (f"140403/{line}", Level.YELLOW, "140403")
    assert (one.evidence, one.evidence_count, one.sources) == (("1",), 1, ("forum",))
    assert any(reason.startswith("原话：") and reason[3:9] in text for reason in one.reasons)
    assert one.reasons[-1] == "线索待核实，不作结论"


@pytest.mark.parametrize(
    "text",
    [
        "关于严厉打击消费券套现行为的公告：商户返现一律取消资格",
        "警方提醒市民警惕假冒消费券短信，点链接填银行卡密码就可能被骗",
        "活动规则：商户与中介套现、虚假交易的，追回资金",
        "海报上写着“严查商户用消费券套现，返现一律取消资格”",
        "请问消费券找老板套现算违法吗？",
        "今天超市门口排队领券，没有踩踏，也没人插队",
        "这次领券没见黄牛，群里也没人卖",
        "担心商场门口领券发生踩踏",
        "市场监管局查处三家刷单套券商户，对老板作出处罚",
        "商场为领券做踩踏应急预案，保安现场演练",
        "如果银行非要开户才给券，我就不领了",
        "黄牛",
        "消费券诈骗",
        "网点并没有强制开户，领券很顺",
        "三秒就空了，八成是黄牛在收券",  # a guess at why one got none is no deed that somebody saw
        "怀疑有人用外挂，一张都没轮到我",
        "全进了黄牛口袋，一秒扫光",
        "估计又是脚本刷的，第三轮了",
        "这网速，不是黄牛还能是谁，一张都不剩",
    ],
)
def test_what_only_sounds_like_it_does_not(campaign: Campaign, now: datetime, text: str) -> None:
    assert found(campaign, now, voiced(1, now, text)) == []


def test_a_report_of_prevention_is_none_wherever_its_warning_stands(
    campaign: Campaign, now: datetime
) -> None:
    told = "有人在群里高价倒卖消费券。昨日，警方开展专项整治。"
    assert found(campaign, now, voiced(1, now, told, media="news")) == []
    assert found(campaign, now, voiced(1, now, told, negative=False)) == []
    assert found(campaign, now, voiced(1, now, told, negative=False, issues=("scalper",)))


SOLD = "黄牛在群里高价卖消费券"


@pytest.mark.parametrize(
    ("n", "level"), [(1, Level.YELLOW), (2, Level.ORANGE), (9, Level.ORANGE), (10, Level.RED)]
)
def test_independent_voices_lift_it(campaign: Campaign, now: datetime, n: int, level: Level) -> None:
    (one,) = found(campaign, now, *(voiced(i, now, f"{SOLD}{i}") for i in range(1, n + 1)))
    assert one.level is level
    assert one.facts is not None
    assert red_line.level(one.facts, Parameters()) is level


@pytest.mark.parametrize(
    "same", [{"author_ref": "one"}, {"event_id": 7}, {"event_id": None, "author_ref": None}]
)
def test_one_author_and_one_text_count_once(campaign: Campaign, now: datetime, same: dict[str, Any]) -> None:
    (one,) = found(campaign, now, *(voiced(i, now, SOLD, **same) for i in range(1, 30)))
    assert (one.level, one.evidence_count, one.volume) == (Level.YELLOW, 29, 1)


@pytest.mark.parametrize(
    ("reach", "level"),
    [
        ({"engaged_count": 499}, Level.YELLOW),
        ({"engaged_count": 500}, Level.ORANGE),
        ({"engaged_count": None}, Level.YELLOW),
        ({"on_hot_list": True}, Level.ORANGE),
        ({"media": "news"}, Level.ORANGE),
    ],
)
def test_one_voice_of_high_reach_is_orange(
    campaign: Campaign, now: datetime, reach: dict[str, Any], level: Level
) -> None:
    (one,) = found(campaign, now, voiced(1, now, SOLD, **reach))
    assert one.level is level


def test_what_is_quoted_names_nobody(campaign: Campaign, now: datetime) -> None:
    text = "黄牛@老王在群里高价卖券，电话 13812345678，http://x.example/1"
    (one,) = found(campaign, now, voiced(1, now, text))
    said = "".join((one.title, *one.reasons))
    assert not any(named in said for named in ("老王", "13812345678", "x.example"))


def test_what_is_older_than_the_window_is_past(campaign: Campaign, now: datetime) -> None:
    assert found(campaign, now, voiced(1, now - timedelta(hours=24), SOLD)) == []


def test_a_dead_source_raises_none_and_ends_none(engine: Engine, campaign: Campaign, now: datetime) -> None:
    down = feed(now, source="forum", side="opinion", health=Health.DOWN)
    assert list(red_line.findings(window(campaign, now, feeds=(down,)))) == []
    sources = (Expected(source="forum", name="论坛", side="opinion", stale_after_s=600),)
    with write(engine) as conn:
        source_succeeded(conn, "forum", cursor=None, data_time=now, now=now)
        told = post(1, SOLD, published_at=now, likes=400, comments=100)
        praise = post(2, f"{SOLD}真好", published_at=now, external_id="2")
        said = (told, score(issues=("scalper",), county="140403")), (praise, score(Label.POSITIVE))
        say(conn, *said, now=now)
    for at in (now + MINUTE, now + timedelta(hours=25)):
        watch(engine, (red_line,), campaign, sources, clock=lambda at=at: at)
    with read(engine) as conn:
        (row,) = conn.execute(select(schema.alerts)).all()
    assert (row.level, row.evidence_count, row.closed_at, row.signal) == ("orange", 1, None, "no_data")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("黄牛在https://x.cn/a?b=1收券", "黄牛在[链接]收券"), ("点HTTP://x.cn/a 领", "点[链接] 领"),
        ("在www.quan-shou.com收券", "在[链接]收券"), ("短信t.cn/A6abc，点了就扣钱", "短信[链接]，点了就扣钱"),
        ("去m.x-y.com.cn:8080/q#1 填密码", "去[链接] 填密码"),
        ("JD.com 加价3.5折/张，App.iOS/安卓都有", "JD.com 加价3.5折/张，App.iOS/安卓都有"),
    ],
)  # fmt: skip
def test_a_quote_leads_nowhere(said: str, shown: str) -> None:
    assert deidentified(said) == shown


def test_a_mail_address_is_a_person_before_it_is_a_link() -> None:
    assert "wang" not in deidentified("写信到wang@mail.cn/x")
