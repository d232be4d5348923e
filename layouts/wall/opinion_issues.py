"""What is complained of, and whether it grows."""

from dash import html
from dash.development.base_component import Component

from domain.readings_scenes import IssueCount, OpinionBoard
from domain.terms import NO_DATA, UNKNOWN, count
from layouts.parts import Values, bar, card, empty, fit

SLOT = "opinion-issues"
MOST = 6
_SMALL = 30
"""On a smaller base a change is given as a difference, not in per cent (glossary: dod)."""


def layout() -> Component:
    issues = html.Div(empty(), id="opinion-issues-rows", className="issue-rows")
    return card(SLOT, "主要诉求", issues)


def update(reading: OpinionBoard | None) -> Values:
    if reading is None:
        return {
            "opinion-issues-stamp": {"children": NO_DATA},
            "opinion-issues-rows": {"children": empty()},
        }
    return {
        "opinion-issues-stamp": {"children": "24 小时 较前日"},
        "opinion-issues-rows": {"children": _issues(reading) or empty("没有诉求类帖文")},
    }


def _issues(reading: OpinionBoard) -> list[Component]:
    top = reading.issues[0].count if reading.issues else 1
    return [
        html.Div(
            [
                html.Span(fit(issue.name, width=6.2), className="name"),
                bar(issue.count / top, tone="red"),
                html.Span(count(issue.count), className="num main"),
                html.Span(growth(issue), className="num"),
            ],
            className="issue-row grown",
            key=issue.name,
        )
        for issue in reading.issues[:MOST]
    ]


def growth(issue: IssueCount) -> str:
    """▲12.5% or ▲+4; — where the day before is not known."""
    if issue.before is None:
        return UNKNOWN
    change = issue.count - issue.before
    if change == 0:
        return "＝"
    shape = "▲" if change > 0 else "▼"
    if issue.before < _SMALL:
        return f"{shape}{count(abs(change))}"
    share = abs(change) / issue.before
    return f"{shape}超10倍" if share >= 10 else f"{shape}{share * 100:.0f}%"
