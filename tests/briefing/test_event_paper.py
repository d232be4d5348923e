"""快报: one alert on one page, its posts beside the money of the same minutes, the same again whatever came later."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pypdf
import pytest
from sqlalchemy import Connection, Engine, insert

from briefing.checks import check
from briefing.formats import FORMATS
from briefing.kinds import compose_paper
from briefing.paper import Briefing, Section
from domain.campaign import Campaign
from domain.errors import StoreError
from domain.papers import PaperKind
from domain.readings import Level, Scope
from domain.records import Kind
from store.engine import open_store, read, write
from store.schema import feeds, source_runs
from store.writes.alerts import Alarm, settle
from store.writes.splits import split_off
from tests.store.events import OPENING, event
from tests.store.judged import save
from tests.store.posts import post, say, score

RAISED = OPENING + timedelta(hours=3)
AS_OF = RAISED + timedelta(minutes=30)
COUNTY = Scope(code="140403", name="潞州区", is_city=False)
LONG = "潞州区“抢不到”1 小时 31 条，预期 4.2 条，" + "网民集中反映名额秒空、页面卡顿、客服无人应答" * 4


def alarm(title: str, level: Level = Level.ORANGE) -> Alarm:
    return Alarm(
        subject="140403/grab_fail",
        level=level,
        title=title,
        reasons=("负面占比高",),
        evidence=("1", "2"),
        evidence_count=2,
        county="140403",
    )


@pytest.fixture(scope="module")
def raised(
    tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path, small_campaign: Campaign
) -> Iterator[Engine]:
    """Two claims a minute for three hours, then none; thirty posts in the hour before the alert."""
    path = tmp_path_factory.mktemp("event") / "q.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    engine = open_store(f"sqlite:///{path}")
    stopped = int((RAISED - OPENING) / timedelta(minutes=1)) - 30
    claims = [
        event(
            small_campaign, "luzhou", Kind.CLAIM, n, occurred_at=OPENING + timedelta(seconds=20 * n)
        )
        for n in range(1, 3 * stopped)
    ]  # fmt: skip
    texts = [
        (
            post(n, f"根本抢不到{n}，" + "名额秒空" * 20, published_at=RAISED - timedelta(minutes=n)),
            score(county="140403"),
        )
        for n in range(1, 31)
    ]  # fmt: skip
    with write(engine) as conn:
        save(conn, small_campaign, *claims, now=RAISED - timedelta(minutes=5))
        ran = {
            "source": "pay",
            "started_at": RAISED,
            "finished_at": RAISED,
            "outcome": "ok",
            "grade": "flash",
        }
        counts = dict.fromkeys(("rows_in", "accepted", "duplicate", "quarantined"), 0)
        conn.execute(insert(source_runs), {**ran, **counts, "data_time": RAISED + timedelta(hours=1)})
        conn.execute(insert(feeds), {"programme": "luzhou", "source": "pay", "grade": "flash"})
        say(conn, *texts, now=RAISED - timedelta(minutes=1))
        settle(conn, "opinion_burst", [alarm(LONG)], now=RAISED)
    yield engine
    engine.dispose()


def paper(engine: Engine, campaign: Campaign, *, as_of: datetime = AS_OF) -> Briefing:
    with read(engine) as conn:
        return compose_paper(conn, campaign, (), COUNTY, as_of=as_of, kind=PaperKind.EVENT, alert_id=1)


def section(briefing: Briefing, heading: str) -> Section:
    return next(s for s in briefing.sections if s.heading == heading)


def test_the_posts_stand_beside_the_money_of_the_same_half_hours(raised: Engine, small_campaign: Campaign):
    briefing = paper(raised, small_campaign)
    cause = section(briefing, "原因分析")
    assert cause.sentences[0].startswith("系统侧证据：是。有连续 10 分钟仅 0 笔领取和核销")
    posts, claimed, redeemed = cause.tables[0].rows
    assert tuple(name for name, _ in cause.tables[0].columns[1:]) == (
        "08:30",
        "09:00",
        "09:30",
        "10:00",
        "10:30",
        "11:00",
        "11:30",
        "12:00",
    )
    assert posts[1:] == (0, 0, 0, 0, 0, 0, 30, 0)
    assert claimed[1:] == (0, 89, 90, 90, 90, 90, 0, 0)
    assert redeemed[1:] == (0,) * 8
    basics = " ".join(section(briefing, "基本情况").sentences)
    assert "“抢不到”类帖文30条，合并转发后30条，负面30条" in basics
    assert "首发于10月28日11:30（论坛）" in basics
    assert section(briefing, "对策建议").sentences == (
        "首次回应时限为10月28日17:00，尚未回应；建议在时限前发布权威信息。",
        "由市商务局牵头核实并回应（按工作方案分工），属地县区配合。",
        "领取或核销在同一时段中断，建议支付平台立即核查接口和核销链路，恢复后公告。",
    )


def test_it_is_one_page_with_the_longest_words_and_reads_back_from_every_format(
    raised: Engine, small_campaign: Campaign
):
    briefing = paper(raised, small_campaign)
    bodies = {ending: render(briefing) for ending, render in FORMATS.items()}
    with read(raised) as conn:
        assert check(conn, small_campaign, briefing, bodies).troubles == ()
    assert len(pypdf.PdfReader(io.BytesIO(bodies["pdf"])).pages) == 1


def test_what_comes_later_changes_no_paper_of_then(raised: Engine, small_campaign: Campaign):
    before = paper(raised, small_campaign)
    later = AS_OF + timedelta(minutes=5)
    with write(raised) as conn:
        settle(conn, "opinion_burst", [alarm("潞州区“抢不到”更多", Level.RED)], now=later)
        say(
            conn,
            (post(99, "抢不到", published_at=RAISED - timedelta(hours=1)), score(county="140403")),
            now=later,
        )
        save(
            conn,
            small_campaign,
            event(small_campaign, "luzhou", Kind.CLAIM, 990, occurred_at=OPENING + timedelta(hours=1)),
            now=later,
        )
    again = paper(raised, small_campaign)
    assert again == before
    for ending in ("pdf", "xlsx", "json"):
        assert FORMATS[ending](again) == FORMATS[ending](before)
    newer = paper(raised, small_campaign, as_of=later + timedelta(minutes=1))
    assert "红色预警" in section(newer, "基本情况").sentences[0]
    assert "31条" in section(newer, "基本情况").sentences[1]


def test_there_is_no_paper_of_an_alert_from_before_it(raised: Engine, small_campaign: Campaign):
    with pytest.raises(StoreError, match="had not been raised"):
        paper(raised, small_campaign, as_of=RAISED - timedelta(minutes=1))


def test_other_alerts_of_the_place_are_counted_without_merchant_leads(
    raised: Engine, small_campaign: Campaign
):
    later = AS_OF + timedelta(minutes=20)
    with write(raised) as conn:
        for rule in ("night_trade", "refund_shortfall"):
            settle(conn, rule, [alarm("另一项", Level.YELLOW)], now=later)
    said = section(paper(raised, small_campaign, as_of=later + timedelta(minutes=1)), "风险研判").sentences
    assert said[-1] == "同一区域另有未关闭预警1项，存在叠加可能。"


def test_what_was_split_off_tells_the_split_and_what_it_came_from(
    conn: Connection, small_campaign: Campaign
) -> None:
    """Nobody is told that the system found it, or of the first alert's hour as of its own."""
    posts = [(post(n, f"根本抢不到{n}", published_at=RAISED), score(county="140403")) for n in (1, 2)]
    say(conn, *posts, now=RAISED)
    settle(conn, "opinion_burst", [alarm("潞州区“抢不到”1 小时 2 条，找王芳 13800138000")], now=RAISED)
    split_off(conn, 1, [2], title="另一件事", note="", who="wang", now=RAISED + timedelta(hours=2))
    at = RAISED + timedelta(hours=3)
    told = compose_paper(conn, small_campaign, (), COUNTY, as_of=at, kind=PaperKind.EVENT, alert_id=2)
    basics = told.sections[0]
    assert basics.sentences[0].startswith("10月28日14:00，由预警1“潞州区“抢不到”1 小时 2 条，找")
    assert "”拆出：另一件事。截至" in basics.sentences[0]
    assert "已持续1 小时" in basics.sentences[0]
    assert "13800138000" not in basics.sentences[0]
    (origin,) = (figure for figure in basics.figures if figure.name == "拆自")
    assert str(origin.cell) in basics.sentences[0]
    first = compose_paper(conn, small_campaign, (), COUNTY, as_of=at, kind=PaperKind.EVENT, alert_id=1)
    assert first.sections[0].sentences[0].startswith("10月28日12:00，系统监测发现：")
