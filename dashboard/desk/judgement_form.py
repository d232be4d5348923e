"""What a person says of a post, as a form: on the labelling page and in the desk's stream."""

from __future__ import annotations

from html import escape
from typing import Protocol

from domain.campaign import Campaign
from domain.issues import ISSUES
from domain.records import Relevance
from domain.terms import LABEL

RELEVANCE = {Relevance.CAMPAIGN: "政府消费券", Relevance.COMMERCE: "商家促销", Relevance.OTHER: "其他"}
NO_TONE = "无法判断"


class Judged(Protocol):
    """A post with what is said of it now, from which the form starts."""

    @property
    def post_id(self) -> int: ...
    @property
    def relevance(self) -> str | None: ...
    @property
    def label(self) -> str | None: ...
    @property
    def issues(self) -> tuple[str, ...]: ...
    @property
    def county(self) -> str | None: ...


def judgement_form(post: Judged, campaign: Campaign, *, button: str = "判定", back: str = "") -> str:
    """`back`: the page of ours that the answer leads to; none: the labelling page."""
    kept = f'<input type="hidden" name="back" value="{escape(back)}">' if back else ""
    return (
        f'<form method="post" action="/posts/{post.post_id}/judgement">{kept}'
        f"{_choice('relevance', '类别', {r.value: word for r, word in RELEVANCE.items()}, post.relevance)}"
        f"{_choice('label', '倾向', LABEL | {'': NO_TONE}, post.label or '')}"
        f"{_issues(post)}{_counties(post, campaign)}<button>{button}</button></form>"
    )


def _choice(name: str, title: str, words: dict[str, str], chosen: str | None) -> str:
    options = "".join(
        f'<label><input type="radio" name="{name}" value="{value}" required{" checked" * (value == chosen)}>'
        f"{word}</label>"
        for value, word in words.items()
    )
    return f"<fieldset><legend>{title}</legend>{options}</fieldset>"


def _issues(post: Judged) -> str:
    options = "".join(
        f'<label><input type="checkbox" name="issue" value="{issue.id}"{" checked" * (issue.id in post.issues)}>'
        f"{issue.name}</label>"
        for issue in ISSUES.values()
    )
    return f"<fieldset><legend>议题</legend>{options}</fieldset>"


def _counties(post: Judged, campaign: Campaign) -> str:
    options = "".join(
        f'<option value="{d.code}"{" selected" * (d.code == post.county)}>{escape(d.name)}</option>'
        for d in campaign.division
    )
    return f'<label>县区 <select name="county"><option value="">不明或多个</option>{options}</select></label>'
