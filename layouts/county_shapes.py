"""The counties of a city as filled outlines with words on them: what both maps of the wall are drawn from."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from domain.readings import CountyProgress, Pace
from layouts.atlas import Atlas
from layouts.borders import Point
from layouts.labels import Label
from layouts.parts import NET, checking
from layouts.theme import COLOURS, FONT, SEQUENTIAL, SEQUENTIAL_TEXT

_TOPS = (1.0, 2.0, 3.0, 6.0, 9.0, 12.0, 18.0, 24.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0, 600.0)
WAITING = {Pace.NOT_LAUNCHED: "未启动", Pace.OVERDUE: "▲逾期"}


def per_resident(row: CountyProgress) -> float | None:
    """Yuan of net redeemed vouchers per resident (2020 census), the city's vouchers used in the county included."""
    if row.pace in WAITING or not row.residents or row.stamp.data_time is None or checking(row.held, *NET):
        return None
    return (row.figures.redeemed_net_fen + row.city_redeemed_fen) / 100 / row.residents


def scale_top(rows: Sequence[CountyProgress]) -> float:
    """The round figure the darkest-to-lightest scale ends at, so that colours hold still while figures grow."""
    most = max((v for v in map(per_resident, rows) if v is not None), default=0.0)
    return next((top for top in _TOPS if top >= most), _TOPS[-1])


def shapes(
    plan: Atlas,
    rows: Mapping[str, CountyProgress],
    words: Mapping[str, str],
    *,
    top: float,
    width: int,
    height: int,
    px: int,
    slot: str,
    note: str = "",
) -> dict[str, object]:
    """A figure: every county in the colour of its redemptions per resident, with its `words` in their place.

    The same object while nothing of it changes: most versions move no county to another colour.
    """
    steps = tuple((code, _step(rows.get(code), top)) for code in plan.rings)
    said = tuple((code, words[code]) for code in plan.labels)
    return _figure(plan, steps, said, width=width, height=height, px=px, slot=slot, note=note)


@lru_cache(maxsize=64)
def _figure(
    plan: Atlas,
    steps: tuple[tuple[str, int | None], ...],
    said: tuple[tuple[str, str], ...],
    *,
    width: int,
    height: int,
    px: int,
    slot: str,
    note: str,
) -> dict[str, object]:
    data = [_county(ring, step) for code, step in steps for ring in plan.rings[code]]
    texts: dict[str, list[tuple[Label, str]]] = {}
    step_of = dict(steps)
    for code, words in said:
        label = plan.labels[code]
        colour = COLOURS["text"] if label.anchor else _ink(step_of.get(code))
        texts.setdefault(colour, []).append((label, words))
    spoken = {code: plan.labels[code] for code, words in said if words}
    data += [_leaders(spoken), *(_text(colour, items, px) for colour, items in texts.items())]
    if plan.note and note:
        data.append(_text(COLOURS["text-3"], [(plan.note, note)], px))
    return {"data": data, "layout": _layout(width, height, slot)}


def blank_shapes(*, width: int, height: int, slot: str) -> dict[str, object]:
    return {"data": [], "layout": _layout(width, height, slot)}


def _step(row: CountyProgress | None, top: float) -> int | None:
    value = per_resident(row) if row else None
    return None if value is None else min(len(SEQUENTIAL) - 1, int(value / top * len(SEQUENTIAL)))


def _ink(step: int | None) -> str:
    return COLOURS["text"] if step is None else SEQUENTIAL_TEXT[step]


def _county(ring: tuple[Point, ...], step: int | None) -> dict[str, object]:
    trace: dict[str, object] = {
        "type": "scatter",
        "mode": "lines",
        "x": [x for x, _ in ring],
        "y": [y for _, y in ring],
        "fill": "toself",
        "fillcolor": COLOURS["panel-2"] if step is None else SEQUENTIAL[step],
        "line": {"color": "#8FB6D9", "width": 1.2},
        "hoverinfo": "skip",
    }
    if step is None:
        trace["fillpattern"] = {
            "shape": "/",
            "size": 9,
            "solidity": 0.14,
            "fgcolor": COLOURS["line-2"],
            "bgcolor": COLOURS["panel-2"],
        }
    return trace


def _leaders(labels: Mapping[str, Label]) -> dict[str, object]:
    xs: list[float | None] = []
    ys: list[float | None] = []
    for line in (label.leader for label in labels.values()):
        if line:
            xs += [line[0][0], line[1][0], None]
            ys += [line[0][1], line[1][1], None]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": xs,
        "y": ys,
        "line": {"color": COLOURS["text"], "width": 1.5},
        "marker": {"size": [0, 8, 0] * (len(xs) // 3), "color": COLOURS["text"]},
        "hoverinfo": "skip",
    }


def _text(colour: str, items: list[tuple[Label, str]], px: int) -> dict[str, object]:
    return {
        "type": "scatter",
        "mode": "text",
        "x": [label.x for label, _ in items],
        "y": [label.y for label, _ in items],
        "text": [words for _, words in items],
        "textposition": "middle center",
        "textfont": {"size": px, "color": colour, "family": FONT},
        "hoverinfo": "skip",
    }


def _layout(width: int, height: int, slot: str) -> dict[str, object]:
    axis = {"visible": False, "fixedrange": True}
    return {
        "width": width,
        "height": height,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "xaxis": {**axis, "range": [0, width]},
        "yaxis": {**axis, "range": [height, 0]},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "uirevision": slot,
    }
