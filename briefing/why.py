"""Why a figure is another now: what was learnt since of its programme or sector, in words."""

from __future__ import annotations

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

    def of(self, *, place: str, row: str) -> str:
        """`place`: the section or table it stands in; `row`: what names its row, empty in a sentence."""
        if place in _OPINION or row.startswith("帖文"):
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


_OPINION = frozenset(
    (
        *("舆情情况", "情感分布", "发放前后", "主要议题与代表性表述"),
        *(
            "基本情况",
            "概述",
            "近七日同时段声量",
            "媒体分布",
            "涉及县区",
            "转发较多的事件",
            "主要观点",
            "监测来源",
        ),
    )
)
