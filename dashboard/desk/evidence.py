"""What stands behind an alert: its posts with the words that decided, or what else its rule looked at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from urllib.parse import urlencode

from dashboard.desk.asked import PAGE
from dashboard.desk.records import records_part
from dashboard.entry.identity import Visitor
from dashboard.permissions import May, is_business_of
from domain.alert_records import AlertRecords
from domain.campaign import Campaign
from domain.cases import Case
from domain.casework import OPEN
from domain.evidence import EvidencePost
from domain.terms import LABEL, count, local, medium
from domain.text import excerpt
from domain.topics import LEADS, is_about_posts

FIRST_SHOWN, LAST_SHOWN = 20, 30
_NUMBERS_SHOWN = 40
_TEXT_CHARACTERS = 400
_WORDS_MARKED = 12
_WHERE = {
    "stale_feed": ("/sources", "来源", May.OVERSEE),
    "unreconciled": ("/sources", "对账差异", May.OVERSEE),
    "quarantined_rows": ("/sources", "隔离的行", May.OVERSEE),
    "tranche_mixing": ("/sources", "隔离的行", May.OVERSEE),
    "ineligible_use": ("/flags", "核销线索", May.CHECK),
    "failing_channel": ("/desk", "通知通道", May.DESK),
    "failing_job": ("/sources", "来源", May.OVERSEE),
    **dict.fromkeys(sorted(LEADS), ("/flags/leads", "商户线索", May.CHECK)),
}
"""Where an alert that is not of posts is looked into further. The others' records are all there is."""


def evidence_section(
    case: Case,
    posts: Sequence[EvidencePost],
    records: AlertRecords,
    campaign: Campaign,
    visitor: Visitor,
    split_off: Sequence[tuple[int, int]],
) -> str:
    """And, whatever the alert is of, the way to what people of the place wrote that day."""
    shown = (
        _posts(case, posts, visitor, split_off)
        if is_about_posts(case.rule)
        else (records_part(records, campaign) or _numbers(case)) + _elsewhere(case, visitor)
    )
    day = {"relevance": "campaign", "since": f"{local(case.began_at or case.raised_at):%Y-%m-%d}"}
    day["until"] = f"{local(case.refreshed_at):%Y-%m-%d}"
    if case.county in campaign.divisions and visitor.scope is None:
        day["county"] = case.county or ""
    name = "同县区同时段的全部帖文" if "county" in day or visitor.scope else "同时段的全部帖文"
    link = f'<a href="{escape(f"{PAGE}?{urlencode(day)}")}">{name}</a>'
    return f"<section>{shown}<p>{link}</p></section>"


def _numbers(case: Case) -> str:
    listed = "、".join(f"<code>{escape(one)}</code>" for one in case.evidence[:_NUMBERS_SHOWN])
    more = f"，列出 {_NUMBERS_SHOWN} 项" if len(case.evidence) > _NUMBERS_SHOWN else ""
    return (
        f"<h2>依据（{count(case.evidence_count)} 项{more}）</h2>"
        f'<p class="numbers">{listed or "见上面的定级依据"}</p>'
    )


def _elsewhere(case: Case, visitor: Visitor) -> str:
    if case.rule not in _WHERE:
        return '<p class="notes">本条不由帖文引起，依据即上列记录和金额。</p>'
    path, name, may = _WHERE[case.rule]
    where = f'<a href="{path}">{name}</a>' if is_business_of(visitor, may) else name
    return f'<p class="notes">本条不由帖文引起，逐项见：{where}</p>'


def _posts(
    case: Case, posts: Sequence[EvidencePost], visitor: Visitor, split_off: Sequence[tuple[int, int]]
) -> str:
    few = _first_and_last(posts)
    may_split = visitor.scope is None and case.stage in OPEN and len(posts) > 1
    shown = (
        "\n".join(_post(post, may_split) for post in reversed(few))
        or '<p class="nothing">没有可显示的帖文。</p>'
    )
    more = f"，显示{_which(posts, few)}" if case.evidence_count > len(few) else ""
    split = _split(case) if may_split else ""
    gone = "".join(_gone(alert, n) for alert, n in split_off)
    return f"<h2>证据帖文（{count(case.evidence_count)} 条{more}）</h2>{gone}{shown}{split}"


def _which(posts: Sequence[EvidencePost], few: Sequence[EvidencePost]) -> str:
    return f"最早 {FIRST_SHOWN} 条和最近 {LAST_SHOWN} 条" if len(few) < len(posts) else f"其中 {len(few)} 条"


def _first_and_last(posts: Sequence[EvidencePost]) -> Sequence[EvidencePost]:
    """Those that raised the alert, and what is said now."""
    if len(posts) <= FIRST_SHOWN + LAST_SHOWN:
        return posts
    return *posts[:FIRST_SHOWN], *posts[-LAST_SHOWN:]


def _gone(alert: int, n: int) -> str:
    return (
        f'<p class="notes">另有 {count(n)} 条已拆到<a href="/desk/alerts/{alert}">预警 {alert}</a>，不在此列；'
        "标题和等级仍按规则所见的全部帖文。</p>"
    )


def _split(case: Case) -> str:
    return (
        "<details><summary>把勾选的帖文拆成另一条预警</summary>"
        f'<form method="post" id="split" action="/desk/alerts/{case.alert_id}/split">'
        '<label>新预警的标题<input name="title" maxlength="200" required></label>'
        '<label>说明<textarea name="note" rows="2" maxlength="500"></textarea></label>'
        '<button>拆分</button><p class="notes">等级和时限沿用本条；拆出的帖文不再列入本条，'
        "两条都留痕。</p></form></details>"
    )


def _post(post: EvidencePost, may_split: bool) -> str:
    text = excerpt(f"{post.title} {post.text}".strip(), _TEXT_CHARACTERS)
    label = LABEL.get(post.label or "", "未判定")
    source = ""
    if post.url and re.match(r"https?://", post.url):
        source = f' · <a href="{escape(post.url)}" rel="noreferrer noopener" target="_blank">原文</a>'
    at = f"{local(post.at):%m-%d %H:%M}"
    said = f"{at} · {escape(medium(post.media))} · {label}{source}"
    mark = (
        f'<input type="checkbox" form="split" name="post" value="{post.post_id}" aria-label="选中，用于拆分">'
    )
    return f'<div class="post">{mark if may_split else ""}<p>{marked(text, post.why)}</p><small>{said}</small></div>'


def marked(text: str, words: Sequence[str]) -> str:
    """The text escaped, the words that decided marked. Words are matched in the raw text, so none can break a tag.

    Single characters and punctuation decide too, and explain nothing to anybody: they are left as they are."""
    telling = [w for w in words if len(w.strip()) > 1 and any(c.isalnum() for c in w)]
    wanted = sorted(set(telling[:_WORDS_MARKED]), key=len, reverse=True)
    if not wanted:
        return escape(text)
    parts = re.split(f"({'|'.join(map(re.escape, wanted))})", text)
    return "".join(f"<mark>{escape(part)}</mark>" if part in wanted else escape(part) for part in parts)
