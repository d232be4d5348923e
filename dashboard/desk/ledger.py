"""处置台账: every alert with its whole way, as CSV and XLSX. Hostile words stay words: no cell becomes a formula."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from dashboard.desk.parts import note_words, office_name, place_of
from dashboard.spreadsheet import csv_bytes
from domain.campaign import Campaign
from domain.cases import Case, HistoryLine
from domain.clocks import clocks
from domain.desk_words import BY_PROGRAM, CHANGE, CLOCK, CLOCK_STATE, STAGE, VERDICT
from domain.terms import LEVEL, local

HEADS = (
    "编号", "等级", "预警", "县区", "环节", "承办单位", "首帖时间", "发现时间", "回应时间", "办结时间", "结论",
    "外部首次通报", "时限", "定级依据", "经过",
)  # fmt: skip
_CELL_CHARACTERS = 32_000  # a spreadsheet holds 32,767
_CUT = "（前略，全文见 CSV）…"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # what XML cannot hold


def ledger_rows(
    cases: Sequence[Case],
    histories: Mapping[int, Sequence[HistoryLine]],
    campaign: Campaign,
    *,
    now: datetime,
) -> list[tuple[str, ...]]:
    return [_row(case, histories.get(case.alert_id, ()), campaign, now) for case in cases]


def ledger_csv(rows: Iterable[Sequence[str]]) -> bytes:
    return csv_bytes(HEADS, rows)


def ledger_xlsx(rows: Iterable[Sequence[str]]) -> bytes:
    """Every cell is text by its type: what looks like a formula is none."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("处置台账")
    sheet.append(HEADS)
    for row in rows:
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, value=_held(_CONTROL.sub("", value)))
            cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _held(value: str) -> str:
    """As much of it as a cell holds: its end, which says how a case stands, and that there is more."""
    return value if len(value) <= _CELL_CHARACTERS else _CUT + value[-_CELL_CHARACTERS:]


def _row(case: Case, history: Sequence[HistoryLine], campaign: Campaign, now: datetime) -> tuple[str, ...]:
    timing = case.timing
    states = "；".join(f"{CLOCK[c.kind]}{CLOCK_STATE[c.state]}" for c in clocks(timing, now=now))
    return (
        str(case.alert_id),
        LEVEL[case.level],
        case.title,
        place_of(case, campaign),
        STAGE[case.stage],
        office_name(case.office, campaign),
        *(_at(t) for t in (case.began_at, case.raised_at, timing.responded_at, timing.closed_at)),
        VERDICT[case.verdict] if case.verdict else "",
        _at(case.known_at),
        states,
        "；".join(case.reasons),
        "\n".join(_line(line, campaign) for line in history),
    )


def _line(line: HistoryLine, campaign: Campaign) -> str:
    words = (
        _at(line.at),
        line.who or BY_PROGRAM,
        CHANGE.get(line.change, line.change),
        note_words(line.note, campaign),
    )
    return " ".join(word for word in words if word)


def _at(moment: datetime | None) -> str:
    return "" if moment is None else f"{local(moment):%Y-%m-%d %H:%M:%S}"
