"""数据统计与分析报告 after a campaign's end (work plan 八): the five blocks, what came of it, problems and advice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from briefing.calendar import rounds_section
from briefing.campaign_talk import talk_of_campaign
from briefing.compose import facts_of
from briefing.draft import Draft, Question
from briefing.final_blocks import redeemed_section, refunds_section
from briefing.final_findings import (
    EFFECTS,
    PROBLEMS,
    Findings,
    effect_figures,
    effects,
    finding_figures,
    findings,
)
from briefing.final_leverage import leverage_section
from briefing.final_reach import issued_section, reach_section
from briefing.funds import funds_section, sector_section
from briefing.money import read_ledger
from briefing.paper import Section, Table, joined
from briefing.trust import DEFINED, DEFINITIONS, without_leads
from domain.deadlines import due_reports
from domain.papers import PAPER, PaperKind
from domain.terms import day
from store.queries.briefed import open_differences
from store.queries.open_then import open_then
from store.queries.reach import reach_then, registered_merchants

FINAL_DEFINITIONS = (
    *DEFINITIONS,
    "领取率=领取张数÷投放张数；退券率=退券张数÷核销（毛）张数；足额率=退回资金池金额÷退券面额；"
    "到期核销率只计已过使用截止日的轮次；方案带动比=Σ最低消费×张数÷Σ面额×张数，为设计值。",
    "人数按支付平台去重后相加，为上限；平台未全部提供用户标识、或标识已按期清除的记“—”；"
    "人口为2020年第七次人口普查常住人口；动销商户为至少有一笔未退核销的商户。",
)


def final_paper(asked: Question) -> Draft:
    """Before the end it says that it is of a stage."""
    ledger = read_ledger(asked.conn, asked.campaign, asked.scope, as_of=asked.as_of, known_by=asked.known_by)
    ids = [p.id for p in ledger.programmes]
    reach = reach_then(asked.conn, ids, until=asked.as_of, known_by=asked.known_by)
    listed = registered_merchants(asked.conn, known_by=asked.as_of)
    talk = talk_of_campaign(asked, ledger.programmes)
    ended = all(p.end_at is not None and p.end_at <= asked.as_of for p in ledger.programmes)
    found = Findings(
        campaign=asked.campaign,
        ledger=ledger,
        reach=reach,
        talk=talk,
        open_alerts=len(without_leads(open_then(asked.conn, known_by=asked.as_of, county=asked.county))),
        differences=open_differences(asked.conn, ids, known_by=asked.as_of),
        ended=ended,
    )
    wrong = tuple(findings(found))
    blocks, tables = _with_annex(
        (
            issued_section(asked.campaign, ledger, as_of=asked.as_of),
            reach_section(asked.campaign, ledger, reach, listed, is_city=asked.scope.is_city),
            refunds_section(ledger),
            redeemed_section(asked.campaign, ledger, as_of=asked.as_of),
            leverage_section(asked.campaign, ledger),
        ),
        (
            sector_section(ledger),
            rounds_section(asked.campaign, ledger, as_of=asked.as_of),
            funds_section(ledger),
        ),
    )
    return Draft(
        title=f"{asked.scope.name}数字消费券{PAPER[PaperKind.FINAL]}",
        number="" if ended else "阶段性",
        sections=(
            *blocks,
            Section(
                heading=EFFECTS,
                sentences=tuple(effects(found)),
                figures=effect_figures(found),
                tables=talk.tables,
            ),
            Section(
                heading=PROBLEMS,
                sentences=tuple(joined(f"{n}. ", what) for n, (what, _) in enumerate(wrong, start=1))
                or ("按规则未发现问题。",),
                figures=finding_figures(found),
            ),
            Section(
                heading="建议",
                sentences=(
                    *(f"{n}. {then}" for n, (_, then) in enumerate(wrong, start=1)),
                    *_owed(asked, ids),
                ),
            ),
            Section(heading="附表", tables=tables, annex="数据附表"),
        ),
        definitions=FINAL_DEFINITIONS,
        annex=DEFINED,
        facts=facts_of(asked.campaign, ledger),
        grade=ledger.grade,
        data_time=ledger.data_time,
    )


def _owed(asked: Question, ids: list[str]) -> Iterator[str]:
    """What work plan 八 asks for after the end: never without its date."""
    for due in due_reports(asked.campaign, ids):
        if due.due_at is not None and due.due_at >= asked.as_of:
            yield f"{day(due.due_at)}前，{due.who}报送{due.name}（工作方案八）。"
    share = round(asked.campaign.rules.audit_sample_min_ratio * 100)
    yield f"对支付平台交易数据和补贴资金使用情况进行审核，抽查数据记录不低于{share}%（工作方案八）。"


def _with_annex(
    blocks: Sequence[Section], further: Sequence[Section]
) -> tuple[tuple[Section, ...], tuple[Table, ...]]:
    """The blocks' tables stand at the end, numbered, and each block says which is its own."""
    tables = [
        replace(table, title=f"附表{n} {table.title}")
        for n, table in enumerate((t for part in (*blocks, *further) for t in part.tables), start=1)
    ]
    said = [
        replace(block, tables=(), sentences=(*block.sentences, f"各发放主体情况见附表{n}。"))
        for n, block in enumerate(blocks, start=1)
    ]
    return tuple(said), tuple(tables)
