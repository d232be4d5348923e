"""周报: the week's days side by side, held against the week before; numbered from the week of the launch on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from briefing.calendar import next_week_section
from briefing.compose import facts_of
from briefing.doubt import CLAIMED, NET, SPENT, kept_cell, kept_words
from briefing.draft import Draft, Question
from briefing.funds import funds_section, general_section, sector_section
from briefing.money import Ledger, is_use_unknown, read_ledger
from briefing.paper import Cell, Figure, Kind, Section, Table, joined, tell, written
from briefing.reference import key
from briefing.spread import views_table, volume_table
from briefing.talk import HEADING as TALK
from briefing.talk import talk_figures, tone_sentence, volume_sentence
from briefing.trust import DEFINED, DEFINITIONS, alert_section
from briefing.voices import DayTalk, week_of_talk
from briefing.week import DAY, DIFFERENCE, Weeks, day_name, read_weeks
from domain.measures import ENOUGH, Figures
from domain.papers import PAPER, PaperKind
from domain.readings import CountyProgress
from domain.sanity import Kept
from domain.terms import CHECKING, count, month_day, percent, wan
from store.queries.alert_changes import alert_changes
from store.queries.briefed import has_scored
from store.queries.open_then import open_then

FLOWS = (
    ("领取（张）", Kind.COUNT), ("核销（张）", Kind.COUNT), ("退券（张）", Kind.COUNT),
    ("净核销（万元）", Kind.WAN), ("带动消费（万元）", Kind.WAN),
)  # fmt: skip
NEEDS = (CLAIMED, (Kept.REDEEMED,), (Kept.REFUNDED,), NET, SPENT)
"""What each of `FLOWS` stands on: of a sum that cannot be, nobody knows on which day it went wrong."""
UNITS = ("张", "张", "张", "万元", "万元")
OVERVIEW, ALERTS, TOTAL = "本周概况", "预警与处置", "合计"
KNOWN, HEARD = "有数据（日）", "有监测（日）"
CHANGE, CHANGE_SHARE = "较上周净核销变化", "较上周净核销变化率"
WEEK_DEFINITIONS = (
    *DEFINITIONS,
    "一周为周一至周日；未到、尚未发放或尚未报送的日子记“—”，不计入合计；与上周比较只计两周同一日都报全了的主体；逐日数按发生日期统计，迟到数据计入发生日。",
)


def weekly_paper(asked: Question) -> Draft:
    ledger = read_ledger(asked.conn, asked.campaign, asked.scope, as_of=asked.as_of, known_by=asked.known_by)
    weeks = read_weeks(asked)
    counties = (_counties(ledger, weeks),) if asked.scope.is_city else ()
    return Draft(
        title=f"{asked.scope.name}数字消费券运行{PAPER[PaperKind.WEEKLY]}",
        number=f"第{weeks.number}期",
        sections=(
            Section(
                heading=OVERVIEW,
                sentences=tuple(_overview(weeks, ledger.held)),
                figures=_week_figures(weeks, ledger.held),
                tables=(_days(weeks, ledger.held), *_compared(weeks, ledger.held)),
            ),
            *counties,
            general_section(ledger, as_of=asked.as_of, with_day=False),
            sector_section(ledger),
            funds_section(ledger),
            _opinion(asked, weeks),
            _alerts(asked, weeks),
            next_week_section(asked.campaign, ledger, as_of=asked.as_of),
        ),
        definitions=WEEK_DEFINITIONS,
        annex=DEFINED,
        facts=facts_of(asked.campaign, ledger),
        grade=ledger.grade,
        data_time=ledger.data_time,
    )


def _overview(weeks: Weeks, held: frozenset[Kept]) -> Iterator[str]:
    total, monday = weeks.this.total, weeks.this.monday
    name = f"{month_day(monday)}至{month_day(monday + 6 * DAY)}"
    if total is None:
        yield f"{name}一周各支付平台尚未报送数据，本周运行情况不明。"
        return
    yield tell(
        f"{name}一周，有数据的{{}}共领取{{}}，核销{{}}，退券{{}}，净核销{{}}，直接带动消费{{}}。",
        (f"{weeks.this.known}日", key(OVERVIEW, KNOWN)),
        *(
            (kept_words(written(kind, cell), unit, held, *needs), key("days", TOTAL, column))
            for (column, kind), cell, unit, needs in zip(FLOWS, _flows(total), UNITS, NEEDS, strict=True)
        ),
    )
    yield f"净核销{CHECKING}，不作比较。" if held & set(NET) else _change_words(weeks)


def _week_figures(weeks: Weeks, held: frozenset[Kept]) -> tuple[Figure, ...]:
    change, share = _change(weeks)
    return (
        Figure(name=KNOWN, kind=Kind.COUNT, cell=weeks.this.known),
        Figure(name=CHANGE, kind=Kind.WAN, cell=_kept(change, held, *NET)),
        Figure(name=CHANGE_SHARE, kind=Kind.RATE, cell=_kept(share, held, *NET)),
    )


def _change(weeks: Weeks) -> tuple[int | None, float | None]:
    """Over the days that are known of both weeks; a small base gives the difference, not a share (glossary 4.2)."""
    this, last = weeks.in_both
    now, before = this.total, last.total
    if now is None or before is None:
        return None, None
    change = now.redeemed_net_fen - before.redeemed_net_fen
    enough = before.redeemed_gross_count >= ENOUGH and before.redeemed_net_fen > 0
    return change, change / before.redeemed_net_fen if enough else None


def _change_words(weeks: Weeks) -> str:
    change, share = _change(weeks)
    if change is None:
        return "上周同期无数据，不作比较。"
    days = weeks.in_both[0].known
    span = f"上周同期{days}日" if days < weeks.full_days else "上周" if days == 7 else f"上周前{days}日"
    more = (f"{wan(abs(change))}万元", key(OVERVIEW, CHANGE))
    head = f"净核销较{span}{'增加' if change >= 0 else '下降'}{{}}"
    if share is None:
        return tell(f"{head}。", more)
    return tell(f"{head}（{{}}）。", more, (percent(abs(share)), key(OVERVIEW, CHANGE_SHARE)))


def _days(weeks: Weeks, held: frozenset[Kept]) -> Table:
    monday = weeks.this.monday
    rows = [(day_name(monday + n * DAY), *_told(_flows(day), held)) for n, day in enumerate(weeks.this.days)]
    rows.append((TOTAL, *_told(_flows(weeks.this.total), held)))
    return Table(id="days", title="本周逐日", columns=(("日期", Kind.TEXT), *FLOWS), rows=tuple(rows), bars=4)


def _flows(figures: Figures | None) -> tuple[Cell, ...]:
    if figures is None:
        return (None,) * len(FLOWS)
    return (
        figures.claimed_count,
        figures.redeemed_gross_count,
        figures.refunded_count,
        figures.redeemed_net_fen,
        figures.direct_spend_fen,
    )


def _told(flows: tuple[Cell, ...], held: frozenset[Kept]) -> tuple[Cell, ...]:
    return tuple(_kept(cell, held, *needs) for cell, needs in zip(flows, NEEDS, strict=True))


def _kept(cell: Cell, held: frozenset[Kept], *needs: Kept) -> Cell:
    """A day that is unknown stays so: nothing of it is there to be checked."""
    return None if cell is None else kept_cell(cell, held, *needs)


def _compared(weeks: Weeks, held: frozenset[Kept]) -> tuple[Table, ...]:
    """Nothing before the first whole day is over. The difference is that of the days which are known of both."""
    days = weeks.full_days
    if days == 0:
        return ()
    now, before = weeks.this.first(days), weeks.last.first(days)
    names = ("本周", "上周") if days == 7 else (f"本周前{days}日", f"上周前{days}日")
    rows: list[tuple[Cell, ...]] = [
        (name, week.known, *_told(_flows(week.total), held))
        for name, week in zip(names, (now, before), strict=True)
    ]
    this, last = weeks.in_both
    less = map(_less, _flows(this.total), _flows(last.total))
    rows.append((DIFFERENCE, this.known, *_told(tuple(less), held)))
    columns = (("期间", Kind.TEXT), ("有数据（日）", Kind.COUNT), *FLOWS)
    return (Table(id="weeks", title="与上周比较", columns=columns, rows=tuple(rows)),)


def _less(now: Cell, before: Cell) -> Cell:
    return now - before if isinstance(now, int) and isinstance(before, int) else None


def _counties(ledger: Ledger, weeks: Weeks) -> Section:
    """In official order; what cannot be is under check in its county's row."""
    columns = (
        ("发放主体", Kind.TEXT), ("本周领取（张）", Kind.COUNT), ("本周核销（张）", Kind.COUNT),
        ("本周净核销（万元）", Kind.WAN), ("上周净核销（万元）", Kind.WAN), ("累计使用率", Kind.RATE),
    )  # fmt: skip
    owner = {p.division: p.id for p in ledger.programmes}
    rows = tuple(_county(p, weeks, owner[p.code]) for p in ledger.progress)
    table = Table(id="counties", title="各发放主体本周（按区划代码排序）", columns=columns, rows=rows, bars=3)
    return Section(heading="县区进展", tables=(table,))


