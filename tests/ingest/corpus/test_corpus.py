from __future__ import annotations

import pytest

from domain.errors import ParseError
from domain.records import Event, Payload
from ingest.sources.bank_drop import BankDrop
from ingest.tables import csv_rows, xlsx_sheets
from tests.ingest.corpus import audit_files, csv_files, xlsx_files
from tests.ingest.corpus.case import Case

CASES = (*csv_files.cases(), *audit_files.cases(), *xlsx_files.cases())
WHOLE = [case for case in CASES if case.shop is not None]


def source(form: str) -> BankDrop:
    return BankDrop.model_validate(
        {"id": "bank-a", "kind": "bank_drop", "name": "银行甲", "every_s": 60, "stale_after_s": 7200,
         "platform": "bank-a", "folder": "drops", "format": form}
    )  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_file_is_read_exactly_or_set_aside_with_its_reason(case: Case) -> None:
    payload = Payload(name=case.file_name, body=case.body, media_type="", manifest=case.flag)
    if case.broken is not None:
        with pytest.raises(ParseError, match=case.broken):
            source(case.form).parse(payload)
        return
    found = source(case.form).parse(payload)
    assert found.records == case.events
    assert tuple((reject.row, reject.field) for reject in found.rejects) == case.rejects
    assert all(reject.reason for reject in found.rejects)


@pytest.mark.parametrize("case", WHOLE, ids=lambda case: case.name)
def test_a_name_with_rare_characters_arrives_to_the_letter(case: Case) -> None:
    sheets = [csv_rows(case.body)] if case.form == "csv" else xlsx_sheets(case.body)
    cells = [cell for rows in sheets for row in rows for cell in row.cells]
    assert cells.count(case.shop) == 5


def test_no_text_of_an_event_can_be_mojibake() -> None:
    """Whatever a file's encoding: the kept fields are visible ASCII, all else would be a reject."""
    kept = [event for case in CASES if case.broken is None for event in _events(case)]
    texts = [getattr(event, name) for event in kept for name in Event.__slots__]
    assert len(kept) > 300
    assert all(text.isascii() for text in texts if isinstance(text, str))


def _events(case: Case) -> tuple[Event, ...]:
    payload = Payload(name=case.file_name, body=case.body, media_type="", manifest=case.flag)
    return tuple(r for r in source(case.form).parse(payload).records if isinstance(r, Event))


def test_the_corpus_is_large_and_its_names_are_unique() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 60
