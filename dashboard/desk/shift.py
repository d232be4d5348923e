"""交接班: what one shift tells the next, beside what is open at that moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape

from dashboard.desk.parts import desk_page, first_of, pill
from dashboard.entry.identity import Visitor
from domain.cases import Case
from domain.clocks import next_due
from domain.desk_words import STAGE
from domain.shifts import ShiftNote
from domain.terms import count, day_clock
from store.writes.shifts import NOTE_CHARACTERS

PAGE = "/desk/shift"


def shift_page(
    notes: Sequence[ShiftNote],
    cases: Sequence[Case],
    visitor: Visitor,
    *,
    now: datetime,
    banner: str | None,
) -> str:
    told = "\n".join(_note(note, visitor, now) for note in notes) or '<p class="nothing">还没有交接记录。</p>'
    form = (
        f'<form method="post" action="{PAGE}"><label>交给下一班的话<textarea name="text" rows="8" required '
        f'maxlength="{NOTE_CHARACTERS}" placeholder="正在处置什么，答应了谁什么时候回复，哪个来源不正常">'
        "</textarea></label>"
        "<button>交班</button></form>"
    )
    body = (
        f'<div class="columns"><section><h2>交接记录</h2>{told}</section>'
        f"<div><section><h2>交班</h2>{form}</section>"
        f"<section><h2>此刻待办</h2>{_open(cases, now)}</section></div></div>"
    )
    return desk_page("交接班", body, visitor, now=now, banner=banner, here=PAGE)


def waiting_part(notes: Sequence[ShiftNote], now: datetime) -> str:
    """On the queue: what the last shift said and nobody has taken over yet."""
    if not notes:
        return ""
    newest = notes[0]
    more = f"，另有 {count(len(notes) - 1)} 条" if len(notes) > 1 else ""
    return (
        f'<section class="hand-over"><h2>上一班的交接{more}</h2><p class="said">{escape(newest.text)}</p>'
        f"<small>{escape(newest.written_by)} · {day_clock(newest.written_at, now=now)} · "
        f'<a href="{PAGE}">去接班</a></small></section>\n'
    )


def _note(note: ShiftNote, visitor: Visitor, now: datetime) -> str:
    said = f"{escape(note.written_by)} 交班 {day_clock(note.written_at, now=now)}"
    if note.taken_by is not None:
        rest = f"<small>{said} · {escape(note.taken_by)} 接班 {day_clock(note.taken_at, now=now)}</small>"
    elif note.written_by == visitor.name:
        rest = f"<small>{said} · 等待下一班接班</small>"
    else:
        rest = (
            f'<small>{said}</small><form method="post" action="{PAGE}/{note.note_id}/take">'
            "<button>我已接班</button></form>"
        )
    return f'<article class="post"><p>{escape(note.text)}</p>{rest}</article>'


def _open(cases: Sequence[Case], now: datetime) -> str:
    if not cases:
        return '<p class="nothing">当前没有待办预警。</p>'
    late = sum((clock := next_due(c.timing, now=now)) is not None and clock.due_at < now for c in cases)
    listed, more = first_of(cases)
    rows = "".join(
        f'<li>{pill(case.level)} <a href="/desk/alerts/{case.alert_id}">{escape(case.title)}</a>'
        f"<small>{STAGE[case.stage]}</small></li>"
        for case in listed
    )
    return f"<p>{count(len(cases))} 条，其中时限已超 {count(late)} 条。</p><ul>{rows}</ul>{more}"
