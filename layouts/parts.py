"""What every panel is made of: card, freshness stamp, status word with its shape, bar, empty state."""

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import lru_cache
from unicodedata import east_asian_width

from dash import html
from dash.development.base_component import Component

from domain.measures import Figures
from domain.readings import Stamp
from domain.records import Grade
from domain.sanity import Kept
from domain.terms import CHECKING, GRADE, NO_DATA, UNKNOWN, clock, count, local, money, percent

Values = dict[str, dict[str, object]]
"""{component id: {property: value}}: plain JSON or Dash components."""

_GRADES = (Grade.FLASH, Grade.DAILY, Grade.FINAL)


def card(slot: str, title: str, *body: Component, note: Component | None = None) -> Component:
    """A panel: its name, the freshness stamp `<slot>-stamp`, its body."""
    head = [html.H2(title), *([note] if note else []), html.Div(id=f"{slot}-stamp", className="stamp")]
    return html.Section([html.Header(head), *body], id=slot, className="card")


def freshness(slot: str, stamp: Stamp, *, room: float, grey: bool | None = None) -> Values:
    """The stamp of a card, at most `room` em wide, and the card's grey while a feed behind it is late.

    `grey` False: the card greys its own rows instead.
    """
    dim = bool(stamp.late) if grey is None else grey
    return {
        slot: {"className": "card stale" if dim else "card"},
        f"{slot}-stamp": {"children": stamp_line(stamp, room=room)},
    }


def unknown(slot: str) -> Values:
    """The stamp of a card nothing has come for yet."""
    return {slot: {"className": "card"}, f"{slot}-stamp": {"children": NO_DATA}}


def stamp_line(stamp: Stamp, *, room: float) -> list[Component]:
    """数据截至 HH:MM and grade; a late feed is named before them, or counted where `room` em do not hold its name."""
    if stamp.data_time is None:
        return [html.Span(NO_DATA)]
    at, grade = data_clock(stamp), GRADE[stamp.grade]
    if not stamp.late:
        whole = f"数据截至 {at}"
        until = whole if ems(whole) + ems(grade) + 1 <= room else at
        return [html.Span(until), html.Span(grade, className="grade")]
    named, counted = f"▲ {'、'.join(stamp.late)}迟到", f"▲ {len(stamp.late)} 路迟到"
    ways = ((named, f"截至 {at}"), (counted, f"截至 {at}"), (counted, at))
    late, until = next((w for w in ways if ems("".join(w)) + ems(grade) + 1 <= room), ("▲迟到", at))
    return [html.Span(late, className="late"), html.Span(until), html.Span(grade, className="grade")]


def data_clock(stamp: Stamp) -> str:
    """HH:MM of the source's events; 昨日 HH:MM; the date alone where it is older still."""
    if stamp.data_time is None or stamp.as_of is None:
        return clock(stamp.data_time)
    here = local(stamp.data_time)
    days = (local(stamp.as_of).date() - here.date()).days
    if days > 1:
        return f"{here.month}月{here.day}日"
    return f"昨日 {here:%H:%M}" if days == 1 else f"{here:%H:%M}"


def joined(stamps: Iterable[Stamp]) -> Stamp | None:
    """One stamp for a panel of many rows: oldest data time, lowest grade, every late feed. None for no rows."""
    every = list(stamps)
    if not every:
        return None
    times: list[datetime] = [s.data_time for s in every if s.data_time is not None]
    return Stamp(
        data_time=min(times, default=None),
        grade=min((s.grade for s in every), key=_GRADES.index),
        tranche=every[0].tranche,
        late=tuple(dict.fromkeys(name for s in every for name in s.late)),
        as_of=every[0].as_of,
    )


def empty(text: str = NO_DATA) -> Component:
    return html.Div(text, className="empty")


@lru_cache(maxsize=2_000)
def number(text: str, *, tone: str = "") -> Component:
    """A figure in a column; unknown ones are dimmed. Made once: most are the same in the next picture."""
    kind = "unknown" if text == UNKNOWN else "checking" if text == CHECKING else tone
    return html.Span(text, className=f"num {kind}".strip())


NET = frozenset({Kept.REDEEMED, Kept.REFUNDED})
RATE = frozenset({Kept.CLAIMED, Kept.REDEEMED})
LEVERAGE = frozenset({Kept.REDEEMED, Kept.REFUNDED, Kept.SPEND})
"""What net redemptions, the redemption rate and the leverage are worked out from."""


def known_money(stamp: Stamp, text: str) -> str:
    """A platform that counts claims may not have told one redemption yet: that is unknown, not zero."""
    return UNKNOWN if stamp.data_time is None else text


def checking(held: Collection[Kept], *on: Kept) -> bool:
    """Whether a figure that stands on these is under check."""
    return not set(on).isdisjoint(held)


def checked(text: str, held: Collection[Kept], on: Collection[Kept]) -> str:
    """The text, or 核查中 in its place."""
    return CHECKING if checking(held, *on) else text


def column_money(fen: int) -> str:
    """万元 under a column head that names the unit; 1.20亿 where the column would not hold it."""
    figure, unit = money(fen)
    return f"{figure}亿" if unit.startswith("亿") else figure


@lru_cache(maxsize=2_000)
def bar(share: float | None, *, tone: str, mark: float | None = None) -> Component:
    """A horizontal bar of `share` (0 to 1, longer ones fill it) with a reference line at `mark`."""
    inside = []
    if share is not None:
        inside.append(html.I(className=f"fill {tone}", style={"width": _width(share)}))
    if mark is not None:
        inside.append(html.I(className="mark", style={"left": _width(mark)}))
    return html.Div(inside, className="bar")


def _width(share: float) -> str:
    return f"{min(1.0, max(0.0, share)) * 100:.1f}%"


def ems(text: str) -> float:
    """Width of a text in em in our font, for deciding on the server what fits."""
    return sum(_em(ch) for ch in text)


def _em(ch: str) -> float:
    if east_asian_width(ch) in "WFA":
        return 1.0
    return 0.25 if ch in " \u00a0.,:()" else 0.53 if ch.isdigit() else 0.6


def clauses(text: str, *, width: float) -> str:
    """The text, or as many of its first clauses as `width` em hold: a whole statement beats half a sentence."""
    if ems(text) <= width:
        return text
    kept = ""
    for part in text.split("，"):
        longer = f"{kept}，{part}" if kept else part
        if ems(longer) > width:
            break
        kept = longer
    return kept or fit(text, width=width)


def fit(text: str, *, width: float) -> str:
    """The text, or as much of it as `width` em hold and "…": nothing is cut in half by the browser."""
    if ems(text) <= width:
        return text
    kept = ""
    for ch in text:
        if ems(kept + ch) > width - 1:
            break
        kept += ch
    return kept.rstrip("，。、 \u00a0") + "…"


def subsidy_words(figures: Figures) -> tuple[str, ...]:
    """Where audited subsidies stand; nothing where there are none."""
    if not (figures.subsidy_applied_count or figures.subsidy_approved_count or figures.subsidy_paid_count):
        return ()
    return (
        f"已付 {''.join(money(figures.subsidy_paid_fen))}",
        f"待审 {count(figures.subsidy_pending_count)} 笔",
        f"通过率 {percent(figures.approval_rate)}",
    )