def _county(p: CountyProgress, weeks: Weeks, programme: str) -> tuple[Cell, ...]:
    claimed, used, _, net, _ = _told(_flows(weeks.this_by[programme].total), p.held)
    *_, net_before, _ = _told(_flows(weeks.last_by[programme].total), p.held)
    share = kept_cell(p.figures.fund_use_rate(p.allocation_fen), p.held, *NET)
    unknown = is_use_unknown(p)
    return (
        p.name,
        claimed,
        *((None, None) if unknown else (used, net)),
        net_before,
        None if unknown else share,
    )


def _opinion(asked: Question, weeks: Weeks) -> Section:
    starts = [weeks.this.monday + n * DAY for n in range(7)]
    days = [*week_of_talk(asked), *(DayTalk(day=at, said=None) for at in starts if at >= asked.as_of)]
    posts = [post for day in days for post in day.said or ()]
    if not posts or not has_scored(asked.conn, known_by=asked.known_by):
        heard = sum(day.said is not None for day in days)
        said = (
            tell("本周有监测的{}未监测到相关帖文。", (f"{heard}日", key(TALK, HEARD)))
            if heard
            else "本周无舆情监测，情况不明。"
        )
        days_heard = Figure(name=HEARD, kind=Kind.COUNT, cell=heard)
        return Section(heading=TALK, sentences=(said,), figures=(days_heard,))
    views = views_table(posts)
    tables = (volume_table(days, "本周逐日声量"), *((views,) if views.rows else ()))
    sentences = (volume_sentence(posts, "本周监测到"), tone_sentence(posts))
    return Section(heading=TALK, sentences=sentences, figures=talk_figures(posts), tables=tables)


def _alerts(asked: Question, weeks: Weeks) -> Section:
    """What came and went within the week, and what is open at its end."""
    changes = alert_changes(
        asked.conn,
        since=weeks.this.monday,
        until=asked.as_of + timedelta(microseconds=1),
        county=asked.county,
    )
    alerts = open_then(asked.conn, known_by=asked.as_of, county=asked.county)
    still_open = alert_section(alerts, as_of=asked.as_of, heading=ALERTS)
    counts = (
        ("新发预警", changes["opened"] + changes["reopened"]), ("系统升级", changes["raised"]),
        ("回应", changes["respond"]), ("办结", changes["close"]), ("误报", changes["dismiss"]),
    )  # fmt: skip
    figures = tuple(Figure(name=f"本周{name}（项）", kind=Kind.COUNT, cell=n) for name, n in counts)
    parts = [tell(f"{name}{{}}", (f"{count(n)}项", key(ALERTS, f"本周{name}（项）"))) for name, n in counts]
    return Section(
        heading=ALERTS,
        sentences=(joined("本周", joined(*parts, between="，"), "。"), *still_open.sentences),
        figures=(*figures, *still_open.figures),
        tables=still_open.tables,
    )
