"""Who is behind, and will money be lost? Every programme on one scale, in fixed order."""

from datetime import datetime
from math import ceil

from dash import html
from dash.development.base_component import Component

from domain.readings import Pace
from domain.readings_scenes import CountyPace, PaceBoard
from domain.terms import CHECKING, NO_DATA, UNKNOWN, about_wan, local, percent
from layouts.parts import NET, Values, checking, empty, fit, joined, stamp_line
from layouts.sparks import area, line, picture, under
from layouts.theme import COLOURS

SLOT = "county-pace"
_STATE = {
    Pace.ON_PACE: ("●", "正常", "good"),
    Pace.BEHIND: ("▼", "落后", "behind"),
    Pace.NOT_LAUNCHED: ("○", "未启动", "unknown"),
    Pace.OVERDUE: ("▲", "逾期", "bad"),
}
_WAITING = (Pace.NOT_LAUNCHED, Pace.OVERDUE)
_LEGEND_REM = 48
"""What the legend needs at least, of the 118 rem of a row; it takes what the last row leaves."""
_GRIDS = ((2, 2), (3, 2), (4, 2), (3, 3), (4, 3), (4, 4), (4, 5), (5, 5))
"""(columns, rows) for few programmes up to 22: cells as wide as they can be. More would need smaller words."""


def layout() -> Component:
    return html.Section(
        [
            html.Div(empty(), id="county-pace-rows", className="pace-rows"),
            html.Div(
                [
                    html.H2("资金使用与时序，未核销的由省级收回"),
                    html.Div([html.I(className="stroke cyan"), html.Span("净核销占额度")], className="key"),
                    html.Div([html.I(className="stroke dashed"), html.Span("时序进度")], className="key"),
                    html.Div([html.I(className="swatch band"), html.Span("预计到期区间")], className="key"),
                    html.Div(id="county-pace-stamp", className="stamp"),
                ],
                className="pace-legend",
            ),
        ],
        id=SLOT,
        className="pace",
    )


def update(reading: PaceBoard) -> Values:
    stamp = joined(r.progress.stamp for r in reading.rows)
    if stamp is None:
        return {
            SLOT: {"style": {}},
            "county-pace-rows": {"children": empty(), "className": "pace-rows"},
            "county-pace-stamp": {"children": NO_DATA},
        }
    grid = _grid(len(reading.rows))
    one = " one" if len(reading.rows) == 1 else ""
    return {
        SLOT: {"style": grid},
        "county-pace-rows": {
            "children": [_cell(row, reading) for row in reading.rows],
            "className": f"pace-rows{one}",
        },
        "county-pace-stamp": {"children": stamp_line(stamp, room=12.0)},
    }


def _grid(cells: int) -> dict[str, int]:
    """The smallest grid that holds so many cells and the legend."""
    columns, rows = next(((c, r) for c, r in _GRIDS if c * r >= cells + _legend(c)), _GRIDS[-1])
    return {"--columns": columns, "--rows": rows, "--legend": min(columns, columns * rows - cells)}


def _legend(columns: int) -> int:
    """In places: two of four, three of five."""
    return max(1, ceil(_LEGEND_REM * columns / 118))


def _cell(row: CountyPace, board: PaceBoard) -> Component:
    progress = row.progress
    shape, word, tone = _STATE[progress.pace]
    due = progress.pace is Pace.NOT_LAUNCHED and board.as_of >= progress.launch_at
    if due or (progress.pace not in _WAITING and progress.stamp.data_time is None):
        shape, word, tone = "○", "待数据", "unknown"
    if progress.stamp.late:
        shape, word, tone = "▲", "迟到", "late"
    held = checking(progress.held, *NET)
    waiting = progress.pace in _WAITING
    use = (
        UNKNOWN
        if waiting or progress.stamp.data_time is None
        else CHECKING
        if held
        else percent(progress.fund_use_rate)
    )
    return html.Div(
        [
            html.Div(
                [
                    html.H3(fit(_name(row), width=5)),
                    html.Span([html.I(shape), word], className=f"state {tone}"),
                ],
                className="pace-head",
            ),
            html.Div(
                [
                    html.B(use, className="checking" if held else ""),
                    _course(row, board) if not held else html.Span(),
                ],
                className="pace-body",
            ),
            html.Div(_outlook(row, board, held=held, waiting=waiting), className="pace-foot"),
        ],
        className=f"pace-cell is-{progress.pace}{' stale' if progress.stamp.late else ''}",
        key=progress.code,
    )


def _name(row: CountyPace) -> str:
    """The city's own programme is named for what it is: its division is the whole city."""
    return "市级" if row.progress.code.endswith("00") else row.progress.name


def _outlook(row: CountyPace, board: PaceBoard, *, held: bool, waiting: bool) -> list[Component]:
    """What is projected to be left: a band, only the most while no round has matured, nothing under thirty claims."""
    if waiting:
        at = local(row.progress.launch_at)
        date = f"{at.month}月{at.day}日 {at:%H:%M}"
        return [html.Span(f"应于 {date}" if board.as_of >= row.progress.launch_at else f"{date} 启动")]
    if held:
        return [html.Span("数字核查中")]
    left = row.unredeemed
    if row.progress.is_use_unknown:
        return [html.Span(f"预计剩余 {UNKNOWN}")]
    if left is None:
        return [html.Span("预计剩余 样本不足")]
    if left.low_fen is None:
        return [html.Span("剩余至多"), html.B(f"{about_wan(left.high_fen)} 万")]
    ends = dict.fromkeys(about_wan(fen) for fen in (left.low_fen, left.high_fen))  # 57–57 is 57
    return [html.Span("预计剩"), html.B(f"{'–'.join(ends)} 万")]


def _course(row: CountyPace, board: PaceBoard) -> Component:
    whole, progress = row.progress.allocation_fen, row.progress
    end = row.end_at or board.end
    if end is None or board.end is None or not whole:
        return html.Span()
    span = (board.start, board.end)
    shapes = [
        line([(0, 0), (1, 0)], colour=COLOURS["line-2"], width=2),
        line(
            [(_x(progress.launch_at, span), 0), (_x(end, span), 1)],
            colour=COLOURS["yellow"],
            width=2.5,
            dash="7 7",
        ),
    ]
    alt = f"资金使用 {percent(progress.fund_use_rate)}，时序 {percent(progress.time_pace)}"
    if row.used_fen:
        spots = [(_x(progress.launch_at, span), 0.0)]
        spots += [(_x(at, span), fen / whole) for at, fen in zip(row.at, row.used_fen, strict=True)]
        tone = COLOURS["amber"] if progress.pace is Pace.BEHIND else COLOURS["cyan"]
        if row.finish:
            low, high = row.finish
            shapes.append(
                area([spots[-1], (_x(end, span), high), (_x(end, span), low)], colour=tone, opacity=0.3)
            )
        shapes += [area(under(spots), colour=tone, opacity=0.25), line(spots, colour=tone, width=4)]
    return picture(shapes, alt=alt)


def _x(at: datetime, span: tuple[datetime, datetime]) -> float:
    return (at - span[0]) / (span[1] - span[0])
