"""运行日报: one or two pages for the leaders, and behind them the tables as annexes, as an office sends them up."""

from __future__ import annotations

from dataclasses import replace

from briefing.calendar import rounds_section, tomorrow_section
from briefing.decisions import decisions_section
from briefing.draft import Question
from briefing.funds import county_section, funds_section, general_section, sector_section
from briefing.leaders_pages import two_pages
from briefing.money import Ledger
from briefing.opinion import opinion_of
from briefing.outlook import risks_section, talk_section
from briefing.paper import Section
from briefing.trust import DEFINED, alert_section, quality_section, stale_sources
from store.queries.briefed import feeds_then, open_differences
from store.queries.open_then import open_then

COUNTIES, MONEY, ROUNDS, TALK, TRUST, CORRECTED = (
    "县区进展表", "主要指标和行业结构表", "轮次和资金表", "舆情情况", "预警和数据质量", "更正事项表",
)  # fmt: skip


def daily_sections(
    asked: Question, ledger: Ledger, corrections: Section | None = None
) -> tuple[Section, ...]:
    """`corrections`: of earlier papers, None where they are not asked for. The body before the annexes."""
    conn, as_of = asked.conn, asked.as_of
    alerts = open_then(conn, known_by=as_of, county=asked.county)
    feeds = feeds_then(conn, known_by=as_of)
    differences = open_differences(conn, [p.id for p in ledger.programmes], known_by=as_of)
    general = general_section(ledger, as_of=as_of)
    funds = funds_section(ledger)
    talk = opinion_of(conn, asked.campaign, asked.scope, as_of=as_of, known_by=asked.known_by)
    body = (
        replace(general, tables=()),
        decisions_section(asked.campaign, ledger, alerts, differences),
        risks_section(
            conn,
            alerts,
            balance=funds.sentences[0],
            stale=stale_sources(asked.expected, feeds, as_of=as_of),
            as_of=as_of,
        ),
        talk_section(talk),
        *([replace(corrections, tables=())] if corrections else []),
        tomorrow_section(asked.campaign, ledger, as_of=as_of),
    )
    behind = (
        (COUNTIES, county_section(ledger)),
        (MONEY, Section(heading="累计主要指标", tables=general.tables)),
        (MONEY, sector_section(ledger)),
        (ROUNDS, rounds_section(asked.campaign, ledger, as_of=as_of)),
        (ROUNDS, funds),
        (TALK, talk),
        (TRUST, alert_section(alerts, as_of=as_of)),
        (TRUST, quality_section(asked.expected, feeds, differences, as_of=as_of)),
        *([(CORRECTED, replace(corrections, sentences=()))] if corrections and corrections.tables else []),
    )
    annexed = [replace(section, annex=title) for title, section in behind if _says(section)]
    titles = {*(section.annex for section in annexed), DEFINED}
    shown, left_out = two_pages(body, annexes=len(titles))
    return (*shown, *left_out, *annexed)


def _says(section: Section) -> bool:
    return bool(section.sentences or section.tables)
