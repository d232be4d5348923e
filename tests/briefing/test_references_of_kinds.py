"""Every kind of paper: each figure and quote of its sentences and tables opens, and reads as the paper says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import Connection, Engine

from briefing.corrections import HEADING as CORRECTED
from briefing.draft import Question
from briefing.evidence import Readings
from briefing.kinds import compose_paper
from briefing.paper import Briefing, Kind, cited, written
from briefing.reference import figures_in
from domain.campaign import Campaign
from domain.papers import PaperKind
from domain.readings import Scope
from store.engine import read
from store.queries.sources import Expected
from tests.briefing import (
    test_event_paper,
    test_final_paper,
    test_opinion_paper,
    test_weekly_paper,
)
from tests.briefing.test_event_paper import raised
from tests.briefing.test_final_paper import ended
from tests.briefing.test_formats import CITY
from tests.briefing.test_opinion_paper import FORUM, heard
from tests.briefing.test_weekly_paper import ledger

__all__ = ["ended", "heard", "ledger", "raised"]

_RULES = re.compile(
    r"\d{4}年|\d+月\d+日|\d+日(?=前|中)|\d\d:\d\d|95%区间|\d+个百分点|不足\d+[日张]|已持续[\d天小时分钟秒 ]+|前\d+日|"
    r"\d+小时(?:首次回应|新闻发布|回应)|60%的下限|高于5%|不?低于[\d.]+倍|附[表件]\d+|不低于\d+%|第\d+轮|^\d+\. |"
    r"\d+时至\d+时|允许间隔[\d 小时分钟秒天]+|领取不足\d+张|等\d+个发放主体|\d+个主体|超过100%|n="
)
_UNITS = "张笔条项个万元日家轮类级倍次为暂不计算 "


def refs_of(paper: Briefing) -> Iterator[tuple[str, str]]:
    """The words and where they lead, of sentences."""
    for section in paper.sections:
        for sentence in section.sentences:
            yield from ((text, ref) for text, ref in cited(sentence) if ref)


def holds(
    conn: Connection,
    campaign: Campaign,
    paper: Briefing,
    *,
    expected: Sequence[Expected] = (),
    scope: Scope = CITY,
) -> None:
    asked = Question(
        conn=conn, campaign=campaign, configured=expected, scope=scope, as_of=paper.as_of,
        known_by=paper.known_by, alert_id=paper.alert_id,
    )  # fmt: skip
    readings = Readings(asked, paper.kind)
    told = [pair for s in paper.sections if s.heading != CORRECTED for pair in figures_in(s)]
    keys = [key for key, _ in told]
    assert sorted(keys) == sorted(set(keys)), "two figures of one key"
    for key, figure in told:
        found = readings.evidence(key)
        assert found is not None, key
        assert found.figure.cell == figure.cell, key
        if found.terms is not None and figure.cell is not None:
            above, below = found.terms.above.cell, found.terms.below and found.terms.below.cell
            assert above == figure.cell or (below and above / below == pytest.approx(figure.cell)), key
            known = [part.above.cell for part in found.parts if isinstance(part.above.cell, int)]
            assert not found.parts or not known or sum(known) == above, key
    _sentences(paper, dict(told), {post.post_id for post in readings.said})


def _sentences(paper: Briefing, figures: dict, posts: set[int]) -> None:
    for text, ref in refs_of(paper):
        asked = parse_qs(urlsplit(ref).query)
        assert asked.get("kind", ["daily"]) == [paper.kind.value]
        assert asked.get("alert", ["0"]) == [str(paper.alert_id)]
        if "post" in asked:
            assert int(asked["post"][0]) in posts
            continue
        if "figure" not in asked:
            continue  # of the paper as a whole
        figure = figures[asked["figure"][0]]
        if figure.kind is not Kind.TEXT and "至" not in text and "下限" not in text:
            shown = written(figure.kind, figure.cell).lstrip("-").replace(",", "")
            assert text.replace(",", "").strip(_UNITS) in (shown, "—", "", "无"), (text, shown)
    plain = [
        t
        for s in paper.sections
        if s.heading != "口径说明"
        for x in s.sentences
        for t, r in cited(x)
        if not r
    ]
    left = [piece for piece in plain if re.search(r"\d", _RULES.sub("", piece))]
    assert left == [], "numbers without a reference"


def test_of_the_opinion_paper(heard: Engine, small_campaign: Campaign) -> None:
    paper = test_opinion_paper.paper(heard, small_campaign)
    with read(heard) as conn:
        holds(conn, small_campaign, paper, expected=(FORUM,))
    quotes = [t for s in paper.sections for t in s.tables if t.posts]
    assert quotes
    assert all("&post=" in str(row[-1]) for t in quotes for row in t.refs)


def test_of_the_weekly_paper(ledger: Connection, small_campaign: Campaign) -> None:
    for scope in (CITY, test_weekly_paper.COUNTY):
        for end in (test_weekly_paper.FIRST_END, test_weekly_paper.SECOND_END):
            holds(ledger, small_campaign, _weekly(ledger, small_campaign, end, scope), scope=scope)


def _weekly(conn: Connection, campaign: Campaign, end: datetime, scope: Scope) -> Briefing:
    return compose_paper(conn, campaign, (), scope, as_of=end, kind=PaperKind.WEEKLY)


def test_of_the_final_report(ended: Connection, small_campaign: Campaign) -> None:
    for scope in (CITY, test_final_paper.COUNTY):
        holds(ended, small_campaign, test_final_paper.paper(ended, small_campaign, scope), scope=scope)


def test_of_the_paper_of_an_alert(raised: Engine, small_campaign: Campaign) -> None:
    paper = test_event_paper.paper(raised, small_campaign)
    with read(raised) as conn:
        holds(conn, small_campaign, paper, scope=test_event_paper.COUNTY)
    assert sum("&post=" in ref for _, ref in refs_of(paper)) == 1, "the quote in the sentence"
