"""An office's sanction ledger as a CSV file (work plan 九(六)): what a merchant was not paid, what it paid back."""

from __future__ import annotations

from pathlib import Path

from domain.campaign import Campaign
from domain.sanctions import SanctionEntry
from domain.terms import BOOKING
from ingest.cells import fen_of, number_of
from ingest.list_file import Cells, Wrong, file_bytes, id_of, midnight, one_of, opened, read_lines, some

ENTRY_NO, BOOKED_ON, PROGRAMME, NO = "凭证号", "日期", "发放主体", "商户号"
KIND, AMOUNT, DOCUMENT = "类型", "金额(元)", "文号"
COLUMNS = (ENTRY_NO, BOOKED_ON, PROGRAMME, NO, KIND, AMOUNT, DOCUMENT)
_MINUS = ("-", "−", "－")
KINDS = {word: kind for kind, word in BOOKING.items()}


def read_sanction_ledger(path: Path, campaign: Campaign) -> tuple[SanctionEntry, ...]:
    """All of a file or none of it. Raises ConfigError naming the file, row and field of every fault."""
    head, rows = opened(path, file_bytes(path))
    return read_lines(path.name, rows, head, COLUMNS, _once, lambda cells: _entry(cells, campaign))


def _once(entry: SanctionEntry, place: str, seen: dict[object, str]) -> None:
    first = seen.setdefault((entry.programme, entry.entry_no), place)
    if first != place:
        raise Wrong(ENTRY_NO, f"stands in {first} already")


def _entry(cells: Cells, campaign: Campaign) -> SanctionEntry:
    programme = cells.must(PROGRAMME, lambda text: id_of(text, campaign.programmes))
    return SanctionEntry(
        entry_no=cells.must(ENTRY_NO, number_of),
        programme=programme,
        tranche=campaign.programmes[programme].tranche,
        merchant=cells.must(NO, number_of),
        kind=cells.must(KIND, lambda text: one_of(text, KINDS)),
        amount_fen=cells.must(AMOUNT, _amount),
        booked_on=cells.must(BOOKED_ON, midnight),
        document=cells.must(DOCUMENT, some),
    )


def _amount(text: str) -> int:
    """Below zero it takes back what was booked before: a minus sign, as accountants' files have it."""
    fen = -fen_of(text[1:]) if text[:1] in _MINUS else fen_of(text)
    if not fen:
        raise ValueError("nothing")
    return fen
