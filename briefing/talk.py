"""The opinion of one briefing: how much was said, in which tone, about what, in whose words but nobody's name."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from briefing.paper import Cell, Figure, Kind, Section, Table, tell
from briefing.reference import key
from domain.issues import ISSUES
from domain.measures import wilson
from domain.personal import mask_personal
from domain.records import Label
from domain.terms import LABEL, UNKNOWN, count, percent
from store.queries.briefed import Said

HEADING = "舆情情况"
SHARE, POSTS, TONES = "负面占比", "帖文（条）", "opinion"
SAID, MERGED, JUDGED, NEGATIVE = "相关帖文（条）", "合并转发后（条）", "可判定情感（条）", "负面（条）"
ISSUE_TABLE, UNJUDGED = "issues", "未判定"
QUOTE_LONGEST = 60
TOP_ISSUES = 5
_LINK = re.compile(r"\S*(?:://|www\.)\S*", re.IGNORECASE)
_UNPRINTED = re.compile(r"[^\w\s\u3001-\u301f\uff01-\uff5e!-/:-@\[-`{-~…—·“”‘’¥℃％]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """What was said in one stretch of the day."""

    name: str
    hours: float
    said: tuple[Said, ...]


def opinion_section(said: Sequence[Said] | None, *, phases: Sequence[Phase] = ()) -> Section:
    """`said`: the day's relevant posts; None before anything was scored."""
    heading = HEADING
    if said is None:
        return Section(heading=heading, sentences=("尚无已研判的帖文，舆情数据暂无。",))
    return Section(
        heading=heading,
        sentences=(volume_sentence(said, "当日监测到"), tone_sentence(said)),
        figures=talk_figures(said),
        tables=(tones(said), *_phases(phases), *_issues(said)),
    )


def volume_sentence(said: Sequence[Said], since: str, *, heading: str = HEADING) -> str:
    """`since`: 当日监测到. `heading`: of the section whose figures it says, as `talk_figures` has them."""
    events = len({post.event_id for post in said})
    return tell(
        f"{since}相关帖文{{}}条，合并转发后{{}}条。",
        (count(len(said)), key(heading, SAID)),
        (count(events), key(heading, MERGED)),
    )


def _phases(phases: Sequence[Phase]) -> tuple[Table, ...]:
    """Before, during and after a release: by the hour, since the stretches are not as long as each other."""
    columns = (
        ("时段", Kind.TEXT), (POSTS, Kind.COUNT), ("合并转发后（条）", Kind.COUNT),
        ("每小时（条）", Kind.TIMES), ("负面占比", Kind.RATE), ("可判定（条）", Kind.COUNT),
    )  # fmt: skip
    rows = tuple(map(_phase, phases))
    return (Table(id="phases", title="发放前后", columns=columns, rows=rows),) if rows else ()


def _phase(phase: Phase) -> tuple[Cell, ...]:
    labelled = [post for post in phase.said if post.label]
    negative = sum(post.label == Label.NEGATIVE.value for post in labelled)
    return (
        phase.name,
        len(phase.said),
        len({post.event_id for post in phase.said}),
        len(phase.said) / phase.hours,
        negative / len(labelled) if labelled else None,
        len(labelled),
    )


def talk_figures(said: Sequence[Said]) -> tuple[Figure, ...]:
    """What the sentences on posts say, wherever they stand."""
    labelled = [post for post in said if post.label]
    negative = sum(post.label == Label.NEGATIVE.value for post in labelled)
    share = negative / len(labelled) if labelled else None
    return (
        Figure(name=SAID, kind=Kind.COUNT, cell=len(said)),
        Figure(name=MERGED, kind=Kind.COUNT, cell=len({post.event_id for post in said})),
        Figure(name=JUDGED, kind=Kind.COUNT, cell=len(labelled)),
        Figure(name=NEGATIVE, kind=Kind.COUNT, cell=negative),
        Figure(name=SHARE, kind=Kind.RATE, cell=share),
    )


def tone_sentence(said: Sequence[Said], *, heading: str = HEADING) -> str:
    labelled = [post for post in said if post.label]
    negative = sum(post.label == Label.NEGATIVE.value for post in labelled)
    if not labelled:
        return "无可判定情感的帖文，情感占比暂无。"
    low, high = wilson(negative, len(labelled))
    return tell(
        "可判定情感的{}条中负面{}条，占{}（95%区间{}，n={}）。",
        (count(len(labelled)), key(heading, JUDGED)),
        (count(negative), key(heading, NEGATIVE)),
        (percent(negative / len(labelled)), key(heading, SHARE)),
        (f"{percent(low)}至{percent(high)}", key(heading, SHARE)),
        (str(len(labelled)), key(heading, JUDGED)),
    )


def tones(said: Sequence[Said]) -> Table:
    raw = Counter(post.label for post in said)
    merged = {label: len({p.event_id for p in said if p.label == label}) for label in raw}
    named = [*((label, name) for label, name in LABEL.items()), (None, UNJUDGED)]
    return Table(
        id=TONES,
        title="情感分布",
        columns=(("情感", Kind.TEXT), (POSTS, Kind.COUNT), ("合并转发后（条）", Kind.COUNT)),
        rows=tuple((name, raw[label], merged.get(label, 0)) for label, name in named),
    )


def _issues(said: Sequence[Said]) -> tuple[Table, ...]:
    about: dict[str, list[Said]] = defaultdict(list)
    for post in said:
        for issue in post.issues:
            if issue in ISSUES:
                about[issue].append(post)
    top = sorted(about.items(), key=lambda item: (-len(item[1]), item[0]))
    quoted = [representative(of) for _, of in top]
    rows: list[tuple[Cell, ...]] = [
        (ISSUES[issue].name, len(of), quote(post.text) or UNKNOWN)
        for (issue, of), post in zip(top, quoted, strict=True)
    ]
    table = Table(
        id=ISSUE_TABLE,
        title="主要议题与代表性表述（已去标识）",
        columns=(("议题", Kind.TEXT), (POSTS, Kind.COUNT), ("代表性表述", Kind.TEXT)),
        rows=tuple(rows),
        posts=tuple(post.post_id for post in quoted),
        most=TOP_ISSUES,
    )
    return (table,) if rows else ()


def representative(of: Sequence[Said]) -> Said:
    """The first post of what was passed on most that still has its words."""
    spread = Counter(post.event_id for post in of)
    return min(of, key=lambda post: (not post.text, -spread[post.event_id], post.post_id))


def quote(text: str) -> str:
    """At most 60 characters of what a stranger wrote, without persons, links and what no font can draw."""
    plain = _UNPRINTED.sub("", _LINK.sub("[链接]", mask_personal(text)))
    plain = " ".join(plain.split())
    return plain if len(plain) <= QUOTE_LONGEST else plain[: QUOTE_LONGEST - 1] + "…"
