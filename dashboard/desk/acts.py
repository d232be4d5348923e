"""What may be done with an alert now, as forms. Which acts there are says `domain.casework`; one form each."""

from __future__ import annotations

from datetime import datetime, timedelta

from dashboard.desk.parts import options
from domain.campaign import Campaign
from domain.cases import Case
from domain.casework import NEEDS_NOTE, Action, Verdict, allowed, allowed_to_unit
from domain.desk_words import ACTION, VERDICT
from domain.readings import Level
from domain.terms import LEVEL, local
from store.writes.cases import NOTE_CHARACTERS

_UNIT_HOURS = 24  # offered; the person changes it
_LEVELS = (Action.GRADE, Action.RAISE, Action.LOWER)


def act_forms(case: Case, campaign: Campaign, *, shown: int, now: datetime, within: str | None) -> str:
    """`shown`: the alert's newest move. `within`: the county that who looks is held to; it acts on what was assigned
    to it."""
    unit = allowed_to_unit(case.stage) if case.office == within else ()
    every = allowed(case.stage) if within is None else unit
    offered = [action for action in every if _makes_sense(case, action)]
    if not offered:
        return ""
    forms = "\n".join(
        _form(case, action, campaign, now, shown=shown, opened=n == 0) for n, action in enumerate(offered)
    )
    return f"<section><h2>办理</h2>{forms}</section>"


def _makes_sense(case: Case, action: Action) -> bool:
    paused = case.timing.paused_at is not None
    if action in (Action.PAUSE, Action.RESUME):
        return paused is (action is Action.RESUME)
    return not (
        (action is Action.RAISE and case.level is Level.RED)
        or (action is Action.LOWER and case.level is Level.BLUE)
    )


def _form(case: Case, action: Action, campaign: Campaign, now: datetime, *, shown: int, opened: bool) -> str:
    fields = _fields(case, action, campaign, now)
    needed = action in NEEDS_NOTE
    note = (
        f'<label>{"说明（必填）" if needed else "说明"}<textarea name="note" rows="2" maxlength="{NOTE_CHARACTERS}"'
        f"{' required' if needed else ''}></textarea></label>"
    )
    return (
        f"<details{' open' if opened else ''}><summary>{ACTION[action]}</summary>"
        f'<form method="post" action="/desk/alerts/{case.alert_id}/act">'
        f'<input type="hidden" name="action" value="{action.value}">'
        f'<input type="hidden" name="shown" value="{shown}">{fields}{note}'
        f"<button>{ACTION[action]}</button></form></details>"
    )


def _fields(case: Case, action: Action, campaign: Campaign, now: datetime) -> str:
    if action in _LEVELS:
        offered = [level for level in Level if _fits(case.level, level, action)]
        offered.sort(key=lambda level: level is not case.level)
        return f'<label>等级<select name="level">{options((v.value, LEVEL[v]) for v in offered)}</select></label>'
    if action is Action.ASSIGN:
        units = [(o.id, o.name) for o in campaign.office] + [(d.code, d.name) for d in campaign.division]
        due = f"{local(now + timedelta(hours=_UNIT_HOURS)):%Y-%m-%dT%H:%M}"
        return (
            f'<label>承办单位<select name="office">{options(units)}</select></label>'
            f'<label>办理时限<input type="datetime-local" name="due_at" value="{due}" required></label>'
        )
    if action is Action.MERGE:
        return '<label>并入预警编号<input name="target" inputmode="numeric" pattern="[0-9]{1,15}" required></label>'
    if action is Action.CLOSE:
        verdicts = options((v.value, VERDICT[v]) for v in (Verdict.REAL, Verdict.PARTLY))
        return (
            f'<label>结论<select name="verdict" required><option value="">选择结论…</option>{verdicts}</select></label>'
            '<label>外部首次通报时间（如有）<input type="datetime-local" name="known_at"></label>'
        )
    return ""


def _fits(now: Level, level: Level, action: Action) -> bool:
    order = list(Level)
    step = order.index(level) - order.index(now)
    return action is Action.GRADE or (step > 0 if action is Action.RAISE else step < 0)
