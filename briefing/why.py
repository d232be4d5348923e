"""Why a figure is another now: what was learnt since of its programme or sector, in words."""

from __future__ import annotations

from briefing.spread import VIEWS
from briefing.talk import HEADING as TALK
from briefing.talk import ISSUE_TABLE, JUDGED, MERGED, NEGATIVE, SAID, SHARE, TONES
from domain.campaign import Campaign
from domain.terms import count
from store.queries.learnt import Learnt


class Why:
    """A figure's cause in words: of its own county or sector where its row is one."""

    def __init__(self, campaign: Campaign, causes: Learnt) -> None:
        self._causes = causes
        self._programmes = {p.name: p.id for p in campaign.programme} | {
            campaign.divisions[p.division].name: p.id
            for p in campaign.programme
            if p.division in campaign.divisions
        }
        self._sectors = {sector.name: sector.id for sector in campaign.sector}

    def of(self, *, key: str, row: str) -> str:
        """`key`: the figure's; `row`: what names its row, empty in a sentence."""
        if _is_of_posts(key):
            return "帖文迟到或重新研判"
        programme, sector = self._programmes.get(row), self._sectors.get(row)
        words = [
            f"{word}{count(n)}笔"
            for word, n in zip(
                ("迟到", "更正或补全", "撤销"), self._causes.of(programme, sector), strict=True
            )
            if n
        ]
        return "、".join(words + (["平台计数迟到"] if self._causes.counted else [])) or "其他发放主体变化"


_SECTIONS = frozenset({TALK, "概述", "传播态势", "基本情况", "风险研判"})
"""Whose sentences speak of posts."""
_TABLES = frozenset({TONES, ISSUE_TABLE, VIEWS, "phases", "volume", "media", "places", "events", "coverage"})
_FIGURES = frozenset({SAID, MERGED, JUDGED, NEGATIVE, SHARE})
"""That count posts in whichever section they stand."""


def _is_of_posts(key: str) -> bool:
    place, name = key.split("/")[:2]
    return place in _SECTIONS | _TABLES or name in _FIGURES or name.startswith("帖文")
