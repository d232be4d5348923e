"""快报 of an alert that no post raised: what happened, figures, since when, what is not known, who, what is next."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pypdf
import pytest
from sqlalchemy import Connection, Engine, insert

from briefing.checks import check
from briefing.formats import FORMATS
from briefing.kinds import compose_paper
from briefing.matter_words import NEXT, UNKNOWN_YET
from briefing.paper import Briefing, Section
from domain.campaign import Campaign
from domain.papers import PaperKind
from domain.readings import Level, Scope
from domain.records import Kind
from domain.topics import TOPICS, is_about_posts
from store.engine import open_store, read, write
from store.queries.sources import Expected
from store.schema import discrepancies, source_alive, source_runs
from store.writes.alerts import Alarm, settle
from tests.briefing.test_formats import CITY
from tests.briefing.test_references_of_kinds import holds
from tests.store.events import OPENING, event
from tests.store.judged import save

RAISED = OPENING + timedelta(hours=3)
AS_OF = RAISED + timedelta(hours=1, minutes=30)
COUNTY = Scope(code="140403", name="潞州区", is_city=False)
PAY = Expected(source="pay", name="市民付", side="payment", stale_after_s=600)
FORUM = Expected(source="forum", name="本地论坛", side="opinion", stale_after_s=900)
ALERTS = {
    "money_fault": ("140403/overclaim", "140403", "潞州区领取 40 张，多于投放 30 张"),
    "stale_feed": ("forum", None, "本地论坛数据中断，数据停在 10:00"),
    "unreconciled": ("luzhou", "140403", "潞州区有 2 项对账不符"),
    "quarantined_rows": ("pay", None, "市民付近 24 小时隔离 12 行数据"),
    "report_due": ("luzhou/usage", "140403", "潞州区使用情况报告明日到期"),
    "failing_channel": ("mail", None, "通知通道 mail 发送失败，待发 12 条"),
    "failing_job": ("publish papers", None, "系统任务“专报生成”执行失败，上次成功 10月28日 08:30"),
    "night_trade": ("luzhou/M1", "140403", "潞州区商户 …01 深夜核销 31 笔"),
}


@pytest.fixture(scope="module")
def troubled(
    tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path, small_campaign: Campaign
) -> Iterator[Engine]:
    path = tmp_path_factory.mktemp("matter") / "q.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    engine = open_store(f"sqlite:///{path}")
    made = [
        event(small_campaign, "luzhou", kind, n, occurred_at=OPENING + timedelta(minutes=n))
        for kind, many in ((Kind.CLAIM, 40), (Kind.REDEMPTION, 20))
        for n in range(1, many + 1)
    ]
    with write(engine) as conn:
        save(conn, small_campaign, *made, now=RAISED - timedelta(minutes=5))
        for rule, (subject, county, title) in ALERTS.items():
            alarm = Alarm(
                subject=subject, level=Level.ORANGE, title=title, reasons=(), evidence=(), evidence_count=1,
                county=county,
            )  # fmt: skip
            settle(conn, rule, [alarm], now=RAISED)
        conn.execute(
            insert(source_alive),
            {"source": "forum", "since": OPENING - timedelta(days=2), "until": RAISED - timedelta(hours=1)},
        )
        counts = {"rows_in": 20, "accepted": 8, "duplicate": 0, "quarantined": 12}
        ran = {
            "source": "pay",
            "started_at": RAISED,
            "finished_at": RAISED,
            "outcome": "ok",
            "grade": "flash",
        }
        conn.execute(insert(source_runs), {**ran, **counts, "data_time": RAISED - timedelta(minutes=9)})
        for metric, refreshed in (("claimed", RAISED), ("redeemed_gross", AS_OF + timedelta(hours=1))):
            conn.execute(insert(discrepancies), _difference(small_campaign, metric, refreshed))
    yield engine
    engine.dispose()


def _difference(campaign: Campaign, metric: str, refreshed) -> dict[str, object]:
    luzhou = campaign.programmes["luzhou"]
    return {
        "programme": "luzhou", "platform": luzhou.platform, "tranche": luzhou.tranche, "metric": metric,
        "template": "", "round_no": 0, "day": OPENING.replace(hour=0), "sub_project": "x",
        "ours_count": 40, "ours_fen": None, "theirs_count": 39, "theirs_fen": None, "stated_at": RAISED,
        "opened_at": RAISED, "refreshed_at": refreshed,
    }  # fmt: skip


def paper(engine: Engine, campaign: Campaign, rule: str) -> tuple[Briefing, Scope]:
    scope = COUNTY if ALERTS[rule][1] else CITY
    number = list(ALERTS).index(rule) + 1
    with read(engine) as conn:
        return (
            compose_paper(
                conn, campaign, (PAY, FORUM), scope, as_of=AS_OF, kind=PaperKind.EVENT, alert_id=number
            ),
            scope,
        )


def section(briefing: Briefing, heading: str) -> Section:
    return next(s for s in briefing.sections if s.heading == heading)


@pytest.mark.parametrize("rule", list(ALERTS))
def test_it_says_what_is_known_and_what_is_not_on_one_page(
    rule: str, troubled: Engine, small_campaign: Campaign
):
    briefing, scope = paper(troubled, small_campaign, rule)
    headings = [s.heading for s in briefing.sections]
    assert headings[0] == "基本情况"
    assert headings[-4:] == ["尚不清楚的情况", "责任分工", "下一步", "口径说明"]
    assert ALERTS[rule][2] in section(briefing, "基本情况").sentences[0]
    assert "已持续1 小时 30 分" in section(briefing, "基本情况").sentences[0]
    assert "帖文" not in "".join(t.title for s in briefing.sections for t in s.tables)
    assert all(s.sentences for s in briefing.sections), "no empty block"
    assert section(briefing, "下一步").sentences[-1] == "办理时限未定，交办时确定。"
    bodies = {ending: render(briefing) for ending, render in FORMATS.items()}
    with read(troubled) as conn:
        assert check(conn, small_campaign, briefing, bodies).troubles == ()
        holds(conn, small_campaign, briefing, expected=(PAY, FORUM), scope=scope)
    assert len(pypdf.PdfReader(io.BytesIO(bodies["pdf"])).pages) == 1


def test_the_money_stands_as_it_was_found_and_as_it_is(troubled: Engine, small_campaign: Campaign):
    briefing, _ = paper(troubled, small_campaign, "money_fault")
    then, now = section(briefing, "有关数字").tables[0].rows
    assert (then[0], now[0]) == ("发现时（10月28日12:00）", "截至10月28日13:30")
    assert then[2:4] == now[2:4] == (40, 20)
    assert "市商务局按职责办理，潞州区有关单位配合" in section(briefing, "责任分工").sentences[0]


def test_a_source_says_since_when_and_for_how_long(troubled: Engine, small_campaign: Campaign):
    briefing, _ = paper(troubled, small_campaign, "stale_feed")
    (said,) = section(briefing, "来源情况").sentences
    assert "本地论坛的数据停在11:00" in said
    assert "自10月28日11:00起应答中断1次，合计2.50小时" in said
    assert "有关数字" not in [s.heading for s in briefing.sections]
    assert "恢复前无帖文不代表无舆情" in section(briefing, "下一步").sentences[0]


def test_a_difference_that_was_worked_out_anew_since_is_unknown_as_it_was(
    troubled: Engine, small_campaign: Campaign
):
    briefing, _ = paper(troubled, small_campaign, "unreconciled")
    rows = {row[2]: row[3:5] for row in section(briefing, "差异情况").tables[0].rows}
    assert rows == {"领取": (40, 39), "核销": (None, None)}


def test_every_rule_that_is_not_of_posts_has_its_words():
    others = {rule for rule in TOPICS if not is_about_posts(rule)}
    assert others == set(UNKNOWN_YET) == set(NEXT)


def test_what_the_alert_was_raised_on_is_in_the_figures_it_was_found_with(
    conn: Connection, small_campaign: Campaign
):
    claims = [
        event(small_campaign, "luzhou", Kind.CLAIM, n, occurred_at=RAISED + timedelta(seconds=n))
        for n in (1, 2)
    ]
    save(conn, small_campaign, *claims, now=RAISED + timedelta(seconds=5))
    alarm = Alarm(
        subject="140403/overclaim", level=Level.ORANGE, title="领取 2 张，多于投放 1 张", reasons=(), evidence=(),
        evidence_count=1, county="140403",
    )  # fmt: skip
    settle(conn, "money_fault", [alarm], now=RAISED + timedelta(seconds=10))
    briefing = compose_paper(conn, small_campaign, (), COUNTY, as_of=AS_OF, kind=PaperKind.EVENT, alert_id=1)
    then, _ = section(briefing, "有关数字").tables[0].rows
    assert (then[0], then[2]) == ("发现时（10月28日12:00）", 2)


@pytest.mark.parametrize(
    ("subject", "claims", "shown"),
    [("140403/overrun", 40, (40, "核查中", "核查中")), ("140403/overclaim", 1501, (1501, 60, 60 * 2000))],
)
def test_money_under_check_is_said_to_be_so_and_claims_beyond_what_there_is_are_shown(
    conn: Connection, small_campaign: Campaign, subject: str, claims: int, shown: tuple[object, ...]
):
    """1,500 were let out; sixty were used, of forty claimed or of one too many."""
    used = [event(small_campaign, "luzhou", Kind.REDEMPTION, n) for n in range(60)]
    save(
        conn, small_campaign, *(event(small_campaign, "luzhou", Kind.CLAIM, n) for n in range(claims)), *used
    )
    alarm = Alarm(
        subject=subject, level=Level.RED, title="潞州区（核查中）", reasons=(), evidence=(), evidence_count=1,
        county="140403",
    )  # fmt: skip
    settle(conn, "money_fault", [alarm], now=RAISED)
    briefing = compose_paper(conn, small_campaign, (), COUNTY, as_of=AS_OF, kind=PaperKind.EVENT, alert_id=1)
    money = section(briefing, "有关数字")
    assert [row[2:5] for row in money.tables[0].rows] == [shown, shown]
    balance = "（核查中）" if "核查中" in shown else "2.88万元"
    assert money.sentences == (f"涉及潞州区：分配额度3.00万元，资金结余{balance}。",)
