"""What was said over the whole campaign: before, while it ran and after its end, with what people spoke of most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from briefing.draft import Question
from briefing.paper import Cell, Kind, Table
from briefing.spread import by_issue, views_table
from briefing.voices import DayTalk, judged, merged, negative, talk_between
from domain.campaign import Programme
from domain.measures import ratio
from store.queries.briefed import Said


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignTalk:
    """`said`: from the launch on; None where nobody listened."""

    said: tuple[Said, ...] | None
    tables: tuple[Table, ...]

    @property
    def issues(self) -> list[tuple[str, int]]:
        """The most spoken of first, with their posts."""
        return [(issue, len(of)) for issue, of in by_issue(self.said or ())]


def talk_of_campaign(asked: Question, programmes: Sequence[Programme]) -> CampaignTalk:
    """As far before the launch as the campaign file's baseline goes."""
    launch = min(p.launch_at for p in programmes)
    ends = [p.end_at for p in programmes]
    last = max((end for end in ends if end is not None), default=asked.as_of)
    end = asked.as_of if None in ends else min(last, asked.as_of)
    before = launch - timedelta(days=asked.campaign.opinion.baseline_days_before_launch)
    marks = [("发放前", before, launch), ("发放期间", launch, end), ("结束后", end, asked.as_of)]
    spans = [(name, since, until) for name, since, until in marks if since < until]
    days = talk_between(asked, [(since, until) for _, since, until in spans])
    since_launch = [day.said for (_, since, _), day in zip(spans, days, strict=True) if since >= launch]
    heard = [said for said in since_launch if said is not None]
    said = tuple(post for posts in heard for post in posts) if heard else None
    views = views_table(said or ())
    tables = (_phases(spans, days), *((views,) if views.rows else ()))
    return CampaignTalk(said=said, tables=tables if heard else ())


def _phases(spans: Sequence[tuple[str, datetime, datetime]], days: Sequence[DayTalk]) -> Table:
    """By the day, since the stretches are not as long as each other."""
    columns = (
        ("时段", Kind.TEXT), ("帖文（条）", Kind.COUNT), ("合并后（条）", Kind.COUNT), ("日均（条）", Kind.TIMES),
        ("可判定（条）", Kind.COUNT), ("负面占比", Kind.RATE),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for (name, since, until), day in zip(spans, days, strict=True):
        if day.said is None:
            rows.append((name, *[None] * 5))
            continue
        posts, known = day.said, judged(day.said)
        a_day = len(posts) / ((until - since) / timedelta(days=1))
        rows.append((name, len(posts), merged(posts), a_day, known, ratio(negative(posts), known)))
    return Table(id="phases", title="活动前中后舆情", columns=columns, rows=tuple(rows))
