"""Why a figure is another now: posts by posts, money by money, wherever it stands."""

from __future__ import annotations

from collections import Counter

import pytest

from briefing.reference import key
from briefing.why import Why
from domain.campaign import Campaign
from store.queries.learnt import Learnt

POSTS, MONEY = "帖文迟到或重新研判", "迟到2笔"


@pytest.mark.parametrize(
    ("at", "row", "words"),
    [
        (key("舆情情况", "相关帖文（条）"), "", POSTS),
        (key("volume", "10月28日", "帖文（条）"), "10月28日", POSTS),
        (key("phases", "发放期间", "日均（条）"), "发放期间", POSTS),
        (key("views", "抢不到", "占比"), "抢不到", POSTS),
        (key("places", "潞州区", "帖文（条）"), "潞州区", POSTS),
        (key("coverage", "本地论坛", "相关帖文（条）"), "本地论坛", POSTS),
        (key("概述", "较前日同时段变化（条）"), "", POSTS),
        (key("传播态势", "发帖最多的一小时（条）"), "", POSTS),
        (key("风险研判", "最近一小时合并后（条）"), "", POSTS),
        (key("实施效果", "负面占比"), "", POSTS),
        (key("beside", "帖文（条）", "08:30"), "帖文（条）", POSTS),
        (key("实施效果", "已付审核补贴"), "", MONEY),
        (key("beside", "领取（张）", "08:30"), "领取（张）", MONEY),
        (key("days", "10月28日（五）", "领取（张）"), "10月28日（五）", MONEY),
        (key("counties", "潞州区", "领取（张）"), "潞州区", MONEY),
    ],
)
def test_the_cause_is_of_what_the_figure_counts(
    at: str, row: str, words: str, small_campaign: Campaign
) -> None:
    late = Counter({("luzhou", "140403", "dining"): 2})
    causes = Learnt(late=late, corrected=Counter(), cancelled=Counter(), counted=0, reopened=0)
    assert Why(small_campaign, causes).of(key=at, row=row) == words
