"""舆情日报: volume against what is usual, spread, views, risks and advice by rule; read back from every format."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, update

from briefing.advice import NOTHING
from briefing.checks import check
from briefing.corrections import WITHDRAWN
from briefing.formats import FORMATS
from briefing.kinds import compose_paper
from briefing.paper import Briefing, Section
from briefing.talk import QUOTE_LONGEST
from domain.campaign import Campaign
from domain.issues import ISSUES
from domain.papers import PaperKind
from domain.readings import Scope
from domain.records import Label
from store.engine import open_store, read, write
from store.queries.sources import Expected
from store.schema import briefings, source_alive
from store.writes.briefings import Paper, publish
from tests.briefing.hostile import HOSTILE
from tests.store.events import OPENING
from tests.store.posts import post, say, score

AS_OF = (OPENING + timedelta(days=3)).replace(hour=18)
DAY = AS_OF.replace(hour=0)
CITY = Scope(code="140400", name="长治市", is_city=True)
COUNTY = Scope(code="140403", name="潞州区", is_city=False)
FORUM = Expected(source="forum", name="本地论坛", side="opinion", stale_after_s=900)


def open_with(path: Path, migrated: Path) -> Engine:
    path.write_bytes(migrated.read_bytes())
    return open_store(f"sqlite:///{path}")


def said(no: int, day: int, text: str, label: Label | None, **scored: object):
    at = DAY - timedelta(days=day) + timedelta(hours=10, minutes=no % 60)
    return post(no, text, published_at=at), score(label, **scored)


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Engine]:
    """Five days of listening: four calm ones, one loud one; two days ago nobody listened."""
    engine = open_with(tmp_path_factory.mktemp("voices") / "q.db", migrated_sqlite)
    calm = [
        said(100 * day + n, day, f"消费券不错{day}{n}", Label.POSITIVE, issues=("praise",))
        for day in (1, 3, 4, 5)
        for n in range(6)
    ]
    grab = [said(n, 0, f"根本抢不到第{n}次", Label.NEGATIVE, county="140403") for n in range(1, 31)]
    lead = [said(90, 0, "有人加价倒卖消费券", None, issues=("scalper",))]
    with write(engine) as conn:
        say(conn, *calm, *grab, *lead, now=AS_OF - timedelta(hours=1))
        for day in (0, 1, 3, 4, 5):
            since = DAY - timedelta(days=day)
            until = since + timedelta(hours=18)
            conn.execute(insert(source_alive), {"source": "forum", "since": since, "until": until})
    yield engine
    engine.dispose()


def paper(engine: Engine, campaign: Campaign, scope: Scope = CITY) -> Briefing:
    with read(engine) as conn:
        return compose_paper(conn, campaign, (FORUM,), scope, as_of=AS_OF, kind=PaperKind.OPINION)


def section(briefing: Briefing, heading: str) -> Section:
    return next(s for s in briefing.sections if s.heading == heading)


def test_volume_is_held_against_the_days_that_were_listened_to(heard: Engine, small_campaign: Campaign):
    overview = section(paper(heard, small_campaign), "概述")
    volume, tone, yesterday, usual = overview.sentences
    assert "当日监测到相关帖文31条，合并转发后31条" in volume
    assert "30条中负面30条" in tone
    assert yesterday == "较前日同时段增加25条。", "six are too few for a share"
    assert "有监测的4日" in usual
    assert "1.1至10.9条，当日高于常态区间" in usual
    table = overview.tables[0]
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["10月29日"] == (None,) * 5, "nobody listened: unknown, not calm"
    assert rows["10月30日"][0] == 6
    assert rows["10月31日"] == (31, 31, 30, 30, 1.0)


def test_every_advice_follows_from_a_figure(heard: Engine, small_campaign: Campaign):
    briefing = paper(heard, small_campaign)
    advice = section(briefing, "研判与建议").sentences
    assert any(s.startswith("当日声量31条，高于常态上限10.9条") for s in advice)
    assert "“抢不到”类诉求30条，建议由市商务局牵头核实并公开回应（按工作方案分工）。" in advice
    assert "“黄牛倒卖”类线索1条，建议转市市场监管局核查，核实前不作结论。" in advice
    assert "黄牛倒卖1条" in section(briefing, "风险点").sentences[0]
    views = section(briefing, "主要观点").tables[0]
    assert views.rows[0][:4] == ("抢不到", 30, 30, 30 / 31)


def test_a_county_has_the_posts_about_it_alone(heard: Engine, small_campaign: Campaign):
    briefing = paper(heard, small_campaign, COUNTY)
    assert briefing.title == "潞州区数字消费券舆情日报"
    assert "帖文30条" in section(briefing, "概述").sentences[0]
    assert "黄牛" not in repr(briefing.sections)


def test_all_formats_say_the_same_and_the_same_again(heard: Engine, small_campaign: Campaign):
    briefing = paper(heard, small_campaign)
    bodies = {ending: render(briefing) for ending, render in FORMATS.items()}
    with read(heard) as conn:
        assert check(conn, small_campaign, briefing, bodies).troubles == ()
    again = paper(heard, small_campaign)
    assert again == briefing
    assert {ending: FORMATS[ending](again) for ending in ("pdf", "xlsx", "json")} == {
        ending: bodies[ending] for ending in ("pdf", "xlsx", "json")
    }


def test_what_strangers_write_breaks_no_format(
    tmp_path: Path, migrated_sqlite: Path, small_campaign: Campaign
):
    engine = open_with(tmp_path / "q.db", migrated_sqlite)
    issues = tuple(ISSUES)
    texts = [said(n, 0, text, Label.NEGATIVE, issues=(issues[n % 24],)) for n, text in enumerate(HOSTILE)]
    with write(engine) as conn:
        say(conn, *texts, now=AS_OF - timedelta(hours=1))
    briefing = paper(engine, small_campaign)
    quotes = [row[-1] for row in section(briefing, "主要观点").tables[0].rows]
    assert quotes
    assert all(len(str(quote)) <= QUOTE_LONGEST for quote in quotes)
    bodies = {ending: render(briefing) for ending, render in FORMATS.items()}
    with read(engine) as conn:
        assert check(conn, small_campaign, briefing, bodies).troubles == ()
    engine.dispose()


def test_posts_that_come_late_make_a_numbered_correction_that_lists_what_changed(
    tmp_path: Path, migrated_sqlite: Path, small_campaign: Campaign
):
    engine = open_with(tmp_path / "q.db", migrated_sqlite)
    with write(engine) as conn:
        say(conn, *[said(n, 0, f"抢不到{n}", Label.NEGATIVE) for n in range(3)], now=AS_OF)
    first = paper(engine, small_campaign)
    row = Paper(
        scope=CITY.code, day=DAY, kind=PaperKind.OPINION, title=first.title, grade=first.grade, as_of=AS_OF,
        known_by=AS_OF, freeze_id=first.freeze_id,
    )  # fmt: skip
    out, later = AS_OF + timedelta(minutes=1), AS_OF + timedelta(hours=1)
    with write(engine) as conn:
        publish(conn, row, {"json": b"{}"}, by="duty", now=out)
        say(conn, said(9, 0, "抢不到9", Label.NEGATIVE), now=out)
    assert paper(engine, small_campaign) == first
    with read(engine) as conn:
        of = {"as_of": AS_OF, "known_by": later, "kind": PaperKind.OPINION}
        second = compose_paper(conn, small_campaign, (FORUM,), CITY, **of)
    assert second.title.endswith("舆情日报（更正第1号）")
    changed = {row[1]: row[2:] for row in section(second, "更正").tables[0].rows}
    assert changed["概述·相关帖文（条）"] == ("3", "4", "帖文迟到或重新研判")
    assert "负面占比" not in "".join(changed), "all of them, then and now"
    assert WITHDRAWN not in section(second, "更正").sentences
    with write(engine) as conn:  # it quoted what was to be forgotten
        conn.execute(update(briefings).values(withheld_at=later))
    with read(engine) as conn:
        third = compose_paper(conn, small_campaign, (FORUM,), CITY, **of)
    assert section(third, "更正").sentences[-1] == WITHDRAWN
    engine.dispose()


def test_without_anybody_listening_nothing_is_known(
    tmp_path: Path, migrated_sqlite: Path, small_campaign: Campaign
):
    engine = open_with(tmp_path / "q.db", migrated_sqlite)
    briefing = paper(engine, small_campaign)
    assert "均为未知" in briefing.sections[0].sentences[0]
    assert NOTHING not in repr(briefing), "no advice on what nobody knows"
    engine.dispose()
